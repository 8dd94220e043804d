//! How a plan is shown: to people, and to programs.

use std::io::{self, Write};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::look::{MAINTAINER, OWNER, Seen};
use super::plan::{Mark, Plan, Step};
use super::{Asked, VerdictJob};
use crate::cli::live::plain;
use crate::cli::output::VERSION;
use crate::forge::gitlab::instance::FEATURES;

/// The job that asks for the verdict.
const JOB: &str = include_str!("../../../../packaging/gitlab-verdict.yml");

/// A plan, and what became of it.
#[derive(Debug, Clone)]
pub struct Shown {
    /// Which GitLab, who asks, and what is to be known beforehand.
    pub said: Said,
    /// What would be done.
    pub plan: Plan,
    /// Whether it was done.
    pub is_applied: bool,
    /// Whether it was to be done, and a step that cannot be keeps it from being.
    pub is_refused: bool,
    /// What went wrong while it was done.
    pub failed: Option<String>,
    /// What the server's configuration needs besides. Said once.
    pub server_line: Option<String>,
    is_undo: bool,
    job: Option<VerdictJob>,
}

/// What stands above a plan.
#[derive(Debug, Clone, Default)]
pub struct Said {
    /// Where the GitLab is.
    pub url: String,
    /// Its version.
    pub version: Option<String>,
    /// Whose token it is.
    pub account: Option<String>,
    /// The server's account.
    pub bot: Option<String>,
    /// When the token ends, a day.
    pub token_ends_on: Option<String>,
    /// What people should know.
    pub notes: Vec<String>,
}

impl Shown {
    pub(super) fn of_plan(seen: &Seen, asked: &Asked, plan: Plan, now: Timestamp) -> Self {
        let said = Said {
            url: asked.url.clone(),
            version: Some(seen.instance.said.clone()),
            account: Some(seen.account.username.clone()),
            bot: Some(seen.bot.username.clone()),
            token_ends_on: seen.token.as_ref().and_then(|token| token.ends_on).map(|day| day.to_string()),
            notes: notes(seen, now),
        };
        let job = asked.verdict_job.clone();
        let (is_applied, is_refused, failed, server_line) = (false, false, None, None);
        Self { said, plan, is_applied, is_refused, failed, server_line, is_undo: false, job }
    }

    pub(super) fn of_undo(url: &str, plan: Plan, is_applied: bool) -> Self {
        let said = Said { url: url.to_owned(), ..Said::default() };
        let is_applied = is_applied && plan.count(Mark::Change) > 0;
        let (is_refused, failed, server_line) = (false, None, None);
        Self { said, plan, is_applied, is_refused, failed, server_line, is_undo: true, job: None }
    }

    /// As one JSON object.
    pub fn to_json(&self) -> Value {
        let worth: Vec<Value> = self.plan.worth.iter().map(|one| {
            json!({ "project": one.project, "now": one.now.sentence(), "then": one.then.sentence(), "hint": one.hint })
        }).collect();
        json!({
            "v": VERSION,
            "url": self.said.url,
            "version": self.said.version,
            "account": self.said.account,
            "bot": self.said.bot,
            "token_ends_on": self.said.token_ends_on,
            "notes": self.said.notes,
            "steps": self.plan.steps,
            "enforcement": worth,
            "applied": self.is_applied,
            "failed": self.failed,
            "server": self.server_line,
        })
    }

    /// For people.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let Said { url, version, account, bot, token_ends_on, notes } = &self.said;
        write!(out, "{url}")?;
        if let (Some(version), Some(account), Some(bot)) = (version, account, bot) {
            let ends = token_ends_on.as_ref().map_or("has no end".to_owned(), |day| format!("ends on {day}"));
            write!(
                out,
                ": GitLab {}\nas @{}, whose token {ends}\nthe bot account is @{}",
                plain(version),
                plain(account),
                plain(bot)
            )?;
        }
        writeln!(out)?;
        for note in notes {
            writeln!(out, "note: {}", plain(note))?;
        }
        let mut place = "";
        for step in &self.plan.steps {
            if step.place != place {
                self.write_worth(out, place)?;
                writeln!(out, "\n{}", plain(&step.place))?;
                place = &step.place;
            }
            write_step(out, step)?;
        }
        self.write_worth(out, place)?;
        self.write_job(out)?;
        self.write_end(out)
    }

    fn write_worth(&self, out: &mut impl Write, place: &str) -> io::Result<()> {
        let Some(worth) = self.plan.worth.iter().find(|worth| worth.project == place) else { return Ok(()) };
        if worth.now == worth.then {
            writeln!(out, "  = {}", worth.then.sentence())?;
        } else {
            writeln!(out, "  now:  {}\n  then: {}", worth.now.sentence(), worth.then.sentence())?;
        }
        worth.hint.map_or(Ok(()), |hint| writeln!(out, "        {hint}"))
    }

    /// Where it is asked for and missing, the job itself.
    fn write_job(&self, out: &mut impl Write) -> io::Result<()> {
        let Some(job) = &self.job else { return Ok(()) };
        if self.plan.steps.iter().any(|step| step.step == "verdict job" && step.mark == Mark::Cannot) {
            writeln!(out, "\n{} in {}, the job:\n\n{JOB}", job.file, job.project)?;
        }
        Ok(())
    }

    fn write_end(&self, out: &mut impl Write) -> io::Result<()> {
        if let Some(line) = &self.server_line {
            writeln!(out, "\nFor [[gitlab]] in the server's configuration, and shown only now:\n{line}")?;
        }
        let (create, change) = (self.plan.count(Mark::Create), self.plan.count(Mark::Change));
        let (leave, cannot) = (self.plan.count(Mark::Leave), self.plan.count(Mark::Cannot));
        let counted = if self.is_undo {
            format!("{change} to put back, {leave} to leave")
        } else {
            format!("{create} to create, {change} to change, {leave} to leave")
        };
        let end = match () {
            () if self.failed.is_some() => "not all of it was done",
            () if self.is_applied => "done",
            () if cannot > 0 && !self.is_undo => "nothing was changed: first see to what cannot be done",
            () if create + change == 0 => "nothing to do",
            () => "nothing was changed: --apply does it",
        };
        let cannot = if cannot > 0 { format!(", {cannot} that cannot be done") } else { String::new() };
        writeln!(out, "\n{counted}{cannot}: {end}")
    }
}

fn write_step(out: &mut impl Write, step: &Step) -> io::Result<()> {
    let (style, word) = match step.mark {
        Mark::Create => ("\x1b[32m", "create"),
        Mark::Change => ("\x1b[33m", "change"),
        Mark::Leave => ("\x1b[36m", "leave"),
        Mark::Cannot => ("\x1b[31m", "cannot"),
    };
    writeln!(out, "  {style}{word:<7}\x1b[0m {}: {}", step.step, plain(&step.says))?;
    step.why.as_ref().map_or(Ok(()), |why| writeln!(out, "          {}", plain(why)))
}

fn notes(seen: &Seen, now: Timestamp) -> Vec<String> {
    let mut notes = Vec::new();
    if !seen.bot.is_bot {
        notes.push(format!(
            "@{} looks like a person's account; whoever signs in with it can approve by hand. A service account cannot be \
             signed in with",
            seen.bot.username
        ));
    }
    let is_mighty = |role: i64| role >= MAINTAINER;
    if seen.bot.id != seen.account.id && seen.projects.iter().any(|project| is_mighty(project.bot_role)) {
        notes.push(format!(
            "@{} is more than Developer in some of these projects; it needs no more there to read, comment and approve",
            seen.bot.username
        ));
    }
    if seen.bot.id == seen.account.id && seen.projects.iter().any(|project| project.bot_role >= OWNER) {
        notes.push(format!("@{} is Owner; the server needs Developer only, once this is set up", seen.bot.username));
    }
    let lacking = FEATURES.iter().filter(|feature| !seen.instance.has(feature.since));
    notes.extend(
        lacking.map(|feature| format!("without {} (since {}), {}", feature.name, feature.since, feature.without)),
    );
    let ends = seen.token.as_ref().and_then(|token| token.ends_on);
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    if seen.bot.id == seen.account.id && ends.is_some_and(|day| (day - today).get_days() < 30) {
        notes.push("the token ends within 30 days: rotate it, and give the server the new one".to_owned());
    }
    notes
}
