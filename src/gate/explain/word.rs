//! What people said for or against a change, and what became of it.

use super::super::command::Mistake;
use super::super::ids::WordId;
use super::super::verdict::{ApprovalOutcome, CommandOutcome, Counts, Hearing, Hold, Refusal, Verdict};
use super::line::Line;
use super::reason::reason;

pub(super) fn holds(verdict: &Verdict) -> Vec<Line> {
    verdict.holds.iter().map(hold).collect()
}

fn hold(hold: &Hold) -> Line {
    let others = "or until others who qualify do: one of a higher tier, or two.";
    let line = Line::new().mention(hold.by.login.as_str()).text(" ");
    let url = hold.url.as_deref();
    if let WordId::Comment(_) = hold.word {
        let line = line.link("holds the change", url).because(hold.reason.as_ref());
        return line.text(format!(". It is held until the same person unholds or approves it, {others}"));
    }
    let dismissed = if hold.was_dismissed { " The review was dismissed; that does not lift the request." } else { "" };
    let line = line.link("asked for changes", url);
    line.text(format!(".{dismissed} This holds the change until the same person approves, {others}"))
}

/// The command in this comment.
pub(super) fn command(verdict: &Verdict, comment: i64) -> Option<&CommandOutcome> {
    verdict.commands.iter().find(|one| one.comment == comment)
}

pub(super) fn approval(one: &ApprovalOutcome) -> Line {
    let line = match &one.by {
        Some(by) => Line::new().mention(by.login.as_str()),
        None => "A deleted account".into(),
    };
    line.text(" ").line(approved(one)).text(": ").line(standing(one)).text(".")
}

/// What an approval approves.
pub(super) fn approved(one: &ApprovalOutcome) -> Line {
    let how = if let WordId::Comment(_) = one.word { "approved by command" } else { "approved" };
    let line = Line::new().link(how, one.url.as_deref()).text(" ");
    match &one.commit {
        Some(sha) => line.code(sha.short()),
        None => line.text("an unknown commit"),
    }
}

/// What became of a command: half a sentence.
pub(super) fn hearing(command: &CommandOutcome) -> Line {
    match &command.hearing {
        Hearing::Unheard => "not heard".into(),
        Hearing::Accepted => "has its effect".into(),
        Hearing::Told => "answered".into(),
        Hearing::Refused(refusal) => refused(refusal),
    }
}

fn refused(refusal: &Refusal) -> Line {
    match refusal {
        Refusal::Mistaken(Mistake::Unknown { verb, .. }) => Line::new().code(verb.as_str()).text(" is no command"),
        Refusal::Mistaken(Mistake::Several) => "a comment holds one command".into(),
        Refusal::Mistaken(Mistake::NoReason { .. }) => "needs a reason".into(),
        Refusal::Mistaken(Mistake::NotACommit { given }) => Line::new().code(given.as_str()).text(" names no commit"),
        Refusal::NotCounted(why) => Line::from("does not count: ").line(reason(why)),
        Refusal::NothingToLift => "nobody held this change before".into(),
        Refusal::NothingToDismiss => "there is no sign of AI assistance that could be dismissed".into(),
        Refusal::CannotBeDismissed => "an agent's own account made this, which cannot be dismissed".into(),
        Refusal::NoOverride => "no policy of this repository lets anybody override".into(),
        Refusal::MayNotOverride => "the policies of this repository let others override".into(),
        Refusal::Ended { at } => Line::from("ended on ").moment(*at),
    }
}

/// Whether an approval counts, and for what or why not: half a sentence.
pub(super) fn standing(one: &ApprovalOutcome) -> Line {
    match &one.standing {
        Counts::Counted { rules, not_met } if not_met.is_empty() => Line::from("counts for ").codes(rules),
        Counts::Counted { rules, not_met } => {
            Line::from("counts for ").codes(rules).text("; does not meet ").codes(not_met)
        }
        Counts::NotCounted(why) => reason(why),
    }
}
