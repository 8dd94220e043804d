//! A policy file, and what it means.

use std::collections::BTreeSet;

use seconder::gate::people::Tiers;
use seconder::gate::policy::compile::{combine, read};
use seconder::gate::policy::schema::built_in;
use seconder::gate::policy::{Policy, SourceLevel, explain_override, explain_rule};

use super::findings;

const FILE: &str = "seconder.yml";

/// Holds a policy file to the laws of policies, on each level that it may stand on.
pub fn hold(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let tiers = Tiers::new(["junior", "mid", "senior", "principal"].map(str::to_owned).to_vec());
    let repository = SourceLevel::Repository { branch: "main".to_owned() };
    for level in [SourceLevel::Floor, SourceLevel::Organisation, repository] {
        let file = read(FILE, level.clone(), text, &tiers);
        let again = read(FILE, level.clone(), text, &tiers);
        assert_eq!(format!("{file:?}"), format!("{again:?}"), "the same file means the same");
        match &file {
            Ok(file) => findings::are_warnings(&file.warnings, text),
            Err(errors) => findings::are_refusals(errors, text),
        }
        let is_usable = file.is_ok();
        let alone = combine(vec![file]);
        is_sayable(&alone, &tiers);
        if level != SourceLevel::Floor {
            let floor = || read("floor", SourceLevel::Floor, built_in(), &tiers);
            let together = combine(vec![floor(), again]);
            assert!(is_usable || !together.broken.is_empty(), "what cannot be read is not passed over");
            only_adds(&combine(vec![floor()]), &together);
        }
    }
}

/// Each rule is one line that people can read.
fn is_sayable(policy: &Policy, tiers: &Tiers) {
    let rules = policy.rules.iter().map(|rule| explain_rule(rule, tiers));
    for sentence in rules.chain(policy.overrides.iter().map(|over| explain_override(over, tiers))) {
        assert!(sentence.ends_with('.') && !sentence.contains(char::is_control), "{sentence:?}");
    }
}

/// Nothing below weakens anything above.
fn only_adds(floor: &Policy, all: &Policy) {
    let rules = |policy: &Policy| -> BTreeSet<String> {
        policy.rules.iter().map(|rule| format!("{:?} {:?} {:?}", rule.name, rule.when, rule.require)).collect()
    };
    assert!(rules(all).is_superset(&rules(floor)), "a rule of the floor is gone");
    assert!(all.disclosure_required || !floor.disclosure_required);
    assert!(all.suggestion_lines <= floor.suggestion_lines);
    assert!(all.approve.sha_required || !floor.approve.sha_required);
    assert_eq!(all.mode, floor.mode, "an enforcing floor stays one");
    for branch in ["main", "release/1", "x"] {
        let governs = |policy: &Policy, is_usual| policy.branches.govern(branch, is_usual);
        assert!(governs(all, true) || !governs(floor, true), "{branch} is governed no more");
        assert!(governs(all, false) || !governs(floor, false), "{branch} is governed no more");
    }
}
