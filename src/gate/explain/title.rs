//! The one line that says what is missing.

use std::collections::BTreeSet;

use super::super::detect::Level;
use super::super::group::Doubt;
use super::super::head::HeadVerdict;
use super::super::ids::WordId;
use super::super::verdict::{Counts, Outcome, Problem, RuleResult, Verdict};
use super::markdown::moment;

/// The longest title, in characters: what the forge's pages show without cutting.
const LONGEST: usize = 60;

pub(super) fn of(verdict: &HeadVerdict) -> String {
    let Some(deciding) = verdict.deciding() else { return "Could not be judged".to_owned() };
    let words = match deciding.outcome {
        Outcome::Pass => pass(verdict),
        Outcome::Waiting => waiting(deciding),
        Outcome::Held => held(deciding),
        Outcome::Error => error(deciding),
    };
    if (verdict.is_group || verdict.verdicts().len() > 1) && deciding.outcome != Outcome::Pass {
        return cut(&format!("#{}: {words}", deciding.change.number));
    }
    cut(&words)
}

fn cut(words: &str) -> String {
    if words.chars().count() <= LONGEST {
        return words.to_owned();
    }
    let kept: String = words.chars().take(LONGEST - 1).collect();
    format!("{}…", kept.trim_end())
}

fn pass(verdict: &HeadVerdict) -> String {
    let ends = verdict.verdicts().iter().filter_map(|verdict| verdict.look_again_at).min();
    if let Some(until) = ends {
        return format!("Overridden until {}; a review is due", moment(until));
    }
    // The same person may have approved several changes that share this head.
    let approvals = verdict.verdicts().iter().flat_map(|verdict| &verdict.approvals);
    let counted = approvals.filter(|one| matches!(one.standing, Counts::Counted { .. }));
    let reviewers: BTreeSet<_> = counted.filter_map(|one| one.by.as_ref()).map(|by| &by.account).collect();
    let level = verdict.verdicts().iter().map(|verdict| verdict.level).max().unwrap_or_default();
    let is_dismissed = verdict.verdicts().iter().any(|verdict| !verdict.dismissed.is_empty());
    match (reviewers.len(), level) {
        (0, Level::None) if is_dismissed => "Evidence was dismissed; no approval needed".to_owned(),
        (0, Level::None) => "No sign of AI assistance; no approval needed".to_owned(),
        (0, _) => "No rule asks for an approval".to_owned(),
        (1, _) => "Approved by a qualifying reviewer".to_owned(),
        (n, _) => format!("Approved by {n} qualifying reviewers"),
    }
}

fn waiting(verdict: &Verdict) -> String {
    if verdict.problems.contains(&Problem::EmptyDiff) {
        return "Nothing to approve: the change is empty".to_owned();
    }
    if verdict.problems.contains(&Problem::StaleDirectory) {
        return "The directory is too old to vouch for anybody".to_owned();
    }
    // Whoever reads on collects approvals that cannot be enough.
    if let Some(rule) = verdict.rules.iter().find(|rule| rule.result.lacks_people()) {
        return format!("Too few people can satisfy {}", rule.name);
    }
    let missing: Vec<_> = verdict
        .rules
        .iter()
        .filter_map(|rule| match &rule.result {
            RuleResult::Missing { have, need, .. } => Some((&rule.name, need.saturating_sub(*have))),
            _ => None,
        })
        .collect();
    match missing.as_slice() {
        [] => "Waiting".to_owned(),
        [(name, 1)] => format!("Needs 1 approval for {name}"),
        [(name, lacking)] => format!("Needs {lacking} approvals for {name}"),
        // One approval may serve several rules, so what is certain is only the most that one of them lacks.
        several => match several.iter().map(|(_, lacking)| *lacking).max() {
            Some(1) | None => format!("Needs 1 or more approvals for {} rules", several.len()),
            Some(lacking) => format!("Needs {lacking} or more approvals for {} rules", several.len()),
        },
    }
}

fn held(verdict: &Verdict) -> String {
    match verdict.holds.as_slice() {
        [hold] if matches!(hold.word, WordId::Comment(_)) => format!("Held by {}", hold.by.login),
        [hold] => format!("Held: {} asked for changes", hold.by.login),
        holds if holds.iter().any(|hold| matches!(hold.word, WordId::Comment(_))) => {
            format!("Held by {} people", holds.len())
        }
        holds => format!("Held: {} reviewers asked for changes", holds.len()),
    }
}

fn error(verdict: &Verdict) -> String {
    let of_problem = |problem: &Problem| match problem {
        Problem::BrokenPolicy(found) => Some(format!("Policy cannot be used: {} line {}", found.file, found.line)),
        Problem::BreaksPolicy(found) => Some(format!("Would break the policy: {} line {}", found.file, found.line)),
        Problem::Incomplete { .. } => Some("The change could not be read completely".to_owned()),
        Problem::MergeGroup(doubt) => Some(group(doubt).to_owned()),
        Problem::StaleDirectory | Problem::EmptyDiff => None,
    };
    verdict.problems.iter().find_map(of_problem).unwrap_or_else(|| "Could not be judged".to_owned())
}

fn group(doubt: &Doubt) -> &'static str {
    match doubt {
        Doubt::NotQueued => "The merge queue does not hold this commit",
        Doubt::Stray { .. } => "Merge group holds a foreign commit",
        Doubt::Moved => "Pushed to after it was queued",
        Doubt::NotOpen => "Queued, but not open any more",
        Doubt::Elsewhere { .. } => "Queued for another branch",
    }
}
