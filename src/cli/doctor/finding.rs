//! What was found, and how it is printed.

use std::fmt::Display;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Value, json};

use crate::cli::live::plain;
use crate::cli::output::{VERSION, stdout};
use crate::forge::github;
use crate::gate::policy::diagnostic::Diagnostic;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// As it should be.
    Ok,
    /// Worth knowing, or could not be checked.
    Info,
    /// Something works less well than it could, or will not for long.
    Warning,
    /// The gate does not work, or can be gone around.
    Error,
}

impl Severity {
    fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// As terminals colour it.
    fn style(self) -> &'static str {
        match self {
            Self::Ok => "\x1b[32m",
            Self::Info => "\x1b[36m",
            Self::Warning => "\x1b[33m",
            Self::Error => "\x1b[31m",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The kind of finding. It keeps its name from one version to the next.
    pub id: &'static str,
    /// What it is about: a part of the configuration, a host, an owner, a repository.
    pub about: String,
    /// What was found.
    pub found: String,
    /// Why it matters.
    pub why: Option<String>,
    /// What to do.
    pub remedy: Option<String>,
}

impl Finding {
    fn new(severity: Severity, id: &'static str, about: impl Display, found: impl Into<String>) -> Self {
        Self { severity, id, about: about.to_string(), found: found.into(), why: None, remedy: None }
    }

    pub(super) fn ok(id: &'static str, about: impl Display, found: impl Into<String>) -> Self {
        Self::new(Severity::Ok, id, about, found)
    }

    pub(super) fn info(id: &'static str, about: impl Display, found: impl Into<String>) -> Self {
        Self::new(Severity::Info, id, about, found)
    }

    pub(super) fn warning(id: &'static str, about: impl Display, found: impl Into<String>) -> Self {
        Self::new(Severity::Warning, id, about, found)
    }

    pub(super) fn error(id: &'static str, about: impl Display, found: impl Into<String>) -> Self {
        Self::new(Severity::Error, id, about, found)
    }

    /// Something that was not seen, so that nobody knows whether it is as it should be. `takes` is the permission that
    /// seeing it takes, if granting one could help.
    pub(super) fn unchecked(
        id: &'static str,
        about: impl Display,
        what: &str,
        error: &github::Error,
        takes: Option<&str>,
    ) -> Self {
        use github::Error as E;
        let found = format!("could not be checked: {what}");
        match error {
            E::Forbidden { .. } | E::NotFound { .. } => {
                let remedy = match takes {
                    Some(takes) => format!("to have it checked, grant the App {takes}; or look yourself"),
                    None => "look yourself".to_owned(),
                };
                Self::info(id, about, found).why("GitHub does not show it to the App").remedy(remedy)
            }
            error => Self::warning(id, about, found).why(error.to_string()).remedy("run `seconder doctor` again later"),
        }
    }

    /// The same, at a GitLab: what it shows depends on the role of the bot account.
    pub(super) fn unchecked_there(id: &'static str, about: impl Display, what: &str, error: &github::Error) -> Self {
        use github::Error as E;
        match Self::unchecked(id, about, what, error, None) {
            finding if matches!(error, E::Forbidden { .. } | E::NotFound { .. }) => {
                finding.why("GitLab does not show it to the bot account")
            }
            finding => finding,
        }
    }

    /// What is wrong with a file that people write.
    pub(super) fn of_file(id: &'static str, about: impl Display, diagnostic: &Diagnostic) -> Self {
        let severity = if diagnostic.is_error() { Severity::Error } else { Severity::Warning };
        let Diagnostic { file, line, column, message, help, .. } = diagnostic;
        let finding = Self::new(severity, id, about, format!("{file}:{line}:{column}: {message}"));
        Self { remedy: help.clone(), ..finding }
    }

    pub(super) fn why(mut self, why: impl Into<String>) -> Self {
        self.why = Some(why.into());
        self
    }

    pub(super) fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }
}

/// Everything that was found, in the order in which it was looked at.
#[derive(Debug, Clone)]
pub struct Findings(pub Vec<Finding>);

impl Findings {
    /// Whether nothing is an error.
    pub fn is_sound(&self) -> bool {
        self.count(Severity::Error) == 0
    }

    /// How many there are of this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.0.iter().filter(|finding| finding.severity == severity).count()
    }

    /// As one JSON object.
    pub fn to_json(&self) -> Value {
        json!({
            "v": VERSION,
            "errors": self.count(Severity::Error),
            "warnings": self.count(Severity::Warning),
            "findings": self.0,
        })
    }

    pub(super) fn print(&self) -> io::Result<()> {
        let mut out = stdout();
        self.write(&mut out)?;
        out.flush()
    }

    /// For people.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        for Finding { severity, about, found, why, remedy, .. } in &self.0 {
            let (style, word) = (severity.style(), severity.as_str());
            writeln!(out, "{style}{word:<8}\x1b[0m{}: {}", plain(about), indented(found))?;
            if let Some(why) = why {
                writeln!(out, "        why: {}", indented(why))?;
            }
            if let Some(remedy) = remedy {
                writeln!(out, "        what to do: {}", indented(remedy))?;
            }
        }
        let counted = |severity: Severity, word: &str| {
            let count = self.count(severity);
            format!("{count} {word}{}", if count == 1 { "" } else { "s" })
        };
        writeln!(out, "\n{}, {}", counted(Severity::Error, "error"), counted(Severity::Warning, "warning"))
    }
}

/// Lines after the first stand below it.
fn indented(text: &str) -> String {
    plain(text).trim_end().replace('\n', "\n        ")
}
