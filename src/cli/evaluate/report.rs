//! What `evaluate` prints.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::cli::live::plain;
use crate::cli::output::{VERSION, stdout};
use crate::engine::{DryVerdict, Evaluation};
use crate::gate::change::ChangeState;
use crate::gate::plan::Conclusion;
use crate::gate::verdict::{Outcome, Verdict};

/// What the verdict rests on besides what the forge shows now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// What the server's store remembers.
    Store,
    /// Nothing: there is no store yet.
    NoneYet,
    /// Nothing, as was asked for.
    NotAsked,
}

/// What is not known without a store, and what that means for a verdict.
const UNKNOWN: [&str; 4] = [
    "commands: nobody saw them being written, so none of them approves, answers or overrides anything; those that hold or \
     revoke count",
    "pushes: only those that the forge's own log still shows; a pusher whom nobody knows is an unknown contributor",
    "earlier heads: evidence and contributors that were pushed away are not known, and an approval counts as seen for the \
     first time now",
    "merge groups: none is known",
];

/// A verdict, and how it was reached.
#[derive(Debug, Clone)]
pub struct Report {
    /// `owner/name`.
    pub repository: String,
    /// What the gate would say.
    pub evaluation: Evaluation,
    /// What that rests on.
    pub known: Known,
}

impl Report {
    /// Whether every check that the change needs would be green.
    pub fn passes(&self) -> bool {
        let is_pass = |dry: &DryVerdict| dry.verdict.outcome() == Outcome::Pass;
        self.evaluation.head.as_ref().is_some_and(is_pass) && self.evaluation.groups.iter().all(is_pass)
    }

    /// `pass`, `waiting`, `held` or `error`: the worst of all checks; or why there is none.
    pub fn outcome(&self) -> &'static str {
        let checks = self.evaluation.head.iter().chain(&self.evaluation.groups);
        match (&self.evaluation.head, self.evaluation.state) {
            (Some(_), _) => checks.map(|dry| dry.verdict.outcome()).max().unwrap_or(Outcome::Error).as_str(),
            (None, Some(ChangeState::Closed)) => "closed",
            (None, Some(ChangeState::Merged)) => "merged",
            (None, _) => "ungoverned",
        }
    }

    /// As one JSON object.
    pub fn to_json(&self) -> Value {
        let Self { repository, evaluation, .. } = self;
        let head = evaluation.head.as_ref();
        json!({
            "v": VERSION,
            "host": evaluation.change.repo.host,
            "repository": repository,
            "number": evaluation.change.number,
            "outcome": self.outcome(),
            "head": head.map(|dry| &dry.verdict.head),
            "verdict": head.and_then(|dry| dry.verdict.deciding()),
            "others": head.map(others).unwrap_or_default(),
            "check": head.map(check),
            "merge_groups": evaluation.groups.iter().map(|dry| json!({
                "head": dry.verdict.head,
                "outcome": dry.verdict.outcome(),
                "verdicts": dry.verdict.verdicts(),
                "check": check(dry),
            })).collect::<Vec<_>>(),
            "known": match self.known {
                Known::Store => json!({ "store": "read", "unknown": [] }),
                Known::NoneYet => json!({ "store": "none yet", "unknown": UNKNOWN }),
                Known::NotAsked => json!({ "store": "not asked", "unknown": UNKNOWN }),
            },
        })
    }

    pub(super) fn print(&self) -> io::Result<()> {
        let mut out = stdout();
        self.write(&mut out)?;
        out.flush()
    }

    /// For people.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let change =
            format!("{}#{} on {}", self.repository, self.evaluation.change.number, self.evaluation.change.repo.host);
        writeln!(out, "{change}: {}", self.outcome())?;
        match &self.evaluation.head {
            Some(dry) => write_check(out, dry)?,
            None => writeln!(out, "\n{}", self.why_none())?,
        }
        for dry in &self.evaluation.groups {
            writeln!(out, "\nIt is in a merge group: {}", dry.verdict.outcome().as_str())?;
            write_check(out, dry)?;
        }
        if self.known != Known::Store {
            let why = match self.known {
                Known::NoneYet => "There is no store yet: this is what a server would say that starts now.",
                _ => "The store was not asked: a running server may know more, and say something else.",
            };
            writeln!(out, "\n{why}")?;
            for unknown in UNKNOWN {
                writeln!(out, "- {unknown}")?;
            }
        }
        Ok(())
    }

    fn why_none(&self) -> String {
        match self.evaluation.state {
            Some(ChangeState::Closed) => {
                "It is closed. The gate judges open changes; reopen it to have it judged.".to_owned()
            }
            Some(ChangeState::Merged) => "It was merged. The gate judges open changes.".to_owned(),
            _ => {
                let branch = self.evaluation.branch.as_deref().unwrap_or("its base");
                plain(&format!(
                    "Its base branch `{branch}` is not governed: it is not the default branch, no rules require the check on it, \
                     and no policy names it under `branches`. The gate publishes nothing for such a change, and \
                     takes back a success that stands on its commit."
                ))
            }
        }
    }
}

fn others(dry: &DryVerdict) -> &[Verdict] {
    dry.verdict.verdicts().get(1..).unwrap_or_default()
}

fn check(dry: &DryVerdict) -> Value {
    let check = &dry.check;
    json!({
        "name": check.name,
        "conclusion": check.conclusion,
        "title": check.title,
        "summary": check.summary,
        "annotations": check.annotations,
    })
}

/// The check's own words: Markdown that reads as text.
fn write_check(out: &mut impl Write, dry: &DryVerdict) -> io::Result<()> {
    let check = &dry.check;
    let (style, word) = match check.conclusion {
        Conclusion::Success => ("\x1b[32m", "success"),
        Conclusion::ActionRequired => ("\x1b[33m", "action_required"),
    };
    writeln!(out, "\n{style}{word}\x1b[0m: {}", plain(&check.title))?;
    writeln!(out, "check `{}` on {}", plain(&check.name), check.head)?;
    writeln!(out, "\n{}", plain(check.summary.trim_end()))
}
