//! For GitHub Actions: the text, annotations, and the job's summary.
//!
//! Annotations are commands that a job prints
//! (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>). Whatever others wrote is
//! escaped in them, and the text stands where the runner takes no commands.

use std::fs::OpenOptions;
use std::io::{self, Write};

use super::report::{ADVISORY, Report};
use crate::cli::output::stdout;
use crate::gate::policy::diagnostic::harmless;

/// The runner shows no more annotations of a step than ten of each kind.
const MOST_ANNOTATIONS: usize = 10;

pub(super) fn print(report: &Report) -> anyhow::Result<()> {
    let token = format!("{:032x}", rand::random::<u128>());
    let mut out = stdout();
    write(report, &token, &mut out)?;
    out.flush()?;
    if let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) {
        let written = OpenOptions::new().append(true).open(&path).and_then(|mut file| summarise(report, &mut file));
        // The verdict does not depend on it.
        if let Err(error) = written {
            eprintln!("seconder: GITHUB_STEP_SUMMARY cannot be written: {error}");
        }
    }
    Ok(())
}

/// Nobody who wrote what is printed knows the token.
fn write(report: &Report, token: &str, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "::stop-commands::{token}")?;
    report.write(out)?;
    writeln!(out, "::{token}::")?;
    let Some(check) = report.check() else { return Ok(()) };
    let kind = if report.needs_somebody() { "error" } else { "notice" };
    writeln!(out, "::{kind} title=Seconder::{}", data(&check.title))?;
    for note in check.annotations.iter().take(MOST_ANNOTATIONS) {
        let kind = if note.is_failure { "error" } else { "warning" };
        let (file, message) = (property(&note.path), data(&note.message));
        writeln!(out, "::{kind} file={file},line={},col={},title=Seconder::{message}", note.line, note.column)?;
    }
    Ok(())
}

/// The check's own words are Markdown in which what others wrote is text.
fn summarise(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let Some(check) = report.check() else { return Ok(()) };
    writeln!(out, "## {}\n\n{}\n", check.title, check.summary.trim_end())?;
    report.remarks().iter().try_for_each(|remark| writeln!(out, "{remark}\n"))?;
    writeln!(out, "{ADVISORY}")
}

/// The text of a command.
fn data(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(harmless).collect();
    lines.join("\n").replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a command's property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{data, property};

    #[test]
    fn nothing_ends_a_command_before_its_end() {
        assert_eq!(data("100 %\r\n::error::x"), "100 %25\\r%0A::error::x");
        assert_eq!(property("a,line=1:b\n"), "a%2Cline=1%3Ab%0A");
    }
}
