//! Holds calls to what GitLab published of its API: `api.yml` and `schema.graphql` among the fixtures hold the facts.

mod cost;
mod facts;
mod rest;
mod shape;

use std::sync::LazyLock;

use seconder::sandbox::Call;
use serde_json::Value;

use super::graphql::{self, Published};

pub(crate) use cost::COST_LIMIT;
pub(crate) use rest::{operation_of, operations};

static SCHEMA: LazyLock<Published> =
    LazyLock::new(|| Published::of(include_str!("../../../fixtures/gitlab/schema.graphql"), is_scalar));

/// Checks both sides of every call to GitLab's API, whole stories at a time. Calls that a fault was injected into are
/// left out.
///
/// # Panics
/// With everything that is wrong, if anything is.
#[track_caller]
pub(crate) fn check(calls: &[Call]) {
    super::none_wrong(calls, findings);
}

/// What is wrong with a call, in words.
pub(crate) fn findings(call: &Call) -> Vec<String> {
    super::named(call, if call.is_graphql() { SCHEMA.findings(call) } else { rest::findings(call) })
}

/// What is wrong with a GraphQL document, whoever would send it.
pub(crate) fn document_findings(document: &str) -> Vec<String> {
    SCHEMA.document_findings(document)
}

/// What GitLab counts a GraphQL document for; it refuses what costs more than [`COST_LIMIT`].
///
/// # Panics
/// If the document does not fit the schema.
pub(crate) fn document_cost(document: &str) -> u64 {
    cost::of(&SCHEMA.document(document).unwrap())
}

/// What is wrong with a document as the answer of an operation, such as `GET /projects/{id}`.
pub(crate) fn answer_findings(operation: &str, status: u16, answer: &Value) -> Vec<String> {
    rest::answer_findings(operation, status, answer)
}

fn is_scalar(name: &str, value: &Value) -> bool {
    let text = value.as_str();
    match name {
        "Time" => text.is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok()),
        "BigInt" => text.is_some_and(|text| text.parse::<i64>().is_ok()),
        // `MergeRequestID` and its like name the kind of what they point at.
        _ => match name.strip_suffix("ID").filter(|kind| !kind.is_empty()) {
            Some(kind) => text
                .and_then(|text| text.strip_prefix("gid://gitlab/")?.split_once('/'))
                // One on a line is a `DiffNote`, and a note all the same.
                .is_some_and(|(own, id)| own.ends_with(kind) && id.parse::<u64>().is_ok()),
            None => graphql::is_common_scalar(name, value),
        },
    }
}
