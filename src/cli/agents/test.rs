//! `seconder agents test`.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use serde::Serialize;

use super::{Common, file_name};
use crate::cli::input;
use crate::cli::output::{self, Format, VERSION};
use crate::gate::change::GitIdentity;
use crate::gate::detect::branch::{branch_evidence, label_evidence};
use crate::gate::detect::near::{Near, near_identity, near_in_message, near_name};
use crate::gate::detect::{
    Catalogue, Channel, CommitText, Evidence, MarkKind, Place, Strength, detect_commit, mark_of,
};
use crate::gate::ids::CommitSha;
use crate::gate::policy::diagnostic::harmless;

/// The longest text that is read, in bytes.
const LONGEST_BYTES: usize = 1 << 20;

/// A name for a commit that does not exist.
const SHA: &str = "0000000000000000000000000000000000000000";

#[derive(Debug, Args)]
#[command(after_help = "\
TEXT is read as the message of a commit. What gates makes a change count as assisted; the rest is only shown. A change's
policy may weigh it differently: `seconder policy explain` tells.

Examples:
  seconder agents test 'Assisted-by: Claude'
  git log -1 --format=%B | seconder agents test -
  seconder agents test --author 'Claude <noreply@anthropic.com>'
  seconder agents test --branch codex/fix-retry --label ai-assisted
  seconder agents test --agents our-agents.yml 'Acme-Coder: session 12'")]
pub(super) struct Test {
    /// The message of a commit; `-` is standard input.
    #[arg(value_name = "TEXT")]
    text: Option<String>,
    /// Its author, `Name <address>`.
    #[arg(long, value_name = "PERSON")]
    author: Option<String>,
    /// A co-author of it, `Name <address>`; repeat it for several.
    #[arg(long, value_name = "PERSON")]
    co_author: Vec<String>,
    /// The name of a head branch.
    #[arg(long, value_name = "NAME")]
    branch: Option<String>,
    /// A label; repeat it for several.
    #[arg(long, value_name = "NAME")]
    label: Vec<String>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Serialize)]
struct Tested<'a> {
    v: u32,
    assisted: bool,
    tools: BTreeSet<&'a str>,
    matches: Vec<Match<'a>>,
    near: Vec<NearMiss<'a>>,
}

#[derive(Debug, Serialize)]
struct Match<'a> {
    tool: &'a str,
    name: &'a str,
    channel: Channel,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    /// Whether git takes the line for a trailer.
    #[serde(skip_serializing_if = "Option::is_none")]
    in_trailer_block: Option<bool>,
    text: &'a str,
    strength: Strength,
    gates: bool,
    autonomous: bool,
    /// The mark that matched; without one, the reading of the sentence did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    mark: Option<Matched<'a>>,
}

#[derive(Debug, Serialize)]
struct Matched<'a> {
    kind: MarkKind,
    text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    with: Option<&'a str>,
    from: &'a str,
    line: u32,
}

#[derive(Debug, Serialize)]
struct NearMiss<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    text: &'a str,
    tools: &'a [String],
    why: &'static str,
}

/// What was given, as a commit and what stands around it.
struct Given {
    message: String,
    author: GitIdentity,
    branch: Option<String>,
    labels: Vec<String>,
}

impl Test {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let catalogue = self.common.agents.load()?;
        let given = self.given()?;
        let evidence = given.evidence(&catalogue)?;
        let near = given.near(&evidence, &catalogue);
        let matches = evidence.iter().map(|piece| Match::of(piece, &catalogue)).collect();
        let tools: BTreeSet<&str> =
            evidence.iter().filter(|piece| piece.gates).map(|piece| piece.tool.as_str()).collect();
        let near = near.iter().map(NearMiss::of).collect();
        let tested = Tested { v: VERSION, assisted: !tools.is_empty(), tools, matches, near };
        match self.common.format {
            Format::Json => output::json(&tested)?,
            Format::Text => tested.write(&mut output::stdout())?,
        }
        Ok(ExitCode::SUCCESS)
    }

    fn given(&self) -> anyhow::Result<Given> {
        let is_something = self.author.is_some() || self.branch.is_some();
        let is_something = is_something || !self.co_author.is_empty() || !self.label.is_empty();
        let mut message = match self.text.as_deref() {
            Some("-") => match input::read(Path::new("-"), LONGEST_BYTES)?.content {
                Ok(text) => text,
                Err(finding) => bail!("{finding}"),
            },
            Some(text) => text.to_owned(),
            None if is_something => String::new(),
            None => bail!("there is nothing to test: write a text, or --author, --co-author, --branch or --label"),
        };
        if !self.co_author.is_empty() {
            let trailers = self.co_author.iter().map(|person| format!("Co-authored-by: {person}"));
            message = format!("{}\n\n{}", message.trim_end(), trailers.collect::<Vec<_>>().join("\n"));
        }
        let person = self.author.as_deref().unwrap_or_default();
        let (name, email) = person.split_once('<').unwrap_or((person, ""));
        let (name, email) = (name.trim().to_owned(), email.trim_end_matches('>').trim().to_owned());
        let author = GitIdentity { name, email, account: None, date: None };
        Ok(Given { message, author, branch: self.branch.clone(), labels: self.label.clone() })
    }
}

impl Given {
    fn evidence(&self, catalogue: &Catalogue) -> anyhow::Result<Vec<Evidence>> {
        let sha: CommitSha = SHA.parse().context("a commit needs a name")?;
        let nobody = GitIdentity { name: String::new(), email: String::new(), account: None, date: None };
        let commit = CommitText { sha: &sha, message: &self.message, author: &self.author, committer: &nobody };
        let mut found = detect_commit(&commit, catalogue);
        found.extend(self.branch.iter().flat_map(|branch| branch_evidence(branch, catalogue)));
        found.extend(self.labels.iter().flat_map(|label| label_evidence(label, catalogue)));
        Ok(found)
    }

    fn near(&self, evidence: &[Evidence], catalogue: &Catalogue) -> Vec<Near> {
        let lines: BTreeSet<u32> = evidence.iter().filter_map(line).collect();
        let mut near: Vec<Near> = near_identity(&self.author.name, &self.author.email, catalogue).into_iter().collect();
        near.extend(near_in_message(&self.message, &lines, catalogue));
        let has = |name: &str| evidence.iter().any(|piece| piece.text == name);
        let names = self.branch.iter().chain(&self.labels).filter(|name| !has(name));
        near.extend(names.filter_map(|name| near_name(name, catalogue)));
        near
    }
}

fn line(piece: &Evidence) -> Option<u32> {
    match piece.place {
        Place::CommitMessage { line, .. } => Some(line),
        _ => None,
    }
}

impl<'a> Match<'a> {
    fn of(piece: &'a Evidence, catalogue: &'a Catalogue) -> Self {
        let in_trailer_block = match piece.place {
            Place::CommitMessage { in_trailers, .. } => Some(in_trailers),
            _ => None,
        };
        let mark = mark_of(piece, catalogue).map(|(_, mark)| Matched {
            kind: mark.kind,
            text: &mark.text,
            with: mark.with.as_ref().map(|with| with.value.as_str()),
            from: file_name(catalogue, mark.file),
            line: mark.at.line,
        });
        Self {
            tool: &piece.tool,
            name: catalogue.tool(&piece.tool).map_or("", |tool| &tool.name),
            channel: piece.channel,
            line: line(piece),
            in_trailer_block,
            text: &piece.text,
            strength: piece.strength,
            gates: piece.gates,
            autonomous: piece.autonomous,
            mark,
        }
    }

    fn place(&self) -> String {
        let channel = word(self.channel);
        match self.line {
            Some(line) => format!("line {line}, {channel}"),
            None => channel.to_owned(),
        }
    }

    fn is_trailer(&self) -> bool {
        matches!(self.channel, Channel::CoAuthor | Channel::Trailer)
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let style = clap::builder::styling::Style::new().bold();
        writeln!(out, "{style}{}{style:#}: {}", self.place(), harmless(self.text))?;
        let effect = match (self.gates, self.autonomous) {
            (false, _) => "shown only",
            (true, false) => "it gates",
            (true, true) => "it gates, as the agent's own work",
        };
        writeln!(out, "  {} ({}): {}; {effect}", self.tool, harmless(self.name), strength(self.strength))?;
        match self.in_trailer_block {
            Some(true) => writeln!(out, "  in the trailer block: git takes it for a trailer")?,
            Some(false) if self.is_trailer() => {
                writeln!(out, "  outside the trailer block: git does not take it for a trailer")?;
            }
            Some(false) | None => {}
        }
        match &self.mark {
            Some(mark) => {
                let with = mark.with.map(|with| format!(" with `{}`", harmless(with))).unwrap_or_default();
                let (kind, text, from) = (mark.kind.as_str(), harmless(mark.text), harmless(mark.from));
                writeln!(out, "  by {kind}: `{text}`{with} ({from}, line {})", mark.line)
            }
            None => writeln!(out, "  by the reading of the sentence, which names no tool by a mark"),
        }
    }
}

impl<'a> NearMiss<'a> {
    fn of(near: &'a Near) -> Self {
        Self { line: near.line, text: &near.text, tools: &near.tools, why: near.why.sentence() }
    }
}

impl Tested<'_> {
    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        self.matches.iter().try_for_each(|found| found.write(out))?;
        if !self.matches.is_empty() {
            writeln!(out)?;
        }
        for NearMiss { line, text, tools, why } in &self.near {
            let place = line.map(|line| format!("line {line}: ")).unwrap_or_default();
            let tools = if tools.is_empty() { String::new() } else { format!(" ({})", tools.join(", ")) };
            writeln!(out, "not evidence{tools}: {place}{}\n  {why}", harmless(text))?;
        }
        if !self.near.is_empty() {
            writeln!(out)?;
        }
        match (self.assisted, self.matches.is_empty(), self.near.is_empty()) {
            (true, ..) => {
                let tools: Vec<&str> = self.tools.iter().copied().collect();
                writeln!(out, "assisted: {}", tools.join(", "))
            }
            (false, false, _) => writeln!(out, "nothing here gates"),
            (false, true, false) => writeln!(out, "nothing matches"),
            (false, true, true) => writeln!(out, "nothing matches, and nothing comes near"),
        }
    }
}

fn word(channel: Channel) -> &'static str {
    match channel {
        Channel::Opener => "opener",
        Channel::Author => "author",
        Channel::Committer => "committer",
        Channel::CoAuthor => "co-author",
        Channel::Trailer => "trailer",
        Channel::Message => "footer or link",
        Channel::Body => "description",
        Channel::Branch => "branch",
        Channel::Label => "label",
        Channel::Declaration => "declaration",
        Channel::Note => "note",
        Channel::Trace => "trace",
        Channel::Command => "command",
    }
}

fn strength(strength: Strength) -> &'static str {
    match strength {
        Strength::Hint => "a hint",
        Strength::Context => "context",
        Strength::Declared => "declared",
        Strength::Attributed => "attributed",
        Strength::Platform => "told by the platform",
    }
}
