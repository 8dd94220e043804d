//! Signs of AI assistance, and who dismissed them.

use super::super::detect::removed::Removed;
use super::super::detect::{Channel, Evidence, Level, Place, Strength};
use super::super::digest;
use super::super::verdict::{CommandOutcome, Verdict};
use super::line::Line;
use super::word::command;

/// How many pieces of evidence are listed; the rest are counted.
const LISTED_EVIDENCE: usize = 20;

/// How much removed attribution is listed.
const LISTED_REMOVED: usize = 10;

pub(super) fn assistance(verdict: &Verdict) -> Vec<Line> {
    let of = |one: &Evidence| evidence(one).line(dismissal(verdict, one));
    let mut lines: Vec<Line> = verdict.evidence.iter().take(LISTED_EVIDENCE).map(of).collect();
    match verdict.evidence.len().saturating_sub(LISTED_EVIDENCE) {
        0 => {}
        more => lines.push(Line::new().text(format!("and {more} more."))),
    }
    lines.extend(remarks(verdict));
    lines
}

/// What is to be said besides the evidence itself.
pub(super) fn remarks(verdict: &Verdict) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    if verdict.evidence.is_empty() {
        lines.push(match verdict.level {
            Level::Unknown => "The policy asks whether AI was used, and the change does not say.".into(),
            Level::None => "No sign of AI assistance was found. That does not prove that none was used.".into(),
            Level::Assisted | Level::Autonomous => "Seen on an earlier head of this change.".into(),
        });
    }
    lines.extend(verdict.removed.iter().take(LISTED_REMOVED).map(gone));
    if verdict.is_contradicted {
        lines.push("The change declares that no AI was used, which contradicts the evidence.".into());
    }
    lines
}

/// That attribution is gone, without a word on why.
fn gone(removed: &Removed) -> Line {
    let place = match removed.channel {
        Channel::CoAuthor => "as a co-author of commit ",
        Channel::Note => "in the authorship note of commit ",
        Channel::Trailer => "in a trailer of commit ",
        _ => "in the message of commit ",
    };
    // A note is written and taken away beside the branch.
    let since = if removed.channel == Channel::Note { "" } else { ", after a later push" };
    let line = Line::from("Attribution to ").code(removed.tool.as_str()).text(format!(" {place}"));
    let gone = format!(" is no longer carried by any commit of this change{since}. What was seen stays on record.");
    line.code(removed.commit.short()).text(gone)
}

/// The command that dismissed a piece of evidence.
pub(super) fn dismissed_by<'a>(verdict: &'a Verdict, one: &Evidence) -> Option<&'a CommandOutcome> {
    if verdict.dismissed.is_empty() {
        return None;
    }
    command(verdict, *verdict.dismissed.get(&digest::of(one))?)
}

/// Who dismissed a piece of evidence, and why.
fn dismissal(verdict: &Verdict, one: &Evidence) -> Line {
    match dismissed_by(verdict, one) {
        Some(command) => Line::from("; ").line(dismissal_words(command)),
        None => Line::new(),
    }
}

pub(super) fn dismissal_words(command: &CommandOutcome) -> Line {
    let line = Line::new().link("dismissed", command.url.as_deref()).text(" by ");
    line.mention(command.by.login.as_str()).because(command.reason.as_ref())
}

fn evidence(one: &Evidence) -> Line {
    let line = Line::new().code(one.tool.as_str()).text(" in ").line(place(one)).text(": ").code(one.text.as_str());
    line.text(format!(" ({})", strength(one)))
}

/// Where a piece of evidence was found.
pub(super) fn place(one: &Evidence) -> Line {
    match &one.place {
        Place::CommitIdentity { commit } => {
            Line::new().text(format!("{} of commit ", channel(one))).code(commit.short())
        }
        Place::CommitMessage { commit, line, .. } => {
            Line::from("message of commit ").code(commit.short()).text(format!(", line {line}"))
        }
        Place::Opener => "the account that opened the change".into(),
        Place::Body { line } => Line::new().text(format!("description, line {line}")),
        Place::Branch => "the branch name".into(),
        Place::Label => "a label".into(),
        Place::Note { commit } => Line::from("authorship note of commit ").code(commit.short()),
        Place::Trace { path } => Line::from("records in ").code(path.as_str()),
        Place::Comment { .. } => "a comment".into(),
    }
}

/// How much it proves.
pub(super) fn strength(one: &Evidence) -> String {
    let strength = match one.strength {
        Strength::Platform => "platform",
        Strength::Attributed => "attributed",
        Strength::Declared => "declared",
        Strength::Context => "context",
        Strength::Hint => "hint",
    };
    let aside = if one.gates { "" } else { ", does not gate" };
    format!("{strength}{aside}")
}

fn channel(one: &Evidence) -> &'static str {
    match one.channel {
        Channel::Committer => "committer",
        _ => "author",
    }
}
