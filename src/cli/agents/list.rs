//! `seconder agents`: the list.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use super::{Common, file_name};
use crate::cli::output::{self, Format, VERSION};
use crate::gate::detect::{Catalogue, MarkKind, Tool};
use crate::gate::policy::diagnostic::harmless;

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Serialize)]
struct Listed<'a> {
    v: u32,
    digest: &'a str,
    files: &'a [String],
    tools: Vec<Listing<'a>>,
}

#[derive(Debug, Serialize)]
struct Listing<'a> {
    id: &'a str,
    name: &'a str,
    is_on: bool,
    /// The file that names it first.
    from: &'a str,
    /// How many marks of each kind are looked for.
    marks: BTreeMap<MarkKind, usize>,
    /// How many are switched off.
    marks_off: usize,
}

impl List {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let catalogue = self.common.agents.load()?;
        let on = catalogue.tools().iter().map(|tool| Listing::of(tool, true, &catalogue));
        let off = catalogue.switched_off().iter().map(|tool| Listing::of(tool, false, &catalogue));
        let tools = on.chain(off).collect();
        let listed = Listed { v: VERSION, digest: catalogue.digest(), files: catalogue.files(), tools };
        match self.common.format {
            Format::Json => output::json(&listed)?,
            Format::Text => listed.write(&mut output::stdout())?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl<'a> Listing<'a> {
    fn of(tool: &'a Tool, is_on: bool, catalogue: &'a Catalogue) -> Self {
        let mut marks = BTreeMap::new();
        for mark in tool.marks.iter().filter(|mark| mark.is_on) {
            *marks.entry(mark.kind).or_default() += 1;
        }
        let marks_off = tool.marks.iter().filter(|mark| !mark.is_on).count();
        Self { id: &tool.id, name: &tool.name, is_on, from: file_name(catalogue, tool.file), marks, marks_off }
    }

    fn marks(&self) -> String {
        if !self.is_on {
            return "OFF".to_owned();
        }
        let counted = self.marks.iter().map(|(kind, count)| format!("{} {count}", kind.as_str()));
        let off = (self.marks_off > 0).then(|| format!("{} OFF", self.marks_off));
        counted.chain(off).collect::<Vec<_>>().join(", ")
    }
}

impl Listed<'_> {
    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let width = |of: fn(&Listing<'_>) -> usize| self.tools.iter().map(of).max().unwrap_or_default();
        let id = width(|tool| tool.id.chars().count());
        let name = width(|tool| harmless(tool.name).chars().count());
        for tool in &self.tools {
            let from = if self.files.len() > 1 { format!(" ({})", harmless(tool.from)) } else { String::new() };
            writeln!(out, "{:<id$}  {:<name$}  {}{from}", tool.id, harmless(tool.name), tool.marks())?;
        }
        let on = self.tools.iter().filter(|tool| tool.is_on).count();
        let off = match self.tools.len() - on {
            0 => String::new(),
            off => format!(", {off} switched off"),
        };
        let digest: String = self.digest.chars().take(12).collect();
        writeln!(out, "\n{}{off}; catalogue {digest}", output::counted(on, "tool", "tools"))
    }
}
