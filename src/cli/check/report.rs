//! What is printed, for people and as JSON.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::ci::Ci;
use super::facts::Judged;
use super::law::Law;
use super::range::Range;
use super::who::Who;
use crate::cli::detect::place;
use crate::cli::live::plain;
use crate::cli::output::{VERSION, counted, stdout};
use crate::gate::detect::Evidence;
use crate::gate::explain::{Voice, check};
use crate::gate::head::HeadVerdict;
use crate::gate::ids::CommitSha;
use crate::gate::plan::Check;
use crate::gate::policy::Mode;
use crate::gate::policy::diagnostic::harmless;
use crate::gate::verdict::{Outcome, RuleResult, Verdict};

/// The most pieces of evidence that are shown of one commit, and the most commits.
const MOST_SHOWN: usize = 50;

/// What git alone cannot tell.
const UNKNOWN: [&str; 3] = [
    "who pushed the commits, and what was pushed away again before",
    "who approved, asked for changes, or gave a command",
    "which accounts the forge links to addresses in commits: an address that the directory does not know is somebody unknown",
];

pub(super) const ADVISORY: &str = "This check is advisory: whoever can change the workflow can remove it. The App's required check cannot be removed so.";

pub(super) struct Report {
    pub(super) judged: Judged,
    pub(super) range: Range,
    pub(super) law: Law,
    pub(super) directory: Who,
    pub(super) ci: Ci,
}

impl Report {
    /// Whether the policy wants somebody else. A preview wants nobody.
    pub(super) fn needs_somebody(&self) -> bool {
        self.judged.verdict.outcome != Outcome::Pass && self.law.policy.mode == Mode::Enforce
    }

    /// The verdict in the words of the check.
    pub(super) fn check(&self) -> Option<Check> {
        let head = HeadVerdict::of(self.range.head_sha(), vec![(self.worded(), self.law.policy.mode)])?;
        let roster = &self.directory.roster;
        let voice = Voice { check_name: "seconder", details_url: None, names_candidates: false, roster };
        Some(check(&head, &voice))
    }

    /// The verdict without advice that only holds where the App is at work, or where a directory is known.
    fn worded(&self) -> Verdict {
        let mut verdict = self.judged.verdict.clone();
        verdict.takes_commands &= !verdict.takes_reviews;
        if !self.directory.has_directory {
            for rule in &mut verdict.rules {
                if let RuleResult::Missing { need, candidates, .. } = &mut rule.result {
                    *candidates = *need;
                }
            }
        }
        verdict
    }

    /// What people should know to read the verdict.
    pub(super) fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        let base = self.range.base_sha();
        if !self.law.has_own {
            remarks.push(format!(
                "The base ({}) holds no policy of the repository; what is above it governs.",
                base.short()
            ));
        }
        if self.law.is_changed {
            remarks.push(format!("The range changes the policy. The one on the base ({}) counts.", base.short()));
        }
        if self.law.policy.mode == Mode::Preview {
            remarks.push("The policy is in preview: it holds nothing up.".to_owned());
        }
        if !self.directory.has_directory {
            remarks.push(
                "No directory is given, so that everybody has the lowest tier: name one with --directory.".to_owned(),
            );
        }
        if self.directory.are_tiers_assumed {
            let tiers = self.directory.tiers.names().join(", ");
            remarks.push(format!("Assumed tiers: {tiers}. Name yours with --directory or --tiers."));
        }
        if self.ci.opener.is_none() {
            remarks.push("It is not known who opens the change: name the account with --opener. Names in commits vouch for nobody.".to_owned());
        }
        if self.ci.is_body_cut {
            remarks.push(
                "GitLab gives a job only the beginning of the description: signs further down are not seen.".to_owned(),
            );
        }
        remarks
    }

    pub(super) fn to_json(&self) -> Value {
        let of = self.by_commit();
        let commits: Vec<Value> = self
            .judged
            .commits
            .iter()
            .map(|(sha, subject)| {
                json!({ "sha": sha, "subject": subject, "evidence": of.get(&Some(sha)).map(Vec::as_slice).unwrap_or_default() })
            })
            .collect();
        let check = self.check();
        let sources = self.law.policy.sources.iter();
        json!({
            "v": VERSION,
            "ci": self.ci.name,
            "base": self.range.base_sha(),
            "head": self.range.head_sha(),
            "needs_somebody": self.needs_somebody(),
            "outcome": self.judged.verdict.outcome,
            "level": self.judged.verdict.level,
            "check": check.map(|check| json!({ "title": check.title, "summary": check.summary })),
            "commits": commits,
            "evidence": of.get(&None).map(Vec::as_slice).unwrap_or_default(),
            "policy": sources.map(|source| json!({ "name": source.name, "digest": source.digest })).collect::<Vec<_>>(),
            "verdict": self.judged.verdict,
            "remarks": self.remarks(),
            "unknown": UNKNOWN,
            "advisory": true,
        })
    }

    /// Evidence by its commit; that of the change itself has none.
    fn by_commit(&self) -> BTreeMap<Option<&CommitSha>, Vec<&Evidence>> {
        let mut found: BTreeMap<Option<&CommitSha>, Vec<&Evidence>> = BTreeMap::new();
        for piece in &self.judged.verdict.evidence {
            found.entry(piece.place.commit()).or_default().push(piece);
        }
        found
    }

    pub(super) fn print(&self) -> io::Result<()> {
        let mut out = stdout();
        self.write(&mut out)?;
        out.flush()
    }

    /// For people. No line begins with what somebody else wrote, and none holds what a CI takes for a command.
    pub(super) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let bold = clap::builder::styling::Style::new().bold();
        let commits = counted(self.judged.commits.len(), "commit", "commits");
        writeln!(out, "{bold}{commits}, {}..{}{bold:#}", self.range.base_sha().short(), self.range.head_sha().short())?;
        self.write_evidence(out)?;
        if let Some(check) = self.check() {
            writeln!(out, "\n{bold}{}{bold:#}", shown(&check.title))?;
            let lines: Vec<String> =
                plain(check.summary.trim_end()).lines().map(|line| format!("  {}", shown(line))).collect();
            writeln!(out, "\n{}", lines.join("\n"))?;
        }
        let sources: Vec<String> = self.law.policy.sources.iter().map(|source| shown(&source.name)).collect();
        writeln!(out, "\nPolicy: {}.", sources.join(", "))?;
        self.remarks().iter().try_for_each(|remark| writeln!(out, "{}", shown(remark)))?;
        writeln!(out, "\nNot known here:")?;
        UNKNOWN.iter().try_for_each(|unknown| writeln!(out, "- {unknown}"))?;
        writeln!(out, "{ADVISORY}")
    }

    fn write_evidence(&self, out: &mut impl Write) -> io::Result<()> {
        let of = self.by_commit();
        let with: Vec<_> = self.judged.commits.iter().filter(|(sha, _)| of.contains_key(&Some(sha))).collect();
        for (sha, subject) in with.iter().take(MOST_SHOWN) {
            writeln!(out, "\n{} {}", sha.short(), shown(subject))?;
            write_pieces(of.get(&Some(sha)).map_or(&[][..], Vec::as_slice), out)?;
        }
        if with.len() > MOST_SHOWN {
            writeln!(out, "… and {} more commits with evidence", with.len() - MOST_SHOWN)?;
        }
        if let Some(pieces) = of.get(&None) {
            writeln!(out, "\nThe change itself")?;
            write_pieces(pieces, out)?;
        }
        if of.is_empty() {
            writeln!(
                out,
                "\nNo sign of AI was found. That proves nothing: about half of what AI had a part in leaves none."
            )?;
        }
        Ok(())
    }
}

fn write_pieces(pieces: &[&Evidence], out: &mut impl Write) -> io::Result<()> {
    for piece in pieces.iter().take(MOST_SHOWN) {
        let effect = if piece.gates { "" } else { " (shown only)" };
        writeln!(out, "  {:<12} {}: {}{effect}", shown(&place(piece)), shown(&piece.tool), shown(&piece.text))?;
    }
    match pieces.len().checked_sub(MOST_SHOWN) {
        None | Some(0) => Ok(()),
        Some(more) => writeln!(out, "  … and {more} more"),
    }
}

/// One line in which nothing steers a terminal or the runner: GitHub's reads `##[…]` anywhere in a line.
pub(super) fn shown(text: &str) -> String {
    harmless(text).replace("##[", "## [")
}
