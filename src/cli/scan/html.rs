//! The result as a page in one file: it loads nothing, runs nothing, and can be sent around.

mod time;

use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::text::grouped;
use crate::gate::policy::diagnostic::harmless;
use crate::scan::{Report, Row};
use time::Time;

/// The look of the server's pages, and what is needed beyond it.
const STYLE: &str =
    concat!(include_str!("../../../templates/pages/page.css"), include_str!("../../../templates/scan/report.css"));

#[derive(Template)]
#[template(path = "scan/report.html")]
struct Page<'r> {
    policy: String,
    style: &'static str,
    repository: String,
    selection: String,
    report: &'r Report,
    /// The share of assisted commits, in words.
    share: String,
    commits: String,
    assisted: String,
    autonomous: String,
    whole: Line,
    time: Option<Time>,
    tables: Vec<Table>,
    facts: Vec<(&'static str, String)>,
    problems: Vec<String>,
}

struct Table {
    id: &'static str,
    title: &'static str,
    /// What the first column holds.
    column: &'static str,
    note: &'static str,
    lines: Vec<Line>,
    /// How many rows are left out.
    more: usize,
}

/// A row with its bar. Widths are in parts of 1000.
struct Line {
    label: String,
    commits: String,
    assisted: String,
    autonomous: String,
    share: String,
    all_width: u64,
    assisted_width: u64,
    autonomous_width: u64,
}

impl Line {
    /// `longest` is how many commits fill the whole width.
    fn new(row: &Row, longest: u64) -> Self {
        let width = |count: u64| if longest == 0 { 0 } else { count.saturating_mul(1000).div_ceil(longest) };
        Self {
            label: harmless(row.label()),
            commits: grouped(row.commits),
            assisted: grouped(row.assisted),
            autonomous: grouped(row.autonomous),
            share: percent(row.share),
            all_width: width(row.commits),
            assisted_width: width(row.assisted),
            autonomous_width: width(row.autonomous),
        }
    }
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// Makes the page; each table has so many rows at most.
pub(super) fn page(report: &Report, top: usize) -> anyhow::Result<String> {
    let all = &report.total.row;
    let page = Page {
        policy: policy(),
        style: STYLE,
        repository: harmless(&report.repository),
        selection: harmless(&report.selection),
        report,
        share: percent(all.share),
        commits: grouped(all.commits),
        assisted: grouped(all.assisted),
        autonomous: grouped(all.autonomous),
        whole: Line::new(all, all.commits),
        time: Time::of(&report.weeks),
        tables: tables(report, top),
        facts: facts(report),
        problems: report.walked.problems.iter().map(|problem| harmless(problem.as_str())).collect(),
    };
    Ok(page.render()?)
}

/// Nothing is loaded and nothing runs; of styles, only the one in the file is taken.
fn policy() -> String {
    let digest = STANDARD.encode(Sha256::digest(STYLE));
    format!("default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'")
}

fn tables(report: &Report, top: usize) -> Vec<Table> {
    let of_all = "Shares are of all commits.";
    let all = [
        ("tools", "Tools", "Tool", of_all, Some(&report.tools)),
        (
            "people",
            "People",
            "Author",
            "After the mailmap. Shares are of the author's own commits.",
            report.authors.as_ref(),
        ),
        ("agents", "Agents", "Agent", "Commits whose author is a tool.", report.agents.as_ref()),
        (
            "programs",
            "Other programs",
            "Program",
            "Commits whose author is a program and not AI.",
            report.automation.as_ref(),
        ),
        (
            "folders",
            "Folders",
            "Folder",
            "A commit counts in each folder where it changed a file. Shares are of the folder's commits.",
            report.folders.as_ref(),
        ),
        ("channels", "Where the evidence stands", "Place", of_all, Some(&report.channels)),
        ("strengths", "How much the evidence proves", "Strength", of_all, Some(&report.strengths)),
    ];
    all.into_iter()
        .filter_map(|(id, title, column, note, rows)| {
            let rows = rows.filter(|rows| !rows.is_empty())?;
            let longest = rows.iter().map(|row| row.commits).max().unwrap_or_default();
            let lines: Vec<Line> = rows.iter().take(top).map(|row| Line::new(row, longest)).collect();
            let more = rows.len() - lines.len();
            Some(Table { id, title, column, note, lines, more })
        })
        .collect()
}

fn facts(report: &Report) -> Vec<(&'static str, String)> {
    let walked = &report.walked;
    let day = |time: &Option<String>| time.as_ref().and_then(|time| time.get(..10)).unwrap_or("?").to_owned();
    let mut facts = vec![
        ("Commits", format!("{}, {} of them merges", grouped(walked.commits), grouped(walked.merges))),
        ("Committed", format!("{} to {}", day(&walked.from), day(&walked.to))),
        ("Evidence that does not count", format!("on {} commits", grouped(report.total.shown_only))),
    ];
    let doubtful = [
        ("Without a date that can be believed", walked.undated),
        ("Could not be read", walked.unreadable),
        ("Changed files not known", walked.unknown_folders),
    ];
    facts.extend(doubtful.into_iter().filter(|(_, count)| *count > 0).map(|(what, count)| (what, grouped(count))));
    if walked.is_shallow {
        facts.push(("Shallow clone", "older commits are not here, and so in no count".to_owned()));
    }
    facts
}
