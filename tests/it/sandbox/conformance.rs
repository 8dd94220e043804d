//! Holds calls to documents that the forges published: here GitHub's OpenAPI description and GraphQL schema.

pub(crate) mod gitlab;
mod graphql;
mod rest;

use seconder::sandbox::Call;

pub(crate) use rest::{operation_of, operations};

/// Checks both sides of every call, whole stories at a time. Calls that a fault was injected into are left out.
///
/// # Panics
/// With everything that is wrong, if anything is.
#[track_caller]
pub(crate) fn check(calls: &[Call]) {
    none_wrong(calls, findings);
}

/// What is wrong with a call, in words.
pub(crate) fn findings(call: &Call) -> Vec<String> {
    named(call, if call.is_graphql() { graphql::GITHUB.findings(call) } else { rest::findings(call) })
}

#[track_caller]
fn none_wrong(calls: &[Call], findings: fn(&Call) -> Vec<String>) {
    let wrong: Vec<String> = calls.iter().filter(|call| !call.faulty && call.status != 0).flat_map(findings).collect();
    assert!(wrong.is_empty(), "{} findings in {} calls:\n{}", wrong.len(), calls.len(), wrong.join("\n"));
}

fn named(call: &Call, found: Vec<String>) -> Vec<String> {
    found.into_iter().map(|finding| format!("{} {}: {finding}", call.method, call.path)).collect()
}
