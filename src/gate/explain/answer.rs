//! What a command is answered: a reaction, and words only where there is something to say.

use super::super::command::{Ask, Mistake};
use super::super::head::HeadVerdict;
use super::super::ids::WordId;
use super::super::verdict::{CommandOutcome, Hearing, Outcome, Refusal, RuleResult, Verdict, Why};
use super::markdown::{code, mention, moment};
use super::reason::reason;
use super::{Voice, markdown, title};

/// How a command is acknowledged at its comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reaction {
    /// It has its effect.
    PlusOne,
    /// It has none, and the reply says why.
    Confused,
    /// The reply tells what was asked.
    Eyes,
}

/// The answer to one command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The reaction to its comment.
    pub reaction: Reaction,
    /// A comment of our own, Markdown, that begins with [`marker`]; `None` where the reaction says it all.
    pub reply: Option<String>,
}

/// The line that shows, hidden from readers, which comment a reply answers: a reply whose receipt got lost is known by it.
pub fn marker(comment: i64) -> String {
    format!("<!-- seconder:answer:{comment} -->")
}

/// What to answer to this command; `None` where it is not heard. `verdict` is the command's own change's; the reply is as
/// public as the check, so it states nobody's tier either.
pub fn answer(outcome: &CommandOutcome, verdict: &Verdict, head: &HeadVerdict, voice: &Voice<'_>) -> Option<Answer> {
    let (reaction, words) = match &outcome.hearing {
        Hearing::Unheard => return None,
        Hearing::Accepted => (Reaction::PlusOne, overridden(outcome, verdict)),
        Hearing::Told => match outcome.ask {
            Ask::Help => (Reaction::Eyes, Some(help(verdict, head.head.short()))),
            Ask::Why => (Reaction::Eyes, Some(why(head, voice))),
            _ => (Reaction::PlusOne, None),
        },
        Hearing::Refused(refusal) => (Reaction::Confused, Some(refused(outcome, refusal, head.head.short()))),
    };
    let reply =
        words.map(|words| format!("{}\n{}: {words}\n", marker(outcome.comment), mention(outcome.by.login.as_str())));
    Some(Answer { reaction, reply })
}

/// What whoever overrides has to know.
fn overridden(outcome: &CommandOutcome, verdict: &Verdict) -> Option<String> {
    if outcome.ask != Ask::Override {
        return None;
    }
    let word = WordId::Comment(outcome.comment);
    let ends = verdict.rules.iter().find_map(|rule| match rule.result {
        RuleResult::Overridden { by, until } if by == word => Some(until),
        _ => None,
    });
    let words = match ends {
        Some(until) => format!(
            "this lets the change pass without the missing approvals until {}. A review by those whom the rules name is \
             due all the same.",
            moment(until)
        ),
        None => "no rule that you may override lacks an approval, so this changes nothing now.".to_owned(),
    };
    Some(words)
}

/// The verdict in a line, and what stands in the way.
fn why(head: &HeadVerdict, voice: &Voice<'_>) -> String {
    let outcome = match head.outcome() {
        Outcome::Pass => "passes",
        Outcome::Waiting => "waits",
        Outcome::Held => "is held",
        Outcome::Error => "cannot be judged",
    };
    let summary = super::summary::reasons(head, voice);
    format!("{} {outcome}: {}.\n\n{summary}", code(head.head.short()), code(&title::of(head)))
}

fn help(verdict: &Verdict, head: &str) -> String {
    let approve = if verdict.takes_commands {
        format!("- {} approves exactly that commit\n", code(&format!("/seconder approve {head}")))
    } else {
        String::new()
    };
    format!(
        "this is what can be said here, on a line of its own, one command a comment:\n\n{approve}\
         - `/seconder revoke` takes your approval back\n\
         - `/seconder hold REASON` holds the change, `/seconder unhold` lets it go\n\
         - `/seconder assisted TOOL` says that AI was used, `/seconder not-assisted REASON` that it was not\n\
         - `/seconder override REASON` lets the change pass in an emergency, if a policy allows you to\n\
         - `/seconder why` tells what is missing, `/seconder recheck` looks again"
    )
}

/// Why a command has no effect, and what to write instead.
fn refused(outcome: &CommandOutcome, refusal: &Refusal, head: &str) -> String {
    let verb = outcome.ask.verb();
    match refusal {
        Refusal::Mistaken(mistake) => mistaken(mistake, head),
        Refusal::NotCounted(why) => {
            let again = if can_be_repeated(why) { repeat(outcome, head) } else { String::new() };
            let why = markdown::line(&reason(why));
            format!("your {} does not count: {why}.{again}", code(&format!("/seconder {verb}")))
        }
        Refusal::NothingToLift => "nobody held this change before, so there is nothing to lift.".to_owned(),
        Refusal::NothingToDismiss => "there is no sign of AI assistance that could be dismissed.".to_owned(),
        Refusal::CannotBeDismissed => {
            "that an agent's own account made this is a fact on the forge's record, and cannot be dismissed.".to_owned()
        }
        Refusal::NoOverride => "no policy of this repository lets anybody override.".to_owned(),
        Refusal::MayNotOverride => "the policies of this repository let others override, not you.".to_owned(),
        Refusal::Ended { at } => format!("this override ended on {}.{}", moment(*at), repeat(outcome, head)),
    }
}

fn mistaken(mistake: &Mistake, head: &str) -> String {
    match mistake {
        Mistake::Unknown { verb, meant } => {
            let meant = meant.as_deref().unwrap_or("help");
            let line = line(meant, head);
            format!("{} is no command. Did you mean {}?", code(&format!("/seconder {verb}")), code(&line))
        }
        Mistake::Several => {
            "a comment holds one command, so that nobody has to guess which was meant. Write one comment for each."
                .to_owned()
        }
        Mistake::NoReason { verb } => {
            format!("this command needs a reason: write {}.", code(&format!("/seconder {verb} REASON")))
        }
        Mistake::NotACommit { given } => format!(
            "{} names no commit: write 12 to 40 hex digits, for example {}.",
            code(given),
            code(&line("approve", head))
        ),
    }
}

/// Whether the same person could say it again, and it would count.
fn can_be_repeated(why: &Why) -> bool {
    match why {
        Why::OtherCommit
        | Why::BeforeRetarget
        | Why::BeforeReopen
        | Why::BeforePush
        | Why::Superseded
        | Why::NoCommitNamed
        | Why::TooSoon
        | Why::Edited
        | Why::Deleted
        | Why::NotWitnessed
        | Why::ByEmail
        | Why::ThroughApp => true,
        Why::DeletedAccount
        | Why::NotAPerson
        | Why::NotInDirectory
        | Why::DoesNotMeet { .. }
        | Why::Contributor { .. }
        | Why::Dismissed
        | Why::ReviewsDoNotCount
        | Why::CommandsDoNotCount
        | Why::StaleDirectory
        | Why::NotNeeded
        | Why::NoWriteAccessShown { .. } => false,
    }
}

fn repeat(outcome: &CommandOutcome, head: &str) -> String {
    let line = line(outcome.ask.verb(), head);
    format!(" If you still mean it, look at {} and write {} in a new comment.", code(head), code(&line))
}

/// The line to write for a command.
fn line(verb: &str, head: &str) -> String {
    match verb {
        "approve" => format!("/seconder approve {head}"),
        "hold" | "not-assisted" | "override" => format!("/seconder {verb} REASON"),
        _ => format!("/seconder {verb}"),
    }
}
