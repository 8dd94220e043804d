//! The result as one long table in CSV (RFC 4180), for spreadsheets and programs.

use std::io::Write;

use crate::gate::policy::diagnostic::harmless;
use crate::scan::{Report, Row};

/// Writes the table: one line for each row of each dimension.
pub(super) fn write(report: &Report, out: &mut impl Write) -> anyhow::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    table.write_record(["dimension", "key", "name", "commits", "assisted", "autonomous", "share"])?;
    let none = Vec::new();
    let total = [report.total.row.clone()];
    let dimensions: [(&str, &[Row]); 9] = [
        ("total", &total),
        ("week", &report.weeks),
        ("tool", &report.tools),
        ("author", report.authors.as_ref().unwrap_or(&none)),
        ("agent", report.agents.as_ref().unwrap_or(&none)),
        ("automation", report.automation.as_ref().unwrap_or(&none)),
        ("folder", report.folders.as_ref().unwrap_or(&none)),
        ("channel", &report.channels),
        ("strength", &report.strengths),
    ];
    for (dimension, rows) in dimensions {
        for row in rows {
            let Row { commits, assisted, autonomous, share, .. } = row;
            let numbers = [commits.to_string(), assisted.to_string(), autonomous.to_string(), format!("{share:.4}")];
            let words = [dimension.to_owned(), cell(&row.key), cell(&row.name)];
            table.write_record(words.iter().chain(&numbers))?;
        }
    }
    let walked = &report.walked;
    for (key, count) in [
        ("merges", walked.merges),
        ("undated", walked.undated),
        ("unreadable", walked.unreadable),
        ("unknown-folders", walked.unknown_folders),
        ("shallow", u64::from(walked.is_shallow)),
        ("shown-only", report.total.shown_only),
    ] {
        table.write_record(["walked", key, "", &count.to_string(), "", "", ""])?;
    }
    let selection = format!("{} {}", report.repository, report.selection);
    table.write_record(["note", "selection", &cell(&selection), "", "", "", ""])?;
    table.write_record(["note", "caveat", report.caveat, "", "", "", ""])?;
    Ok(table.flush()?)
}

/// A text that a spreadsheet does not take for a formula, and that steers no terminal
/// (<https://owasp.org/www-community/attacks/CSV_Injection>).
fn cell(text: &str) -> String {
    let text = harmless(text);
    let is_formula = text.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    if is_formula { format!("'{text}") } else { text }
}
