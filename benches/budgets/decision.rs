//! The decision itself: what `evaluate` and `detect` cost, in CPU time of one thread.

#[expect(dead_code, unused_imports, reason = "the tests use the rest of it")]
#[path = "../../tests/it/gate/case.rs"]
mod case;
#[path = "../../tests/it/gate/cast.rs"]
mod cast;

use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use seconder::gate::change::{Files, GitIdentity};
use seconder::gate::detect::{Catalogue, CommitText, detect_commit};
use seconder::gate::evaluate::evaluate;
use seconder::gate::ids::CommitSha;
use serde::Deserialize;

use crate::table::{Row, float, median};
use case::{Case, case, commit, file, linked};

/// Spent on each figure.
const BUDGET: Duration = Duration::from_secs(2);

pub(crate) fn measure() -> anyhow::Result<Vec<Row>> {
    Ok(vec![
        verdict("a usual change (1 commit, 1 file, 1 approval)", &case().assisted().approved_by("sam"))?,
        verdict("a large one (250 commits, 100 reviews, 3,000 files)", &large())?,
        detection()?,
    ])
}

fn large() -> Case {
    let policy = "rules: [{ name: infra, when: { assistance: \">= unknown\", paths: [\"infra/**\", \"**/*.tf\"] }, \
                  require: { approvals: 2, tier: \">= senior\" } }, \
                  { name: all, when: { assistance: \">= unknown\" }, require: { approvals: 1, tier: \">= senior\" } }]";
    let mut large = case().policy(policy).assisted().with(|change| {
        change.commits = (0..250).map(|_| commit(linked("jo"))).collect();
        change.files = Files::Whole((0..3_000).map(|n| file(&format!("src/part_{}/file_{n}.rs", n % 40))).collect());
    });
    for n in 0..100 {
        large = large.approved_by(["jo", "max", "sam", "sal", "sue", "eve"][n % 6]);
    }
    large
}

fn verdict(what: &str, case: &Case) -> anyhow::Result<Row> {
    let (facts, policy) = (case.facts(), case.compiled());
    let us = cost_us(1, || _ = black_box(evaluate(black_box(&facts), black_box(&policy))))?;
    Ok(Row::new(format!("`evaluate`: {what}"), format!("{us:.1} µs")).figure("cpu_us", us))
}

#[derive(Debug, Deserialize)]
struct Recorded {
    sha: CommitSha,
    message: String,
    author: Person,
    committer: Person,
}

#[derive(Debug, Deserialize)]
struct Person {
    name: String,
    email: String,
}

impl From<Person> for GitIdentity {
    fn from(person: Person) -> Self {
        Self { name: person.name, email: person.email, account: None, date: None }
    }
}

fn detection() -> anyhow::Result<Row> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/corpus/commits.jsonl");
    let text = std::fs::read_to_string(file)?;
    let mut commits = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        let Recorded { sha, message, author, committer } = serde_json::from_str(line)?;
        commits.push((sha, message, GitIdentity::from(author), GitIdentity::from(committer)));
    }
    let catalogue = Catalogue::embedded();
    let us = cost_us(commits.len(), || {
        for (sha, message, author, committer) in &commits {
            black_box(detect_commit(&CommitText { sha, message, author, committer }, catalogue));
        }
    })?;
    let ours = format!("{us:.1} µs on average over {} recorded commits", commits.len());
    Ok(Row::new("`detect`, per commit", ours).figure("cpu_us", us))
}

/// What one of `parts` equal parts of some work costs: the median of many times, in microseconds.
fn cost_us(parts: usize, mut work: impl FnMut()) -> anyhow::Result<f64> {
    let mut batch = 1;
    loop {
        let before = cpu_ns()?;
        (0..batch).for_each(|_| work());
        // Long enough for the clock, which moves when the kernel looks.
        if cpu_ns()? - before > 10e6 {
            break;
        }
        batch *= 2;
    }
    let mut costs = Vec::new();
    let began = std::time::Instant::now();
    while began.elapsed() < BUDGET || costs.len() < 5 {
        let before = cpu_ns()?;
        (0..batch).for_each(|_| work());
        costs.push((cpu_ns()? - before) / 1e3 / float(batch * parts));
    }
    Ok(median(&mut costs))
}

/// CPU time of this thread so far. Others on the machine do not count.
fn cpu_ns() -> anyhow::Result<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let ns = text.split_whitespace().next().context("/proc/thread-self/schedstat")?;
    Ok(ns.parse()?)
}
