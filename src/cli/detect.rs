//! `seconder detect`: looks for evidence in commits given as JSON Lines.
//!
//! One commit per line in; one answer per line out, in the same order. It shows what the gate would see in a history,
//! and measures the detector on labelled commits.

use std::io::{BufRead, Write};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};

use crate::gate::change::GitIdentity;
use crate::gate::detect::{Catalogue, Channel, CommitText, Evidence, Place, Strength, detect_commit};
use crate::gate::ids::CommitSha;

/// A commit, as far as it matters here. Other fields are ignored.
#[derive(Debug, Deserialize)]
struct Input {
    sha: String,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    author: Option<Identity>,
    #[serde(default)]
    committer: Option<Identity>,
}

#[derive(Debug, Default, Deserialize)]
struct Identity {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    email: Option<String>,
}

#[derive(Debug, Serialize)]
struct Output<'a> {
    sha: &'a str,
    assisted: bool,
    tools: Vec<&'a str>,
    evidence: Vec<Piece<'a>>,
}

#[derive(Debug, Serialize)]
struct Piece<'a> {
    channel: Channel,
    tool: &'a str,
    #[serde(rename = "where")]
    place: String,
    text: &'a str,
    strength: Strength,
}

/// Reads commits as JSON Lines and writes what was found, one JSON object per line.
///
/// # Errors
///
/// A line that is not a JSON object with a valid `sha`: the error names the line and what is wrong with it.
pub fn run(input: impl BufRead, mut output: impl Write) -> anyhow::Result<()> {
    let catalogue = Catalogue::embedded();
    for (index, line) in input.lines().enumerate() {
        let number = index + 1;
        let line = line.with_context(|| format!("line {number} of the input cannot be read"))?;
        if line.trim().is_empty() {
            continue;
        }
        let commit: Input = match serde_json::from_str(&line) {
            Ok(commit) => commit,
            Err(error) => bail!(
                "line {number} of the input is not a commit: {error}; expected an object with `sha`, `message`, \
                 `author` and `committer`"
            ),
        };
        answer(commit, catalogue, &mut output).with_context(|| format!("line {number} of the input"))?;
    }
    output.flush().context("the output cannot be written")
}

fn answer(commit: Input, catalogue: &Catalogue, mut output: impl Write) -> anyhow::Result<()> {
    let sha: CommitSha = commit.sha.parse()?;
    let message = commit.message.unwrap_or_default();
    let author = identity(commit.author);
    let committer = identity(commit.committer);
    let text = CommitText { sha: &sha, message: &message, author: &author, committer: &committer };
    let evidence = detect_commit(&text, catalogue);
    let mut tools: Vec<_> = evidence.iter().filter(|piece| piece.gates).map(|piece| piece.tool.as_str()).collect();
    tools.sort_unstable();
    tools.dedup();
    let evidence_out = evidence.iter().map(piece).collect();
    let out = Output { sha: sha.as_str(), assisted: !tools.is_empty(), tools, evidence: evidence_out };
    serde_json::to_writer(&mut output, &out).context("the output cannot be written")?;
    output.write_all(b"\n").context("the output cannot be written")
}

fn identity(given: Option<Identity>) -> GitIdentity {
    let given = given.unwrap_or_default();
    let (name, email) = (given.name.unwrap_or_default(), given.email.unwrap_or_default());
    GitIdentity { name, email, account: None, date: None }
}

fn piece(evidence: &Evidence) -> Piece<'_> {
    let place = match &evidence.place {
        Place::CommitIdentity { .. } if evidence.channel == Channel::Committer => "committer".to_owned(),
        Place::CommitIdentity { .. } => "author".to_owned(),
        Place::CommitMessage { line, .. } => format!("message:{line}"),
        Place::Body { line } => format!("body:{line}"),
        Place::Opener => "opener".to_owned(),
        Place::Branch => "branch".to_owned(),
        Place::Label => "label".to_owned(),
        Place::Comment { .. } => "comment".to_owned(),
    };
    Piece { channel: evidence.channel, tool: &evidence.tool, place, text: &evidence.text, strength: evidence.strength }
}
