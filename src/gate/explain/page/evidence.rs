//! Evidence, with the very place where a reader can check it.

use super::super::super::detect::{Evidence, Place};
use super::super::super::digest;
use super::super::super::page::Judged;
use super::super::assistance;
use super::Words;
use super::parts::{Forge, revealed};

/// The longest text that is shown, in characters.
const LONGEST_TEXT: usize = 300;

/// One piece of evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sign {
    /// The tool.
    pub tool: String,
    /// Where it was found.
    pub place: Words,
    /// Where that is at the forge.
    pub href: Option<String>,
    /// The number of the line that is quoted, where the forge has no address for it.
    pub line: Option<u32>,
    /// The line, or what was found.
    pub quote: String,
    /// Whether the line does not stand there now: it was seen on an earlier head, or in another change of the same content.
    pub is_gone: bool,
    /// How much it proves.
    pub strength: String,
    /// Who dismissed it, and why.
    pub dismissed: Option<Words>,
}

pub(super) fn signs(judged: &Judged, forge: &Forge<'_>) -> Vec<Sign> {
    judged.verdict.evidence.iter().map(|one| sign(one, judged, forge)).collect()
}

fn sign(one: &Evidence, judged: &Judged, forge: &Forge<'_>) -> Sign {
    let standing = judged.quotes.get(&digest::of(one));
    let quote = standing.unwrap_or(&one.text);
    let is_line = matches!(one.place, Place::CommitMessage { .. } | Place::Body { .. });
    let dismissed = assistance::dismissed_by(&judged.verdict, one).map(assistance::dismissal_words);
    Sign {
        tool: revealed(&one.tool, LONGEST_TEXT),
        place: forge.words(&assistance::place(one)),
        href: href(one, forge),
        line: match one.place {
            Place::CommitMessage { line, .. } | Place::Body { line } => Some(line),
            _ => None,
        },
        quote: revealed(quote, LONGEST_TEXT),
        is_gone: is_line && standing.is_none(),
        strength: assistance::strength(one),
        dismissed: dismissed.map(|line| forge.words(&line)),
    }
}

fn href(one: &Evidence, forge: &Forge<'_>) -> Option<String> {
    match &one.place {
        Place::CommitIdentity { commit } | Place::CommitMessage { commit, .. } | Place::Note { commit } => {
            forge.commit(commit).href
        }
        Place::Comment { comment } => forge.comment(*comment),
        Place::Branch if forge.about.read.as_ref().is_some_and(|read| read.has_own_branch) => forge.branch(&one.text),
        Place::Label => forge.label(&one.text),
        Place::Opener | Place::Body { .. } | Place::Branch | Place::Trace { .. } => forge.change(),
    }
}
