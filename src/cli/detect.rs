//! `seconder detect`: looks for evidence in commits given as JSON Lines.
//!
//! One commit per line in; one answer per line out, in the same order. It shows what the gate would see in a history,
//! and measures the detector on labelled commits.

use std::io::{BufRead, Read as _, Write};

use anyhow::{Context as _, anyhow, bail};
use serde::{Deserialize, Serialize};

use crate::gate::change::GitIdentity;
use crate::gate::detect::{Catalogue, Channel, CommitText, Evidence, Level, Place, Strength, detect_commit, operators};
use crate::gate::ids::CommitSha;

/// The longest line that is read, in bytes: room for a message that no person wrote.
const LONGEST_LINE_BYTES: usize = 64 << 20;

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
    /// What the evidence adds up to.
    level: Level,
    tools: Vec<&'a str>,
    /// Who had the agent do it, according to git.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    operators: Vec<String>,
    evidence: Vec<Piece<'a>>,
}

#[derive(Debug, Serialize)]
struct Piece<'a> {
    channel: Channel,
    tool: &'a str,
    #[serde(rename = "where")]
    place: String,
    /// Of a line in the message: whether git takes it for a trailer.
    #[serde(skip_serializing_if = "Option::is_none")]
    in_trailers: Option<bool>,
    text: &'a str,
    strength: Strength,
}

/// Reads commits as JSON Lines and writes what was found, one JSON object per line.
///
/// # Errors
///
/// A line that is not a JSON object with a valid `sha`: the error names the line and what is wrong with it. Answers to the
/// lines before it have been written by then.
pub fn run(mut input: impl BufRead, mut output: impl Write, catalogue: &Catalogue) -> anyhow::Result<()> {
    let mut bytes = Vec::new();
    for number in 1_usize.. {
        if !next_line(&mut input, &mut bytes).with_context(|| format!("line {number} of the input cannot be read"))? {
            break;
        }
        if bytes.len() > LONGEST_LINE_BYTES {
            bail!("line {number} of the input is longer than {} MiB, the most that is read", LONGEST_LINE_BYTES >> 20);
        }
        let line = match std::str::from_utf8(&bytes) {
            Ok(line) => line,
            Err(error) => {
                let at = error.valid_up_to() + 1;
                bail!("line {number} of the input cannot be read: it is not UTF-8 text from byte {at} on")
            }
        };
        // Some programs begin a file with a byte order mark.
        let line = if number == 1 { line.trim_start_matches('\u{feff}') } else { line };
        if line.trim().is_empty() {
            continue;
        }
        let commit = commit(line).map_err(|wrong| {
            anyhow!(
                "line {number} of the input is not a commit: {wrong}; expected an object with `sha`, `message`, \
                 `author` and `committer`"
            )
        })?;
        answer(commit, catalogue, &mut output).with_context(|| format!("line {number} of the input"))?;
    }
    output.flush().context("the output cannot be written")
}

fn commit(line: &str) -> Result<Input, String> {
    // serde would take its values for the fields, in their order.
    if line.trim_start().starts_with('[') {
        return Err("it is a list".to_owned());
    }
    serde_json::from_str(line).map_err(|error| in_line(&error))
}

/// Reads a line, or as much of it as shows that it is too long. False at the end.
fn next_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<bool> {
    line.clear();
    // The end of the line does not count.
    let most = u64::try_from(LONGEST_LINE_BYTES).unwrap_or(u64::MAX).saturating_add(2);
    let read = input.take(most).read_until(b'\n', line)?;
    let is_end = |byte: Option<&u8>| matches!(byte, Some(b'\n' | b'\r'));
    while is_end(line.last()) {
        line.pop();
    }
    Ok(read > 0)
}

/// What is wrong, and in which column: the line is known better than the parser knows it.
fn in_line(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    match text.strip_suffix(&place) {
        Some(what) => format!("{what}, in column {}", error.column()),
        None => text,
    }
}

fn answer(commit: Input, catalogue: &Catalogue, mut output: impl Write) -> anyhow::Result<()> {
    let sha: CommitSha = commit.sha.parse()?;
    let message = commit.message.unwrap_or_default();
    let author = identity(commit.author);
    let committer = identity(commit.committer);
    let text = CommitText { sha: &sha, message: &message, author: &author, committer: &committer };
    let evidence = detect_commit(&text, catalogue);
    let operators = match Level::of(&evidence) {
        Level::None | Level::Unknown => Vec::new(),
        Level::Assisted | Level::Autonomous => operators(&text, catalogue),
    };
    write_found(&sha, &evidence, &operators, &mut output)
}

/// Writes the line about one commit.
pub(super) fn write_found(
    sha: &CommitSha,
    evidence: &[Evidence],
    operators: &[GitIdentity],
    output: &mut impl Write,
) -> anyhow::Result<()> {
    let mut tools: Vec<_> = evidence.iter().filter(|piece| piece.gates).map(|piece| piece.tool.as_str()).collect();
    tools.sort_unstable();
    tools.dedup();
    let level = Level::of(evidence);
    let operators = operators.iter().map(|who| format!("{} <{}>", who.name, who.email)).collect();
    let evidence = evidence.iter().map(piece).collect();
    let out = Output { sha: sha.as_str(), assisted: !tools.is_empty(), level, tools, operators, evidence };
    serde_json::to_writer(&mut *output, &out).context("the output cannot be written")?;
    output.write_all(b"\n").context("the output cannot be written")
}

fn identity(given: Option<Identity>) -> GitIdentity {
    let given = given.unwrap_or_default();
    let (name, email) = (given.name.unwrap_or_default(), given.email.unwrap_or_default());
    GitIdentity { name, email, account: None, date: None }
}

fn piece(evidence: &Evidence) -> Piece<'_> {
    let in_trailers = match evidence.place {
        Place::CommitMessage { in_trailers, .. } => Some(in_trailers),
        _ => None,
    };
    Piece {
        channel: evidence.channel,
        tool: &evidence.tool,
        place: place(evidence),
        in_trailers,
        text: &evidence.text,
        strength: evidence.strength,
    }
}

/// Where a piece of evidence stands, in a word: `message:4`.
pub(super) fn place(evidence: &Evidence) -> String {
    match &evidence.place {
        Place::CommitIdentity { .. } if evidence.channel == Channel::Committer => "committer".to_owned(),
        Place::CommitIdentity { .. } => "author".to_owned(),
        Place::CommitMessage { line, .. } => format!("message:{line}"),
        Place::Body { line } => format!("body:{line}"),
        Place::Opener => "opener".to_owned(),
        Place::Branch => "branch".to_owned(),
        Place::Label => "label".to_owned(),
        Place::Note { .. } => "note".to_owned(),
        Place::Trace { path } => format!("trace:{path}"),
        Place::Comment { .. } => "comment".to_owned(),
    }
}
