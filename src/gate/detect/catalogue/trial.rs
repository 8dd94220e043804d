//! The samples of files that are laid over the embedded catalogue, tried on the whole.

use super::merge::Report;
use super::{Catalogue, Placed, Sample, Tool};
use crate::gate::change::GitIdentity;
use crate::gate::detect::branch::{branch_evidence, label_evidence};
use crate::gate::detect::{CommitText, Evidence, Strength, detect_commit, mark_of};
use crate::gate::ids::CommitSha;

/// A name for commits that do not exist.
const SHA: &str = "0000000000000000000000000000000000000000";

/// What the catalogue finds in a sample.
pub fn evidence_in(sample: &Sample, catalogue: &Catalogue) -> Vec<Evidence> {
    let person =
        GitIdentity { name: "Jo Doe".to_owned(), email: "jo@acme.example".to_owned(), account: None, date: None };
    let Ok(sha) = SHA.parse::<CommitSha>() else { return Vec::new() };
    let commit = |author: &GitIdentity, message: &str| {
        detect_commit(&CommitText { sha: &sha, message, author, committer: &person }, catalogue)
    };
    match sample {
        Sample::Author(author) => {
            let (name, email) = author.split_once('<').unwrap_or((author, ""));
            let (name, email) = (name.trim().to_owned(), email.trim_end_matches('>').to_owned());
            commit(&GitIdentity { name, email, ..person.clone() }, "Fix the parser\n\nIt was wrong.")
        }
        Sample::CoAuthor(value) => {
            commit(&person, &format!("Fix the parser\n\nIt was wrong.\n\nCo-authored-by: {value}"))
        }
        Sample::Line(line) => commit(&person, &format!("Fix the parser\n\n{line}")),
        Sample::Branch(branch) => branch_evidence(branch, catalogue),
        Sample::Label(label) => label_evidence(label, catalogue),
    }
}

/// Whether a piece is what a sample is about: it gates, or it is a label or weak branch, of which more is not asked.
pub fn counts(piece: &Evidence, sample: &Sample) -> bool {
    piece.gates || piece.strength > Strength::Hint || matches!(sample, Sample::Branch(_) | Sample::Label(_))
}

/// Tries what the upper files bring: their own samples, and everybody's negative ones on their marks.
pub(super) fn try_samples(catalogue: &Catalogue, report: &mut Report) {
    let is_added = catalogue.tools.iter().flat_map(|tool| &tool.marks).any(|mark| mark.file > 0);
    for tool in &catalogue.tools {
        of_tool(tool, catalogue, report);
        // Without marks of their own, the files above can match nothing new.
        if is_added {
            of_others(tool, catalogue, report);
        }
    }
    for harmless in catalogue.harmless.iter().filter(|_| is_added) {
        for (piece, place) in strangers(harmless, catalogue) {
            let (kind, text) = harmless.sample.written();
            let message = format!("`{}` takes what everybody writes for a mark: {kind} `{text}`", piece.tool);
            report.error(place.0, place.1, &message, "make the pattern say what the tool writes, and nobody else");
        }
    }
}

fn of_tool(tool: &Tool, catalogue: &Catalogue, report: &mut Report) {
    let found = |placed: &Placed| {
        let pieces = evidence_in(&placed.sample, catalogue);
        pieces.iter().any(|piece| piece.tool == tool.id && counts(piece, &placed.sample))
    };
    let is_own = |placed: &&Placed| placed.file > 0;
    // A file above may have switched off what a sample is about.
    let top = catalogue.files.len().saturating_sub(1);
    let is_cut = tool.marks.iter().any(|mark| !mark.is_on);
    let is_tried = |placed: &&Placed| is_own(placed) && (!is_cut || placed.file == top);
    for placed in tool.positive.iter().filter(is_tried).filter(|placed| !found(placed)) {
        let message = format!("nothing of `{}` matches this sample", tool.id);
        report.error(placed.file, placed.at, &message, "mend the pattern that should, or the sample");
    }
    for placed in tool.negative.iter().filter(is_own).filter(|placed| found(placed)) {
        let message = format!("`{}` matches this sample, which it must not", tool.id);
        report.error(placed.file, placed.at, &message, "make the pattern that does narrower");
    }
    if tool.file > 0 && (tool.positive.is_empty() || tool.negative.is_empty()) {
        let which = if tool.positive.is_empty() { "positive" } else { "negative" };
        let message = format!("the tool `{}` has no {which} sample", tool.id);
        report.error(tool.file, tool.at, &message, "add at least one of each kind: they are what is tried");
    }
}

/// Negative samples of a tool that marks of the upper files match for another one.
fn of_others(tool: &Tool, catalogue: &Catalogue, report: &mut Report) {
    for negative in &tool.negative {
        for (piece, place) in strangers(negative, catalogue).into_iter().filter(|(piece, _)| piece.tool != tool.id) {
            let (kind, text) = negative.sample.written();
            let message = format!("`{}` matches a negative sample of `{}`: {kind} `{text}`", piece.tool, tool.id);
            report.warning(place.0, place.1, &message, "make the pattern narrower, if it is not meant");
        }
    }
}

type Place = (usize, crate::gate::policy::diagnostic::Position);

/// What marks of the upper files find in a sample, and where those stand.
fn strangers(placed: &Placed, catalogue: &Catalogue) -> Vec<(Evidence, Place)> {
    let pieces = evidence_in(&placed.sample, catalogue).into_iter().filter(|piece| counts(piece, &placed.sample));
    let placed = pieces.filter_map(|piece| {
        let (_, mark) = mark_of(&piece, catalogue)?;
        let place = (mark.file, mark.at);
        (mark.file > 0).then_some((piece, place))
    });
    placed.collect()
}
