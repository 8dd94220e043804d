//! The result for people at a terminal of 80 columns.

use std::io::{self, Write};

use crate::gate::policy::diagnostic::harmless;
use crate::scan::{Report, Row};

/// Room for what a row is about, in characters.
const LABEL: usize = 34;

/// The longest bar, in characters.
const BAR: usize = 12;

/// Writes the tables, each with this many rows at most.
pub(super) fn write(report: &Report, top: usize, out: &mut impl Write) -> io::Result<()> {
    head(report, out)?;
    let all = &report.total.row;
    writeln!(out, "\n{:<LABEL$} {:>9} {:>9} {:>7}", "All commits", "commits", "assisted", "share")?;
    line(&named(all, "all"), out)?;
    writeln!(
        out,
        "{:<LABEL$} {:>9} {:>9} {:>6}%",
        "  made by an agent (autonomous)",
        "",
        all.autonomous,
        percent(all.autonomous, all.commits)
    )?;
    if report.total.shown_only > 0 {
        writeln!(out, "{:<LABEL$} {:>9} {:>9}", "  hints that do not count", report.total.shown_only, "")?;
    }
    let newest = report.weeks.len().saturating_sub(top);
    let weeks = report.weeks.get(newest..).unwrap_or_default();
    section("Week (ISO, UTC)", weeks, newest, "earlier", out)?;
    let tables = [
        ("Tool", Some(&report.tools)),
        ("Author", report.authors.as_ref()),
        ("Author: agents", report.agents.as_ref()),
        ("Author: other programs", report.automation.as_ref()),
        ("Folder", report.folders.as_ref()),
        ("Where the evidence stands", Some(&report.channels)),
        ("How much it proves", Some(&report.strengths)),
    ];
    for (title, rows) in tables {
        let Some(rows) = rows else { continue };
        let shown = rows.get(..top.min(rows.len())).unwrap_or_default();
        section(title, shown, rows.len() - shown.len(), "more", out)?;
    }
    tail(report, out)
}

fn head(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let walked = &report.walked;
    let day = |time: &Option<String>| time.as_ref().and_then(|time| time.get(..10)).unwrap_or("?").to_owned();
    let what = format!("{} ({})", harmless(&report.repository), harmless(&report.selection));
    if walked.commits == 0 {
        return writeln!(out, "{what}: no commits");
    }
    let (from, to) = (day(&walked.from), day(&walked.to));
    writeln!(out, "{what}")?;
    writeln!(out, "{} commits from {from} to {to}, {} of them merges", grouped(walked.commits), grouped(walked.merges))
}

fn section(title: &str, rows: &[Row], cut: usize, kind: &str, out: &mut impl Write) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{title:<LABEL$} {:>9} {:>9} {:>7}", "commits", "assisted", "share")?;
    rows.iter().try_for_each(|row| line(row, out))?;
    if cut > 0 {
        writeln!(out, "… {} {kind}: --top 0 shows all", grouped(cut as u64))?;
    }
    Ok(())
}

fn line(row: &Row, out: &mut impl Write) -> io::Result<()> {
    let label = fitted(row.label());
    let (commits, assisted) = (grouped(row.commits), grouped(row.assisted));
    let line = format!("{label} {commits:>9} {assisted:>9} {:>6.1}% {}", row.share * 100.0, bar(row.share));
    writeln!(out, "{}", line.trim_end())
}

fn tail(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let walked = &report.walked;
    writeln!(out)?;
    for (count, what) in [
        (walked.undated, "commits have no date that can be believed, and are in no week."),
        (walked.unreadable, "commits could not be read, and are in no count:"),
    ] {
        if count > 0 {
            writeln!(out, "{} {what}", grouped(count))?;
        }
    }
    for problem in &walked.problems {
        writeln!(out, "  {}", harmless(problem.as_str()))?;
    }
    if walked.unknown_folders > 0 {
        writeln!(out, "{} commits: which files they changed is not known.", grouped(walked.unknown_folders))?;
    }
    if walked.is_shallow {
        writeln!(out, "The clone is shallow: older commits are not here, and so in no count.")?;
    }
    wrapped(report.caveat, out)
}

/// Lines of at most 80 characters.
fn wrapped(text: &str, out: &mut impl Write) -> io::Result<()> {
    let mut length = 0;
    for word in text.split_whitespace() {
        let needed = word.chars().count();
        let gap = match length {
            0 => "",
            length if length + 1 + needed > 80 => "\n",
            _ => " ",
        };
        length = if gap == "\n" { needed } else { length + gap.len() + needed };
        write!(out, "{gap}{word}")?;
    }
    writeln!(out)
}

/// One line of exactly so many characters, whatever stands in it.
fn fitted(label: &str) -> String {
    let label = harmless(label);
    let mut shown: String = label.chars().take(LABEL).collect();
    if label.chars().count() > LABEL {
        shown.pop();
        shown.push('…');
    }
    format!("{shown:<LABEL$}")
}

fn named(row: &Row, name: &str) -> Row {
    Row { name: name.to_owned(), ..row.clone() }
}

/// `1,234,567`
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[expect(clippy::cast_precision_loss, reason = "no history has 2^52 commits")]
fn percent(part: u64, whole: u64) -> String {
    format!("{:.1}", if whole == 0 { 0.0 } else { part as f64 * 100.0 / whole as f64 })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "from 0 to BAR"
)]
fn bar(share: f64) -> String {
    "█".repeat((share.clamp(0.0, 1.0) * BAR as f64).round() as usize)
}
