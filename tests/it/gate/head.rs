//! A check belongs to a commit: the worst verdict over the changes that share it.

use seconder::gate::explain::{self, Voice};
use seconder::gate::head::HeadVerdict;
use seconder::gate::plan::Conclusion;
use seconder::gate::policy::Mode;
use seconder::gate::verdict::Outcome;

use super::case::{Case, case, sha};

fn of(cases: &[(&Case, Mode)]) -> HeadVerdict {
    let judged = cases.iter().map(|(case, mode)| (case.verdict(), *mode)).collect();
    HeadVerdict::of(sha("head"), judged).expect("a change")
}

fn numbered(mut case: Case, number: i64) -> Case {
    case.change.key.number = number;
    case
}

#[test]
fn the_worst_verdict_decides_whatever_the_order() {
    let passing = numbered(case(), 1);
    let waiting = numbered(case().assisted(), 2);
    let held = numbered(case().assisted().changes_requested_by("sam"), 3);
    let broken = numbered(case().repository_policy("rulez: []"), 4);
    for order in [[&passing, &waiting, &held, &broken], [&broken, &held, &waiting, &passing]] {
        for (until, worst) in [(4, 4), (3, 3), (2, 2)] {
            let cases: Vec<_> = order
                .into_iter()
                .filter(|one| one.change.key.number <= until)
                .map(|one| (one, Mode::Enforce))
                .collect();
            assert_eq!(of(&cases).deciding().expect("a verdict").change.number, worst);
        }
    }
    assert_eq!(of(&[(&passing, Mode::Enforce)]).outcome(), Outcome::Pass);
}

#[test]
fn no_change_means_no_verdict() {
    assert_eq!(HeadVerdict::of(sha("head"), Vec::new()), None);
    let withdrawn = explain::withdrawn(&sha("head"), "seconder".to_owned(), None);
    assert_eq!(withdrawn.conclusion, Conclusion::ActionRequired);
}

#[test]
fn a_verdict_of_another_commit_is_no_verdict_of_this_one() {
    let mut moved = case();
    moved.passes();
    moved.change.head = sha("other");
    assert_eq!(of(&[(&moved, Mode::Enforce)]).outcome(), Outcome::Error);
    let mut nowhere = case().verdict();
    nowhere.head = None;
    let verdict = HeadVerdict::of(sha("head"), vec![(nowhere, Mode::Enforce)]).expect("a change");
    assert_eq!(verdict.outcome(), Outcome::Error);
}

#[test]
fn one_change_that_enforces_is_enough() {
    let case = case();
    let name = |modes: &[Mode]| {
        let cases: Vec<_> = modes.iter().map(|mode| (&case, *mode)).collect();
        let voice = Voice { check_name: "seconder", details_url: None, names_candidates: false, roster: &case.roster };
        explain::check(&of(&cases), &voice).name
    };
    assert_eq!(name(&[Mode::Preview, Mode::Enforce]), "seconder");
    assert_eq!(name(&[Mode::Preview, Mode::Preview]), "seconder-preview");
}
