//! What the settings of a policy mean, a sentence each.

use super::{explain_override, listed};
use crate::gate::people::Tiers;
use crate::gate::policy::{Mode, Policy};

/// What each setting means, with the key that says it, in the order in which the format documents them.
pub fn explain_settings(policy: &Policy, tiers: &Tiers) -> Vec<(&'static str, String)> {
    let mut settings = vec![
        ("disclosure", disclosure(policy)),
        ("approve.by", approve_by(policy)),
        ("approve.sha", approve_sha(policy)),
        ("approve.bare", approve_bare(policy)),
        ("approve.apps", approve_apps(policy)),
    ];
    settings.retain(|(_, sentence)| !sentence.is_empty());
    let nobody = "In an emergency, nobody may let a change pass without these approvals.".to_owned();
    let overrides = policy.overrides.iter().map(|over| explain_override(over, tiers));
    let overrides: Vec<_> = if policy.overrides.is_empty() { vec![nobody] } else { overrides.collect() };
    settings.extend(overrides.into_iter().map(|sentence| ("override", sentence)));
    settings.push(("suggestions", suggestions(policy)));
    settings.push(("branches", branches(policy)));
    settings.extend(exemptions(policy).into_iter().map(|sentence| ("exempt", sentence)));
    settings.push(("mode", mode(policy)));
    settings
}

fn disclosure(policy: &Policy) -> String {
    if policy.disclosure_required {
        "Authors must say whether they used AI tools; without an answer, the assistance is unknown."
    } else {
        "Authors need not say whether they used AI tools; without evidence, there is no assistance."
    }
    .to_owned()
}

fn approve_by(policy: &Policy) -> String {
    match (policy.approve.by_review, policy.approve.by_command) {
        (true, true) => "People approve with a review or with `/seconder approve` in a comment.",
        (true, false) => "People approve with a review; commands in comments do not count.",
        (false, true) => "People approve with `/seconder approve` in a comment; reviews do not count.",
        (false, false) => "Nothing counts as an approval.",
    }
    .to_owned()
}

fn approve_sha(policy: &Policy) -> String {
    match (policy.approve.by_command, policy.approve.sha_required) {
        (false, _) => "",
        (true, true) => "An approving command must name the commit.",
        (true, false) => {
            "An approving command may leave the commit out, and then means the head that has carried the check for five \
             minutes."
        }
    }
    .to_owned()
}

fn approve_bare(policy: &Policy) -> String {
    if policy.approve.by_command && policy.approve.bare {
        "A bare `/approve` counts as `/seconder approve`.".to_owned()
    } else {
        String::new()
    }
}

fn approve_apps(policy: &Policy) -> String {
    let numbers: Vec<String> = policy.approve.apps.iter().map(ToString::to_string).collect();
    if numbers.is_empty() || !policy.approve.by_command {
        return String::new();
    }
    format!("People may also give commands through Apps: those with the numbers {}.", listed(&numbers))
}

fn suggestions(policy: &Policy) -> String {
    match policy.suggestion_lines {
        0 => "Whoever suggests lines that are applied to a change has a part in it, and cannot approve it.".to_owned(),
        1 => "Whoever suggests lines that are applied to a change can still approve it, up to 1 line.".to_owned(),
        lines => {
            format!("Whoever suggests lines that are applied to a change can still approve it, up to {lines} lines.")
        }
    }
}

fn branches(policy: &Policy) -> String {
    let named: Vec<String> = policy.branches.matching.iter().flat_map(|paths| paths.patterns.clone()).collect();
    let usual = "the default branch and into every branch that requires the check";
    match (policy.branches.usual, named.is_empty()) {
        (true, true) => format!("Changes into {usual} are governed."),
        (true, false) => format!("Changes into {usual} are governed, and into {}.", listed(&named)),
        (false, _) => format!("Changes into {} are governed, and no others.", listed(&named)),
    }
}

/// Each exemption once: all rules of its file have it.
fn exemptions(policy: &Policy) -> Vec<String> {
    let mut told = std::collections::BTreeSet::new();
    let all = policy.rules.iter().flat_map(|rule| rule.exempt.iter().map(move |exempt| (rule.source, exempt)));
    let once = all.filter(|(source, exempt)| told.insert((*source, exempt.name.clone())));
    let sentence = once.map(|(_, exempt)| {
        let accounts: Vec<String> = exempt.accounts.iter().map(ToString::to_string).collect();
        let paths = exempt
            .paths
            .as_ref()
            .map_or_else(String::new, |paths| format!(" and every changed path matches {}", listed(&paths.patterns)));
        let who = if accounts.len() > super::MAX_LISTED {
            format!("one of {} accounts", accounts.len())
        } else {
            format!("account {}", listed(&accounts))
        };
        format!("The exemption `{}` holds if every contributor is {who}{paths}.", exempt.name)
    });
    sentence.collect()
}

fn mode(policy: &Policy) -> String {
    match policy.mode {
        Mode::Enforce => "The check is published under the name that rulesets require.",
        Mode::Preview => "This is a preview: the check `seconder-preview` is published, which nothing requires.",
    }
    .to_owned()
}
