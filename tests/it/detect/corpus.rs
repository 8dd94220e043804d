//! Precision and recall on labelled commits, by stratum.
//!
//! `SECONDER_CORPUS=FILE cargo test --test it detect::corpus -- --nocapture` prints the table and every miss for any
//! labelled JSON Lines file of the sample's form.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use seconder::cli::detect::run;
use seconder::gate::detect::Catalogue;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct Labelled {
    repo: String,
    sha: String,
    label: Label,
}

#[derive(Debug, Deserialize)]
struct Label {
    assisted: bool,
    tools: BTreeSet<String>,
    evidence: String,
    stratum: String,
    certainty: String,
}

#[derive(Debug, Deserialize)]
struct Answer {
    sha: String,
    assisted: bool,
    tools: BTreeSet<String>,
    evidence: serde_json::Value,
}

#[derive(Debug, Default)]
struct Row {
    total: u32,
    assisted: u32,
    tool_named: u32,
    tools_equal: u32,
}

impl Row {
    fn recall(&self) -> f64 {
        f64::from(self.assisted) / f64::from(self.total.max(1))
    }
}

#[derive(Debug, Default)]
struct Table {
    positive: BTreeMap<String, Row>,
    /// Commits known to be without AI, or declared so.
    negative: BTreeMap<String, Row>,
    misses: Vec<String>,
}

impl Table {
    fn add(&mut self, labelled: &Labelled, answer: &Answer) {
        let label = &labelled.label;
        let rows = if label.assisted { &mut self.positive } else { &mut self.negative };
        let row = rows.entry(format!("{} ({})", label.stratum, label.certainty)).or_default();
        row.total += 1;
        row.assisted += u32::from(answer.assisted);
        let is_unnamed = |tool: &String| tool == "unspecified" || tool.starts_with("other-");
        let agrees = label.tools.iter().any(|tool| answer.tools.contains(tool))
            || (label.tools.iter().all(is_unnamed) && !answer.tools.is_empty());
        row.tool_named += u32::from(answer.assisted && agrees);
        row.tools_equal += u32::from(answer.assisted && answer.tools == label.tools);
        let what = match (label.assisted, answer.assisted) {
            (true, false) => "missed",
            (false, true) => "FALSE ALARM",
            (true, true) if !agrees => "other tool",
            (true, true) if answer.tools != label.tools => "more or fewer tools",
            _ => return,
        };
        self.misses.push(format!(
            "{what}: {} {} [{}] {}; label {:?} ({}); answer {:?} {}",
            labelled.repo,
            labelled.sha,
            label.stratum,
            label.certainty,
            label.tools,
            label.evidence,
            answer.tools,
            if label.assisted { String::new() } else { answer.evidence.to_string() }
        ));
    }

    #[expect(clippy::print_stdout, reason = "the table is what a developer runs this test for")]
    fn print(&self) {
        println!("{:<40} {:>6} {:>9} {:>8} {:>7} {:>7}", "stratum", "n", "assisted", "rate", "tool", "=tools");
        for (name, row) in self.positive.iter().chain(&self.negative) {
            let Row { total, assisted, tool_named, tools_equal } = row;
            println!("{name:<40} {total:>6} {assisted:>9} {:>8.4} {tool_named:>7} {tools_equal:>7}", row.recall());
        }
        let (hits, alarms) = (sum(&self.positive, |row| row.assisted), sum(&self.negative, |row| row.assisted));
        println!("precision {:.4}", f64::from(hits) / f64::from((hits + alarms).max(1)));
        println!("recall    {:.4}", f64::from(hits) / f64::from(sum(&self.positive, |row| row.total).max(1)));
        println!("tool      {:.4}", f64::from(sum(&self.positive, |row| row.tool_named)) / f64::from(hits.max(1)));
        println!("=tools    {:.4}", f64::from(sum(&self.positive, |row| row.tools_equal)) / f64::from(hits.max(1)));
        for miss in &self.misses {
            println!("{miss}");
        }
    }
}

fn sum(rows: &BTreeMap<String, Row>, what: impl Fn(&Row) -> u32) -> u32 {
    rows.values().map(what).sum()
}

fn measure(corpus: &str) -> Table {
    let mut output = Vec::new();
    run(corpus.as_bytes(), &mut output, Catalogue::embedded()).unwrap();
    let output = String::from_utf8(output).unwrap();
    let mut table = Table::default();
    let lines = corpus.lines().filter(|line| !line.trim().is_empty());
    assert_eq!(lines.clone().count(), output.lines().count(), "one answer per commit");
    for (given, answer) in lines.zip(output.lines()) {
        let labelled: Labelled = serde_json::from_str(given).unwrap();
        let answer: Answer = serde_json::from_str(answer).unwrap();
        assert_eq!(labelled.sha, answer.sha, "answers stand in the order of the input");
        table.add(&labelled, &answer);
    }
    table
}

/// What each stratum must reach; the rest is prose, for which no rule is complete.
const RECALL: [(&str, f64); 9] = [
    ("author-identity", 0.99),
    ("co-author", 0.99),
    ("machine-trailer", 0.99),
    ("machine-link", 0.99),
    ("trailer-variant", 0.95),
    ("declared-trailer", 0.95),
    ("template-yes", 0.95),
    ("footer", 0.98),
    ("message-form", 0.95),
];

#[test]
fn precision_and_recall_by_stratum() {
    let sample = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/corpus/commits.jsonl");
    #[expect(clippy::disallowed_methods, reason = "the corpus to measure is named by the developer")]
    let path = std::env::var("SECONDER_CORPUS").map_or(sample, PathBuf::from);
    let corpus = std::fs::read_to_string(&path).unwrap();
    let table = measure(&corpus);
    table.print();

    let certain: Vec<_> = table.misses.iter().filter(|miss| miss.starts_with("FALSE ALARM")).collect();
    assert!(certain.is_empty(), "no commit without AI may be flagged: {certain:#?}");
    for (stratum, least) in RECALL {
        let row = table.positive.get(&format!("{stratum} (certain)")).unwrap();
        assert!(row.recall() >= least, "{stratum}: recall {} is below {least}", row.recall());
    }
    let (named, hits) = (sum(&table.positive, |row| row.tool_named), sum(&table.positive, |row| row.assisted));
    assert!(f64::from(named) >= 0.99 * f64::from(hits), "the tool is named right for {named} of {hits}");
}
