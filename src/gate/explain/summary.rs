//! The check's text: what is missing, what to do next, and what the verdict rests on.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::super::detect::{Evidence, Level, Place, Strength};
use super::super::digest;
use super::super::evaluate::guard;
use super::super::group::Doubt;
use super::super::head::HeadVerdict;
use super::super::ids::WordId;
use super::super::policy::diagnostic::Diagnostic;
use super::super::policy::{Mode, REPOSITORY_POLICY};
use super::super::verdict::{
    ApprovalOutcome, CommandOutcome, Counts, Hold, Outcome, Problem, RuleOutcome, RuleResult, Verdict, Why,
};
use super::Voice;
use super::markdown::{code, link, mention, message, moment};
use super::reason::{names, reason};

/// How many pieces of evidence are listed; the rest are counted.
const LISTED_EVIDENCE: usize = 20;

/// The longest summary, in bytes. GitHub refuses a check whose summary has more than 65,535 characters.
const LONGEST_BYTES: usize = 60_000;

pub(super) fn of(verdict: &HeadVerdict, voice: &Voice<'_>) -> String {
    let mut text = whole(verdict, voice);
    if text.len() > LONGEST_BYTES {
        let last_line = text[..text.floor_char_boundary(LONGEST_BYTES)].rfind('\n').unwrap_or(0);
        text.truncate(last_line);
        text.push_str("\n\n… and more than fits here.\n");
    }
    text
}

fn whole(verdict: &HeadVerdict, voice: &Voice<'_>) -> String {
    let mut text = String::new();
    if verdict.mode == Mode::Preview {
        line(&mut text, "This is a preview: it says what the check would say, and holds nothing up.\n");
    }
    let several = verdict.verdicts().len() > 1;
    if several || verdict.is_group {
        line(&mut text, &introduction(verdict));
    }
    for one in verdict.verdicts() {
        if several || verdict.is_group {
            line(&mut text, &format!("## #{}\n", one.change.number));
        }
        // What is to be approved is a change's own head, also where a merge group brought it here.
        change(&mut text, one, one.head.as_ref().unwrap_or(&verdict.head).short(), voice);
    }
    text
}

fn introduction(verdict: &HeadVerdict) -> String {
    let is_own = |one: &&Verdict| !verdict.is_group || one.head.as_ref() == Some(&verdict.head);
    let (own, members): (Vec<&Verdict>, Vec<&Verdict>) = verdict.verdicts().iter().partition(is_own);
    let list = |verdicts: &[&Verdict]| {
        let words = verdicts.iter().map(|one| format!("#{} {}", one.change.number, one.outcome.as_str()));
        words.collect::<Vec<_>>().join(", ")
    };
    if !verdict.is_group {
        return format!(
            "This commit is the head of several open changes: {}.\nThe check of a commit is the worst of their \
             verdicts.\n",
            list(&own)
        );
    }
    let mut text = format!(
        "This commit is a merge group of: {}.\nIts check is the worst of their verdicts, each at the head that was \
         queued.\n",
        list(&members)
    );
    if !own.is_empty() {
        line(&mut text, &format!("It is also the head of open changes, which count as well: {}.", list(&own)));
    }
    text
}

/// What stands in the way, and what to do: the part of the summary that answers "why?".
pub(super) fn reasons(verdict: &HeadVerdict, voice: &Voice<'_>) -> String {
    let mut text = String::new();
    for one in verdict.verdicts() {
        let lines =
            [problems(one), holds(one), overrides(one), rules(one, voice), next_steps(one, verdict.head.short())];
        for item in lines.iter().flatten() {
            line(&mut text, &format!("- {item}"));
        }
    }
    text.truncate(text.floor_char_boundary(LONGEST_BYTES));
    text
}

fn line(text: &mut String, words: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{words}");
}

fn section(text: &mut String, title: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    line(text, &format!("### {title}\n"));
    for item in lines {
        line(text, &format!("- {item}"));
    }
    line(text, "");
}

fn change(text: &mut String, verdict: &Verdict, head: &str, voice: &Voice<'_>) {
    section(text, "In the way", &problems(verdict));
    section(text, "Held", &holds(verdict));
    section(text, "Overridden", &overrides(verdict));
    section(text, "Rules", &rules(verdict, voice));
    section(text, "Next step", &next_steps(verdict, head));
    let (counted, not_counted): (Vec<_>, Vec<_>) =
        verdict.approvals.iter().partition(|one| matches!(one.standing, Counts::Counted { .. }));
    section(text, "Approvals that count", &counted.into_iter().map(approval).collect::<Vec<_>>());
    section(text, "Approvals that do not count", &not_counted.into_iter().map(approval).collect::<Vec<_>>());
    section(text, &format!("Assistance: {}", verdict.level.as_str()), &assistance(verdict));
}

fn problems(verdict: &Verdict) -> Vec<String> {
    let words = |problem: &Problem| match problem {
        Problem::Incomplete { why } => {
            format!("The change could not be read completely: {}. It is read again shortly.", code(why))
        }
        Problem::BrokenPolicy(found) => format!("{} cannot be used. {}", code(&found.file), fault(found)),
        Problem::BreaksPolicy(found) => {
            format!("With this change, {} could not be used. {}", code(&found.file), fault(found))
        }
        Problem::StaleDirectory => {
            "The directory is older than it may be, so it vouches for nobody. An organisation admin has to bring it up \
             to date."
                .to_owned()
        }
        Problem::EmptyDiff => "The change changes no file, so there is nothing to approve.".to_owned(),
        Problem::MergeGroup(doubt) => group(doubt),
    };
    verdict.problems.iter().map(words).collect()
}

fn group(doubt: &Doubt) -> String {
    let what = match doubt {
        Doubt::NotQueued => "The merge queue does not say which changes this commit holds.".to_owned(),
        Doubt::Stray { commit } => {
            let commit = code(commit.short());
            format!(
                "The merge group holds {commit}, which belongs to none of its changes and is not what the queue makes \
                 of them."
            )
        }
        Doubt::Moved => "The change was pushed to after it was queued, so the group holds another head.".to_owned(),
        Doubt::NotOpen => "The change is not open any more.".to_owned(),
        Doubt::Elsewhere { branch } => {
            format!("The change would go to {} and not to the group's branch.", code(branch))
        }
    };
    format!("{what} Queue the change again once that is settled.")
}

fn fault(found: &Diagnostic) -> String {
    let Diagnostic { line, column, message: what, help, .. } = found;
    let help = help.as_ref().map_or_else(String::new, |help| format!(" To mend it: {}.", message(help)));
    format!("Line {line}, column {column}: {}.{help}", message(what))
}

fn holds(verdict: &Verdict) -> Vec<String> {
    verdict.holds.iter().map(hold).collect()
}

fn hold(hold: &Hold) -> String {
    let by = mention(hold.by.login.as_str());
    let others = "or until others who qualify do: one of a higher tier, or two";
    let url = hold.url.as_deref();
    if let WordId::Comment(_) = hold.word {
        let because = hold.reason.as_ref().map_or_else(String::new, |reason| format!(": {}", code(reason)));
        let words = link("holds the change", url);
        return format!("{by} {words}{because}. It is held until the same person unholds or approves it, {others}.");
    }
    let dismissed = if hold.was_dismissed { " The review was dismissed; that does not lift the request." } else { "" };
    let request = link("asked for changes", url);
    format!("{by} {request}.{dismissed} This holds the change until the same person approves, {others}.")
}

/// The command in this comment.
fn command(verdict: &Verdict, comment: i64) -> Option<&CommandOutcome> {
    verdict.commands.iter().find(|one| one.comment == comment)
}

/// Who let the change pass without approvals, and that somebody has to review it all the same.
fn overrides(verdict: &Verdict) -> Vec<String> {
    let of = |rule: &RuleOutcome| match rule.result {
        RuleResult::Overridden { by: WordId::Comment(comment), until } => Some((comment, until)),
        _ => None,
    };
    let all: BTreeSet<_> = verdict.rules.iter().filter_map(of).collect();
    let words = |(comment, until): (i64, jiff::Timestamp)| {
        let command = command(verdict, comment)?;
        let by = mention(command.by.login.as_str());
        let reason = command.reason.as_ref().map_or_else(String::new, |reason| format!(": {}", code(reason)));
        let overrode = link("overrode the missing approvals", command.url.as_deref());
        Some(format!(
            "{by} {overrode} until {}{reason}. A review by those whom the rules name is due all the same.",
            moment(until)
        ))
    };
    all.into_iter().filter_map(words).collect()
}

fn rules(verdict: &Verdict, voice: &Voice<'_>) -> Vec<String> {
    let mut lines: Vec<String> = verdict.rules.iter().filter_map(|rule| of_rule(rule, voice)).collect();
    if verdict.contributions.pusher_is_unknown && !lines.is_empty() {
        lines.push(
            "Nobody saw who pushed this commit, or one before it in this change, so every rule asks for one approval \
             more than usual."
                .to_owned(),
        );
    }
    if verdict.contributions.operator_is_unknown && verdict.level >= Level::Autonomous {
        lines.push(
            "An agent made this change and nothing says who asked it to, so every rule asks for one approval more \
             than usual."
                .to_owned(),
        );
    }
    lines
}

fn of_rule(rule: &RuleOutcome, voice: &Voice<'_>) -> Option<String> {
    let name = format!("{} ({})", code(&rule.name), code(&rule.source));
    match &rule.result {
        RuleResult::NotApplicable => None,
        RuleResult::Exempt { by } => Some(format!("{name}: exempt by {}.", code(by))),
        RuleResult::Satisfied { by } => Some(format!("{name}: satisfied by {}.", approvals(by.len()))),
        RuleResult::Overridden { until, .. } => Some(format!("{name}: overridden until {}.", moment(*until))),
        RuleResult::Missing { have, need, candidates, named } => {
            let few = match (candidates, rule.result.lacks_people()) {
                (0, true) if *have == 0 => {
                    " **Nobody in the directory can satisfy it**: an organisation admin has to look at the rule."
                }
                (_, true) => {
                    " **Too few people in the directory can satisfy it**: an organisation admin has to look at the rule."
                }
                _ => "",
            };
            let why = if rule.name == guard::NAME { guarded(rule) } else { String::new() };
            let ask = whom_to_ask(named, voice);
            Some(format!("{name}: {have} of {need} approvals by qualifying reviewers.{why}{few}{ask}"))
        }
    }
}

/// Why a change without assistance waits all the same. Other rules stand in a file that people can read.
fn guarded(rule: &RuleOutcome) -> String {
    match &rule.guarded {
        Some(path) => {
            format!(" The change touches {}, which decides what this check, or an agent, may do.", code(path))
        }
        None => {
            " Not all files of the change could be listed, and any of them may decide what this check, or an agent, \
                 may do."
                .to_owned()
        }
    }
}

fn approvals(count: usize) -> String {
    if count == 1 { "1 approval".to_owned() } else { format!("{count} approvals") }
}

fn whom_to_ask(named: &[super::super::people::PersonId], voice: &Voice<'_>) -> String {
    if !voice.names_candidates || named.is_empty() {
        return String::new();
    }
    let people: Vec<String> = named.iter().map(|id| voice.roster.display_name(id)).collect();
    format!(" Ask for example {}.", people.join(", "))
}

fn next_steps(verdict: &Verdict, head: &str) -> Vec<String> {
    if verdict.outcome == Outcome::Pass {
        return Vec::new();
    }
    let mut steps = mending(verdict);
    if verdict.problems.iter().any(|problem| matches!(problem, Problem::BreaksPolicy(_))) {
        // The correction is a new head, so an approval of this one is work in vain.
        return steps;
    }
    let can_be_approved = |rule: &RuleOutcome| rule.result.is_missing() && !rule.result.lacks_people();
    if verdict.rules.iter().any(can_be_approved) {
        steps.push(format!(
            "**Contributors**: ask a qualifying reviewer who had no part in this change to review {}.",
            code(head)
        ));
        steps.push(format!("**Reviewers**: {}; a new push needs a new one.", how_to_approve(verdict, head)));
    }
    let is_unlinked = |one: &ApprovalOutcome| matches!(one.standing, Counts::NotCounted(Why::NotInDirectory));
    if verdict.approvals.iter().any(is_unlinked) {
        steps.push(
            "**Organisation admins**: an approval came from an account that the directory does not know. To make the \
             account count, add its number to a person in the directory file; the person then approves again."
                .to_owned(),
        );
    }
    steps
}

/// How an approval may be given.
fn how_to_approve(verdict: &Verdict, head: &str) -> String {
    let review = format!("submit an approving review of {}", code(head));
    let comment = format!("comment {} on a line of its own", code(&format!("/seconder approve {head}")));
    match (verdict.takes_reviews, verdict.takes_commands) {
        (true, true) => format!("{review}, or {comment}"),
        (false, true) => comment,
        (_, false) => review,
    }
}

/// What has to be done before any approval helps.
fn mending(verdict: &Verdict) -> Vec<String> {
    let mut steps = Vec::new();
    let any = |is: fn(&Problem) -> bool| verdict.problems.iter().any(is);
    if any(|problem| matches!(problem, Problem::BreaksPolicy(_))) {
        steps.push("**Contributors**: correct the policy file in this change.".to_owned());
    }
    if any(|problem| matches!(problem, Problem::BrokenPolicy(found) if found.file == REPOSITORY_POLICY)) {
        steps.push(
            "**Maintainers**: mend the policy file. A change that makes it valid, and touches nothing else, can pass \
             meanwhile."
                .to_owned(),
        );
    }
    if any(|problem| matches!(problem, Problem::BrokenPolicy(found) if found.file != REPOSITORY_POLICY)) {
        steps.push("**Organisation admins**: mend the organisation's policy.".to_owned());
    }
    steps
}

fn approval(one: &ApprovalOutcome) -> String {
    let by = one.by.as_ref().map_or_else(|| "A deleted account".to_owned(), |by| mention(by.login.as_str()));
    let commit = one.commit.as_ref().map_or_else(|| "an unknown commit".to_owned(), |sha| code(sha.short()));
    let how = if let WordId::Comment(_) = one.word { "approved by command" } else { "approved" };
    let review = link(how, one.url.as_deref());
    let because = match &one.standing {
        Counts::Counted { rules, not_met } if not_met.is_empty() => format!("counts for {}", names(rules)),
        Counts::Counted { rules, not_met } => {
            format!("counts for {}; does not meet {}", names(rules), names(not_met))
        }
        Counts::NotCounted(why) => reason(why),
    };
    format!("{by} {review} {commit}: {because}.")
}

fn assistance(verdict: &Verdict) -> Vec<String> {
    let of = |one: &Evidence| format!("{}{}", evidence(one), dismissal(verdict, one));
    let mut lines: Vec<String> = verdict.evidence.iter().take(LISTED_EVIDENCE).map(of).collect();
    match verdict.evidence.len().saturating_sub(LISTED_EVIDENCE) {
        0 => {}
        more => lines.push(format!("and {more} more.")),
    }
    if lines.is_empty() {
        lines.push(match verdict.level {
            Level::Unknown => "The policy asks whether AI was used, and the change does not say.".to_owned(),
            Level::None => "No sign of AI assistance was found. That does not prove that none was used.".to_owned(),
            Level::Assisted | Level::Autonomous => "Seen on an earlier head of this change.".to_owned(),
        });
    }
    if verdict.is_contradicted {
        lines.push("The change declares that no AI was used, which contradicts the evidence.".to_owned());
    }
    lines
}

/// Who dismissed a piece of evidence, and why.
fn dismissal(verdict: &Verdict, one: &Evidence) -> String {
    let by = (!verdict.dismissed.is_empty()).then(|| verdict.dismissed.get(&digest::of(one))).flatten();
    let Some(command) = by.and_then(|comment| command(verdict, *comment)) else { return String::new() };
    let reason = command.reason.as_ref().map_or_else(String::new, |reason| format!(": {}", code(reason)));
    let dismissed = link("dismissed", command.url.as_deref());
    format!("; {dismissed} by {}{reason}", mention(command.by.login.as_str()))
}

fn evidence(one: &Evidence) -> String {
    let at = match &one.place {
        Place::CommitIdentity { commit } => format!("{} of commit {}", channel(one), code(commit.short())),
        Place::CommitMessage { commit, line } => format!("message of commit {}, line {line}", code(commit.short())),
        Place::Opener => "the account that opened the change".to_owned(),
        Place::Body { line } => format!("description, line {line}"),
        Place::Branch => "the branch name".to_owned(),
        Place::Label => "a label".to_owned(),
        Place::Comment { .. } => "a comment".to_owned(),
    };
    let strength = match one.strength {
        Strength::Platform => "platform",
        Strength::Attributed => "attributed",
        Strength::Declared => "declared",
        Strength::Context => "context",
        Strength::Hint => "hint",
    };
    let aside = if one.gates { "" } else { ", does not gate" };
    format!("{} in {at}: {} ({strength}{aside})", code(&one.tool), code(&one.text))
}

fn channel(one: &Evidence) -> &'static str {
    match one.channel {
        super::super::detect::Channel::Committer => "committer",
        _ => "author",
    }
}
