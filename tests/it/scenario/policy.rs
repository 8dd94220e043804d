//! The law, end to end: floor, organisation, repository, and the branch that a change goes to.

mod branches;
mod broken;
mod exempt;
mod levels;
mod rules;

/// A policy file with these rules.
fn rules(rules: &str) -> String {
    format!("version: 1\nrules:\n{rules}")
}

/// A policy of one rule that asks two people to approve everything.
fn two_people(name: &str) -> String {
    rules(&format!("- {{ name: {name}, require: {{ approvals: 2 }} }}\n"))
}
