//! `not-assisted`: the opener's answer, and a reviewer's dismissal of evidence.

use seconder::gate::command::About;
use seconder::gate::contributors::Role;
use seconder::gate::detect::{Channel, Declaration, Evidence, Level, Place, Strength};
use seconder::gate::verdict::{Refusal, Why};

use super::case::{Case, case, does_not_meet, minute, sha};
use super::said::current;

const DISCLOSURE: &str = "rules: [{ name: it, when: { assistance: unknown }, require: { tier: \">= senior\" } }]
disclosure: { required: true }";

fn denied() -> Case {
    case().assisted().says("sam", "not-assisted that is my own name")
}

/// A piece of evidence like the one of `assisted()`, found elsewhere.
fn more_evidence(mut case: Case, strength: Strength) -> Case {
    case.evidence.push(Evidence {
        channel: Channel::Body,
        tool: "aider".to_owned(),
        place: Place::Body { line: 9 },
        text: "aider".to_owned(),
        strength,
        gates: true,
        autonomous: false,
    });
    case
}

#[test]
fn the_opener_answers_the_disclosure_question() {
    let asked = || case().policy(DISCLOSURE);
    assert_eq!(asked().waits().level, Level::Unknown);
    assert_eq!(asked().says("jo", "not-assisted typed it").passes().level, Level::None);
    asked().says("jo", "not-assisted typed it").is_accepted();
    // Nobody else does.
    asked().pushed_by("max").says("max", "not-assisted typed it").waits();
    asked().says("sam", "not-assisted typed it").waits();
    asked().says("eve", "not-assisted typed it").waits();
}

#[test]
fn the_openers_no_counts_only_as_it_was_written() {
    let said = || case().policy(DISCLOSURE).says("jo", "not-assisted typed it");
    for case in [said().edited(), said().deleted(), said().found_by_a_sweep(), said().by_email(), said().through_app(9)]
    {
        assert_eq!(case.waits().level, Level::Unknown);
    }
}

#[test]
fn the_openers_no_cancels_nothing() {
    let verdict = case().assisted().says("jo", "not-assisted typed it").waits();
    assert_eq!(verdict.level, Level::Assisted);
    assert!(verdict.is_contradicted);
    let yes = case().declared(Declaration::Yes).says("jo", "not-assisted no").waits();
    assert_eq!(yes.level, Level::Assisted);
}

#[test]
fn a_qualified_reviewer_dismisses_what_is_no_evidence() {
    let verdict = denied().passes();
    assert_eq!((verdict.level, verdict.dismissed.len()), (Level::None, 1));
    assert_eq!(verdict.evidence.len(), 1);
    assert!(!verdict.is_contradicted);
    denied().is_accepted();
    // What was remembered of it goes with it.
    assert_eq!(denied().remembered(Level::Assisted).passes().level, Level::None);
    // And it stays so.
    assert_eq!(denied().remember().passes().level, Level::None);
}

#[test]
fn nobody_else_dismisses_it() {
    let said = |who| case().assisted().says(who, "not-assisted no");
    said("max").waits();
    said("max").does_not_count(&does_not_meet("ai-needs-senior"));
    said("eve").waits();
    said("eve").is_unheard();
    let author = said("sam").pushed_by("sam");
    author.waits();
    author.does_not_count(&Why::Contributor { role: Role::Pusher });
    denied().said_when_of_tier("mid").waits();
    denied().now_of_tier("sam", "mid").waits();
    denied().with_a_stale_directory().waits();
}

#[test]
fn whoever_dismisses_meets_every_rule_that_the_evidence_makes_apply() {
    let rules = "rules: [
        { name: low, when: { assistance: assisted }, require: { approvals: 1 } },
        { name: high, when: { assistance: assisted }, require: { tier: \">= principal\" } },
    ]";
    let said = |who| case().policy(rules).assisted().says(who, "not-assisted no");
    said("sam").waits();
    said("sam").does_not_count(&does_not_meet("high"));
    said("pia").passes();
}

#[test]
fn editing_or_deleting_it_brings_the_evidence_back() {
    for case in [
        denied().edited(),
        denied().deleted(),
        denied().found_by_a_sweep(),
        denied().by_email(),
        denied().through_app(9),
    ] {
        assert_eq!(case.waits().level, Level::Assisted);
        assert_eq!(case.remember().waits().level, Level::Assisted);
    }
    assert_eq!(denied().remember().edited().waits().level, Level::Assisted);
}

#[test]
fn evidence_that_appears_later_counts() {
    let later = more_evidence(denied().remember(), Strength::Attributed);
    assert_eq!(later.waits().level, Level::Assisted);
    // Until it is dismissed as well.
    later.says("sal", "not-assisted neither").passes();
}

#[test]
fn a_dismissal_is_of_the_head_that_was_there() {
    for about in [About::Named(sha("before")), About::Current { head: sha("before"), had_stood: true }, About::Unknown]
    {
        let of_other = denied().about(about);
        of_other.waits();
        of_other.does_not_count(&Why::OtherCommit);
        // Nor when that head comes back: other evidence may have come meanwhile.
        let mut back = of_other.remember().about(current(true));
        back.waits();
        back.dismissed.clear();
        back.passes();
    }
    denied().with(|change| change.base_changed_at = Some(minute(500))).waits();
}

#[test]
fn nobody_dismisses_what_a_head_holds_that_was_hardly_there() {
    let pushed_past = denied().about(current(false));
    pushed_past.waits();
    pushed_past.does_not_count(&Why::TooSoon);
    pushed_past.remember().waits();
}

#[test]
fn nobody_dismisses_what_was_said_later() {
    let later = || denied().says("sal", "assisted aider");
    assert_eq!(later().waits().level, Level::Assisted);
    assert_eq!(later().remember().waits().level, Level::Assisted);
    // Whoever speaks after that does.
    later().says("sal", "not-assisted I was wrong").passes();
}

#[test]
fn dismissing_evidence_lifts_nobodys_change_request() {
    let held = case().assisted().changes_requested_by("sal");
    held.is_held();
    let dismissed = held.says("sam", "not-assisted that is my own name");
    assert_eq!(dismissed.is_held().level, Level::None);
    dismissed.says("sal", "unhold").passes();
}

#[test]
fn what_was_dismissed_stays_so_on_the_next_head() {
    let pushed = denied().remember().with(|change| change.head = sha("next"));
    assert_eq!(pushed.verdict().level, Level::None);
}

#[test]
fn whoever_dismissed_and_then_contributes_no_longer_dismisses() {
    denied().remember().pushed_by("sam").waits();
}

#[test]
fn an_agents_own_account_cannot_be_dismissed() {
    let opened = more_evidence(case(), Strength::Platform).says("sam", "not-assisted no");
    opened.waits();
    opened.is_refused(&Refusal::CannotBeDismissed);
    let both = more_evidence(denied(), Strength::Platform);
    both.waits();
    both.is_accepted();
}

#[test]
fn without_evidence_there_is_nothing_to_dismiss() {
    let nothing = case().says("sam", "not-assisted no");
    nothing.is_refused(&Refusal::NothingToDismiss);
    // It dismisses nothing that comes later either.
    nothing.remember().assisted().waits();
}

#[test]
fn a_declaration_can_be_dismissed_like_other_evidence() {
    case().says("max", "assisted").says("sam", "not-assisted max thought of another change").passes();
    // Said again later, it is new.
    let said = case().says("max", "assisted").says("sam", "not-assisted no").remember();
    said.says("max", "assisted").waits();
}
