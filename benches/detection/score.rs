//! How often the detector is right about labelled commits, by stratum.
//!
//! Read by the bench, which prints it, and by the tests, which hold the detector to it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use seconder::gate::change::GitIdentity;
use seconder::gate::detect::{Catalogue, CommitText, Evidence, Tool, detect_commit};
use seconder::gate::ids::CommitSha;
use serde::Deserialize;

/// A commit and what is known about it: a line of `tests/fixtures/corpus/commits.jsonl`.
#[derive(Debug, Deserialize)]
pub(crate) struct Labelled {
    pub(crate) repo: String,
    pub(crate) sha: String,
    pub(crate) message: String,
    author: Identity,
    committer: Identity,
    label: Label,
}

#[derive(Debug, Deserialize)]
struct Identity {
    name: String,
    email: String,
}

#[derive(Debug, Deserialize)]
struct Label {
    assisted: bool,
    tools: BTreeSet<String>,
    /// What the label rests on.
    evidence: String,
    stratum: String,
    certainty: String,
}

/// Reads labelled commits as JSON Lines.
pub(crate) fn read(corpus: &str) -> Result<Vec<Labelled>, serde_json::Error> {
    corpus.lines().filter(|line| !line.trim().is_empty()).map(serde_json::from_str).collect()
}

impl Labelled {
    /// All evidence in the commit.
    pub(crate) fn detect(&self, catalogue: &Catalogue) -> Vec<Evidence> {
        let identity = |given: &Identity| GitIdentity {
            name: given.name.clone(),
            email: given.email.clone(),
            account: None,
            date: None,
        };
        let (author, committer) = (identity(&self.author), identity(&self.committer));
        let sha: CommitSha = self.sha.parse().unwrap_or_else(|error| panic!("{}: {error}", self.sha));
        detect_commit(
            &CommitText { sha: &sha, message: &self.message, author: &author, committer: &committer },
            catalogue,
        )
    }

    /// The tools of the evidence that gates.
    fn tools(&self, catalogue: &Catalogue) -> BTreeSet<String> {
        self.detect(catalogue).into_iter().filter(|piece| piece.gates).map(|piece| piece.tool).collect()
    }
}

/// One stratum.
#[derive(Debug, Default)]
pub(crate) struct Row {
    /// Its commits.
    pub(crate) total: u32,
    /// Those called assisted.
    pub(crate) assisted: u32,
    /// Those of them for which a tool of the label is named.
    pub(crate) tool_named: u32,
    /// Those of them for which exactly the tools of the label are named.
    tools_equal: u32,
}

impl Row {
    /// The share called assisted: recall in strata of assisted commits, the rate of false alarms in the others.
    pub(crate) fn rate(&self) -> f64 {
        f64::from(self.assisted) / f64::from(self.total.max(1))
    }
}

/// What the detector says of a corpus.
#[derive(Debug, Default)]
pub(crate) struct Score {
    /// Strata of commits with AI, `stratum (certainty)`.
    pub(crate) positive: BTreeMap<String, Row>,
    /// Strata of commits without.
    pub(crate) negative: BTreeMap<String, Row>,
    /// Commits with AI that were not found.
    pub(crate) missed: Vec<String>,
    /// Commits without AI that were called assisted.
    pub(crate) false_alarms: Vec<String>,
    /// Commits whose tools are not exactly the label's.
    pub(crate) other_tools: Vec<String>,
}

impl Score {
    /// Tries the detector on each commit.
    pub(crate) fn of(commits: &[Labelled], catalogue: &Catalogue) -> Self {
        let mut score = Self::default();
        for commit in commits {
            score.add(commit, &commit.tools(catalogue));
        }
        score
    }

    fn add(&mut self, commit: &Labelled, tools: &BTreeSet<String>) {
        let label = &commit.label;
        let rows = if label.assisted { &mut self.positive } else { &mut self.negative };
        let row = rows.entry(format!("{} ({})", label.stratum, label.certainty)).or_default();
        let found = !tools.is_empty();
        let is_unnamed = |tool: &String| tool == "unspecified" || tool.starts_with("other-");
        let agrees = label.tools.iter().any(|tool| tools.contains(tool)) || label.tools.iter().all(is_unnamed);
        row.total += 1;
        row.assisted += u32::from(found);
        row.tool_named += u32::from(found && agrees);
        row.tools_equal += u32::from(found && *tools == label.tools);
        let list = match (label.assisted, found) {
            (true, false) => &mut self.missed,
            (false, true) => &mut self.false_alarms,
            (true, true) if *tools != label.tools => &mut self.other_tools,
            _ => return,
        };
        list.push(format!(
            "{}@{} [{}] label {:?} ({}), answer {tools:?}",
            commit.repo,
            commit.sha.get(..12).unwrap_or(&commit.sha),
            label.stratum,
            label.tools,
            label.evidence
        ));
    }

    /// Of the commits called assisted, those that are.
    pub(crate) fn precision(&self) -> f64 {
        let (hits, alarms) = (self.hits(), sum(&self.negative, |row| row.assisted));
        f64::from(hits) / f64::from((hits + alarms).max(1))
    }

    /// Of the commits found, those for which a right tool is named.
    pub(crate) fn tool_named(&self) -> f64 {
        f64::from(sum(&self.positive, |row| row.tool_named)) / f64::from(self.hits().max(1))
    }

    fn hits(&self) -> u32 {
        sum(&self.positive, |row| row.assisted)
    }

    /// The whole as a Markdown table.
    pub(crate) fn table(&self) -> String {
        let mut out = "| stratum | commits | called assisted | rate | right tool | exactly the tools |\n\
                       | --- | ---: | ---: | ---: | ---: | ---: |\n"
            .to_owned();
        for (name, row) in self.positive.iter().chain(&self.negative) {
            let Row { total, assisted, tool_named, tools_equal } = row;
            let rate = row.rate();
            let _ = writeln!(out, "| {name} | {total} | {assisted} | {rate:.4} | {tool_named} | {tools_equal} |");
        }
        let recall = f64::from(self.hits()) / f64::from(sum(&self.positive, |row| row.total).max(1));
        let equal = f64::from(sum(&self.positive, |row| row.tools_equal)) / f64::from(self.hits().max(1));
        let _ = writeln!(out, "\nprecision {:.4}, recall {recall:.4}", self.precision());
        let _ = writeln!(out, "right tool {:.4}, exactly the tools {equal:.4}", self.tool_named());
        out
    }
}

fn sum(rows: &BTreeMap<String, Row>, what: impl Fn(&Row) -> u32) -> u32 {
    rows.values().map(what).sum()
}

/// What is left of a tool's commits when the catalogue does not know the tool.
#[derive(Debug)]
pub(crate) struct LeftOut {
    pub(crate) tool: String,
    /// Commits that the label gives to this tool alone.
    pub(crate) commits: usize,
    /// How many of them are called assisted with the whole catalogue.
    pub(crate) known: usize,
    /// How many still are, without the tool's entry.
    pub(crate) unknown: usize,
}

/// Leaves tools out, each in turn. `catalogue` is the text of a catalogue file.
pub(crate) fn leave_one_out(commits: &[Labelled], catalogue: &str, is_wanted: impl Fn(&Tool) -> bool) -> Vec<LeftOut> {
    let whole = parse(catalogue);
    let mut rows = Vec::new();
    for tool in whole.tools().iter().filter(|tool| is_wanted(tool)) {
        let is_its_own = |commit: &&Labelled| commit.label.tools.iter().eq([&tool.id]) && commit.label.assisted;
        let its_own: Vec<&Labelled> = commits.iter().filter(is_its_own).collect();
        if its_own.is_empty() {
            continue;
        }
        let rest = parse(&without(catalogue, &tool.id));
        let found = |catalogue| its_own.iter().filter(|commit| !commit.tools(catalogue).is_empty()).count();
        let (known, unknown) = (found(&whole), found(&rest));
        rows.push(LeftOut { tool: tool.id.clone(), commits: its_own.len(), known, unknown });
    }
    rows.sort_by(|a, b| b.commits.cmp(&a.commits).then_with(|| a.tool.cmp(&b.tool)));
    rows
}

fn parse(catalogue: &str) -> Catalogue {
    Catalogue::parse("agents.yml", catalogue).unwrap_or_else(|findings| panic!("{findings:?}"))
}

/// The file without one entry.
fn without(catalogue: &str, id: &str) -> String {
    let heading = format!("  - id: {id}\n");
    let (before, entry) = catalogue.split_once(&heading).unwrap_or_else(|| panic!("no entry {id}"));
    let ends = ["\n  - id: ", "\nautomation:", "\n# "].iter().filter_map(|end| entry.find(end));
    let after = ends.min().and_then(|end| entry.get(end..)).unwrap_or_default();
    format!("{}{after}", before.trim_end())
}
