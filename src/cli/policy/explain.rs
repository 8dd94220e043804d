//! `seconder policy explain`.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use super::levels::{LevelArgs, Levels};
use crate::cli::catalogue::AgentsArg;
use crate::cli::output::{self, Format, Report, VERSION, counted};
use crate::gate::evaluate::candidates::{candidates, reach};
use crate::gate::evaluate::guard;
use crate::gate::people::{Person, Tier, Tiers};
use crate::gate::policy::diagnostic::{Diagnostic, harmless, list};
use crate::gate::policy::review::Known;
use crate::gate::policy::{Policy, Require, Rule, explain_guard, explain_rule, explain_settings};

/// The most names that are given of those who could satisfy a rule.
const MOST_NAMED: usize = 10;

#[derive(Debug, Args)]
#[command(after_help = "\
Each file is explained together with the levels above it: what then governs a change. Without a file, the built-in policy \
is explained. Exit code: 0, 1 if a file is wrong, 2 if one cannot be read.

Examples:
  seconder policy explain
  seconder policy explain .github/seconder.yml --directory directory.yml
  seconder policy explain --config seconder.toml --format json .github/seconder.yml")]
pub(super) struct Explain {
    /// Policy files; `-` is standard input.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    levels: LevelArgs,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Serialize)]
struct Explanation {
    v: u32,
    policies: Vec<Explained>,
}

/// What governs.
#[derive(Debug, Serialize)]
struct Explained {
    file: String,
    sources: Vec<String>,
    rules: Vec<ExplainedRule>,
    settings: Vec<Setting>,
}

#[derive(Debug, Serialize)]
struct ExplainedRule {
    name: String,
    source: String,
    sentence: String,
    approvals: u32,
    /// Only where a directory is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    could: Option<Vec<Could>>,
}

/// Who could satisfy a rule.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Could {
    /// For authors of these tiers; absent: whoever the author is.
    #[serde(skip_serializing_if = "Option::is_none")]
    authors: Option<Vec<String>>,
    people: usize,
    /// Some of them.
    named: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
struct Setting {
    key: &'static str,
    sentence: String,
}

impl Explain {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let levels = self.levels.read(&self.files)?;
        let laws: Vec<_> = if self.files.is_empty() { vec![levels.highest()] } else { levels.laws().collect() };
        let mut findings: Vec<_> = laws.iter().flat_map(|law| law.findings.clone()).collect();
        findings.extend(levels.findings.clone());
        findings.retain(Diagnostic::is_error);
        let report = Report::new(&levels.inputs, findings);
        if report.has_errors() {
            match self.format {
                Format::Json => output::json(&report)?,
                Format::Text => report.write(&mut output::stdout())?,
            }
            return Ok(report.exit_code(false));
        }
        let agents = agents(self.levels.agents()?)?;
        let explained: Vec<_> = laws
            .iter()
            .filter_map(|law| Some(explain(&law.file, law.policy.as_ref()?, &levels, agents.as_ref())))
            .collect();
        match self.format {
            Format::Json => output::json(&Explanation { v: VERSION, policies: explained })?,
            Format::Text => {
                let mut out = output::stdout();
                for (place, explained) in explained.iter().enumerate() {
                    if place > 0 {
                        writeln!(out)?;
                    }
                    write(&mut out, explained)?;
                }
                if levels.people.is_some() {
                    writeln!(out, "\nNobody can approve a change that they had a part in; that is not counted here.")?;
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What the server's own files make of the AI tools that are looked for. Without any, there is nothing to say.
fn agents(files: Vec<PathBuf>) -> anyhow::Result<Option<Setting>> {
    if files.is_empty() {
        return Ok(None);
    }
    let catalogue = AgentsArg { files }.load()?;
    let own = catalogue.tools().iter().filter(|tool| tool.file > 0).count();
    let off: Vec<&str> = catalogue.switched_off().iter().map(|tool| tool.id.as_str()).collect();
    let marks = catalogue.tools().iter().flat_map(|tool| &tool.marks).filter(|mark| !mark.is_on).count();
    let off = if off.is_empty() { "no tool".to_owned() } else { list(&off, "and") };
    let marks = counted(marks, "mark", "marks");
    let sentence = format!(
        "{} the server's own. Switched off: {off}, and {marks} of others.",
        counted(own, "tool is", "tools are")
    );
    Ok(Some(Setting { key: "agents", sentence }))
}

fn explain(file: &str, policy: &Policy, levels: &Levels, agents: Option<&Setting>) -> Explained {
    let known = levels.known();
    let source = |rule: &Rule| policy.sources.get(rule.source).map(|source| source.name.clone()).unwrap_or_default();
    let rule = |rule: &Rule| ExplainedRule {
        name: rule.name.clone(),
        source: source(rule),
        sentence: explain_rule(rule, &levels.tiers),
        approvals: rule.require.approvals,
        could: known.map(|known| who(rule, known, &levels.tiers)),
    };
    let mut rules: Vec<_> = policy.rules.iter().map(rule).collect();
    let require = guard::require(policy, &levels.tiers);
    rules.push(ExplainedRule {
        name: guard::NAME.to_owned(),
        source: "built in".to_owned(),
        sentence: explain_guard(&require, &levels.tiers),
        approvals: require.approvals,
        could: known.map(|known| vec![anybody(&require, known)]),
    });
    let settings = explain_settings(policy, &levels.tiers).into_iter();
    Explained {
        file: file.to_owned(),
        sources: policy.sources.iter().map(|source| source.name.clone()).collect(),
        rules,
        settings: settings.map(|(key, sentence)| Setting { key, sentence }).chain(agents.cloned()).collect(),
    }
}

/// Who could satisfy a rule. Only a comparison with the author makes it depend on the author's tier.
fn who(rule: &Rule, known: Known<'_>, tiers: &Tiers) -> Vec<Could> {
    if !rule.require.outranks_author {
        return vec![anybody(&rule.require, known)];
    }
    let mut groups: Vec<Could> = Vec::new();
    for reach in reach(rule, known.roster, known.host, known.now) {
        let could = could(&reach.people, known);
        let author = tiers.name(reach.author).to_owned();
        match groups.last_mut() {
            Some(last) if last.people == could.people && last.named == could.named => {
                last.authors.get_or_insert_default().push(author);
            }
            _ => groups.push(Could { authors: Some(vec![author]), ..could }),
        }
    }
    groups
}

fn anybody(require: &Require, known: Known<'_>) -> Could {
    let people: Vec<_> = candidates(require, known.roster, known.host, Tier::Agent, known.now).collect();
    could(&people, known)
}

fn could(people: &[&Person], known: Known<'_>) -> Could {
    let named = people.iter().take(MOST_NAMED).map(|person| known.roster.display_name(&person.id)).collect();
    Could { authors: None, people: people.len(), named }
}

fn write(out: &mut impl Write, explained: &Explained) -> io::Result<()> {
    let style = clap::builder::styling::Style::new().bold();
    let above: Vec<String> =
        explained.sources.iter().filter(|name| **name != explained.file).map(|name| harmless(name)).collect();
    let above = if above.is_empty() { String::new() } else { format!(", under {}", above.join(" and ")) };
    writeln!(out, "{style}{}{style:#}{above}\n", harmless(&explained.file))?;
    for rule in &explained.rules {
        writeln!(out, "{style}{}{style:#} ({})", rule.name, harmless(&rule.source))?;
        writeln!(out, "  {}", harmless(&rule.sentence))?;
        for could in rule.could.iter().flatten() {
            writeln!(out, "  {}", words(could))?;
        }
    }
    writeln!(out)?;
    for setting in &explained.settings {
        writeln!(out, "{style}{:<12}{style:#} {}", setting.key, harmless(&setting.sentence))?;
    }
    Ok(())
}

/// `12 people could where the author's tier is mid: @ana, … and 2 more.`
fn words(could: &Could) -> String {
    let authors = could.authors.as_ref().map(|tiers| format!(" where the author's tier is {}", tiers.join(" or ")));
    let authors = authors.unwrap_or_default();
    if could.people == 0 {
        return format!("Nobody in the directory could{authors}.");
    }
    let names: Vec<String> = could.named.iter().map(|name| harmless(name)).collect();
    let more = match could.people - could.named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let people = counted(could.people, "person", "people");
    format!("{people} could{authors}: {}{more}.", names.join(", "))
}
