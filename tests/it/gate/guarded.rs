//! The gate guards itself: files that decide what the gate, or an agent, may do.

use seconder::gate::change::{FileChange, Files};

use super::case::{case, does_not_meet};

#[test]
fn a_guarded_file_needs_the_highest_tier_that_a_rule_names() {
    for path in [".github/seconder.yml", "CODEOWNERS", ".github/workflows/ci.yml", "AGENTS.md", "x/claude.md"] {
        case().touching(&["src/lib.rs", path]).waits();
        case().touching(&[path]).approved_by("sam").passes();
        case().touching(&[path]).approved_by("max").waits_because(&does_not_meet("guarded-files"));
        case().touching(&[path]).all_by("pia").waits();
        case().touching(&[path]).all_by("pia").approved_by("pia").waits();
    }
}

#[test]
fn the_old_name_of_a_file_counts() {
    let moved = FileChange { path: "notes.md".to_owned(), previous_path: Some("AGENTS.md".to_owned()) };
    case().with(|change| change.files = Files::Whole(vec![moved])).waits();
}

#[test]
fn files_that_were_not_listed_may_be_guarded() {
    case().with(|change| change.files = Files::Truncated { total: 4000 }).waits();
}

#[test]
fn a_rule_that_asks_for_less_does_not_lower_the_guard() {
    let guarded = case().touching(&["AGENTS.md"]).approved_by("max");
    guarded.waits_because(&does_not_meet("guarded-files"));
    guarded.clone().repository_policy("rules: [{ name: low, require: { tier: \">= junior\" } }]").waits();
    // Nor does evidence that makes such a rule apply.
    let low = "rules: [{ name: low, when: { assistance: assisted }, require: { tier: \">= mid\" } }, \
               { name: infra, when: { paths: [infra] }, require: { tier: \">= senior\" } }]";
    case().policy(low).touching(&["AGENTS.md"]).approved_by("max").waits();
    case().policy(low).touching(&["AGENTS.md"]).approved_by("max").assisted().waits();
}

#[test]
fn an_exemption_does_not_lower_the_guard() {
    let exempt = "rules: [{ name: it, require: { tier: \">= principal\" } }]\nexempt: [{ name: all, accounts: [12] }]";
    case().policy(exempt).all_by("renovate").passes();
    case().policy(exempt).all_by("renovate").touching(&["AGENTS.md"]).approved_by("sam").waits();
    case().policy(exempt).all_by("renovate").touching(&["AGENTS.md"]).approved_by("pia").passes();
}

#[test]
fn where_no_rule_names_a_tier_the_highest_one_guards() {
    let guarded = case().policy("rules: []").touching(&["AGENTS.md"]);
    guarded.clone().approved_by("sam").waits_because(&does_not_meet("guarded-files"));
    guarded.approved_by("pia").passes();
}

#[test]
fn the_guard_asks_one_more_where_somebody_is_unknown() {
    let unseen = case().touching(&["AGENTS.md"]).nobody_saw_the_push();
    unseen.clone().approved_by("sam").waits();
    unseen.approved_by("sam").approved_by("sal").passes();
}
