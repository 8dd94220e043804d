//! `seconder agents show`.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use serde::Serialize;

use super::{Common, file_name};
use crate::cli::output::{self, Format, VERSION};
use crate::gate::detect::catalogue::Placed;
use crate::gate::detect::{Catalogue, Mark, MarkKind, Tool};
use crate::gate::policy::diagnostic::{harmless, nearest};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  seconder agents show claude
  seconder agents show acme-coder --agents our-agents.yml --format json")]
pub(super) struct Show {
    /// The tool's id, as `seconder agents` lists it.
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Serialize)]
struct Shown<'a> {
    v: u32,
    id: &'a str,
    name: &'a str,
    url: &'a str,
    is_on: bool,
    from: &'a str,
    sources: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    first_seen: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen: Option<&'a str>,
    names_requester: bool,
    personal: bool,
    marks: Vec<ShownMark<'a>>,
    positive: Vec<ShownSample<'a>>,
    negative: Vec<ShownSample<'a>>,
}

#[derive(Debug, Serialize)]
struct ShownMark<'a> {
    kind: MarkKind,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    with: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<i64>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    suggests: bool,
    is_on: bool,
    from: &'a str,
    line: u32,
}

#[derive(Debug, Serialize)]
struct ShownSample<'a> {
    kind: &'static str,
    text: &'a str,
}

impl Show {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let catalogue = self.common.agents.load()?;
        let all: Vec<&Tool> = catalogue.tools().iter().chain(catalogue.switched_off()).collect();
        let Some(tool) = all.iter().find(|tool| tool.id == self.id) else {
            let ids: Vec<&str> = all.iter().map(|tool| tool.id.as_str()).collect();
            let help = match nearest(&self.id, &ids) {
                Some(id) => format!("did you mean `{id}`?"),
                None => "`seconder agents` lists them all".to_owned(),
            };
            bail!("there is no tool `{}`: {help}", harmless(&self.id));
        };
        let shown = Shown::of(tool, &catalogue);
        match self.common.format {
            Format::Json => output::json(&shown)?,
            Format::Text => shown.write(&mut output::stdout())?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl<'a> Shown<'a> {
    fn of(tool: &'a Tool, catalogue: &'a Catalogue) -> Self {
        let mark = |mark: &'a Mark| ShownMark {
            kind: mark.kind,
            text: &mark.text,
            with: mark.with.as_ref().map(|with| with.value.as_str()),
            number: mark.number,
            suggests: mark.suggests,
            is_on: mark.is_on && tool.off_by.is_none(),
            from: file_name(catalogue, mark.file),
            line: mark.at.line,
        };
        let samples = |placed: &'a [Placed]| {
            let written = placed.iter().map(|placed| placed.sample.written());
            written.map(|(kind, text)| ShownSample { kind, text }).collect()
        };
        Self {
            v: VERSION,
            id: &tool.id,
            name: &tool.name,
            url: &tool.url,
            is_on: tool.off_by.is_none(),
            from: file_name(catalogue, tool.file),
            sources: &tool.sources,
            first_seen: tool.first_seen.as_deref(),
            last_seen: tool.last_seen.as_deref(),
            names_requester: tool.names_requester,
            personal: tool.personal,
            marks: tool.marks.iter().map(mark).collect(),
            positive: samples(&tool.positive),
            negative: samples(&tool.negative),
        }
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let style = clap::builder::styling::Style::new().bold();
        let off = if self.is_on { "" } else { ", switched OFF" };
        writeln!(out, "{style}{}{style:#}: {} ({}{off})", self.id, harmless(self.name), harmless(self.from))?;
        writeln!(out, "{}", harmless(self.url))?;
        match (self.first_seen, self.last_seen) {
            (None, None) => {}
            (first, last) => {
                writeln!(out, "seen from {} to {}", first.unwrap_or("?"), last.unwrap_or("now"))?;
            }
        }
        if self.names_requester {
            writeln!(out, "its platform names whoever asked for the work as co-author")?;
        }
        if self.personal {
            writeln!(out, "people have its name, too")?;
        }
        let mut kind = None;
        for mark in &self.marks {
            if kind != Some(mark.kind) {
                writeln!(out, "\n{style}{}{style:#}", mark.kind.as_str())?;
                kind = Some(mark.kind);
            }
            writeln!(out, "  {}", mark.written(self.from))?;
        }
        for (title, samples) in [("must match", &self.positive), ("must not match", &self.negative)] {
            writeln!(out, "\n{style}{title}{style:#}")?;
            for sample in samples {
                writeln!(out, "  {}: {}", sample.kind, harmless(sample.text))?;
            }
        }
        writeln!(out, "\n{style}sources{style:#}")?;
        self.sources.iter().try_for_each(|source| writeln!(out, "  {}", harmless(source)))
    }
}

impl ShownMark<'_> {
    fn written(&self, home: &str) -> String {
        let mut written = harmless(self.text);
        if let Some(with) = self.with {
            written.push_str(" with ");
            written.push_str(&harmless(with));
        }
        if let Some(number) = self.number {
            let _ = write!(written, " ({number})");
        }
        if self.suggests {
            written += ", accepted suggestions";
        }
        if self.from != home {
            let _ = write!(written, " [{}:{}]", harmless(self.from), self.line);
        }
        if !self.is_on {
            written += " OFF";
        }
        written
    }
}
