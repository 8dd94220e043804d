//! A catalogue of AI tools, and what is found with it.

use std::collections::BTreeSet;

use seconder::gate::change::GitIdentity;
use seconder::gate::detect::{Catalogue, CommitText, UNSPECIFIED, detect_commit};

use super::findings;

const MESSAGE: &str = "Retry\n\nGenerated with Claude Code, see https://claude.ai/code/session_1\n\n\
    Co-authored-by: Claude <noreply@anthropic.com>\nAssisted-by: Cursor\n";

/// Holds a catalogue to what detection relies on.
pub fn hold(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let catalogue = match Catalogue::parse("agents.yml", text) {
        Ok(catalogue) => catalogue,
        Err(errors) => return findings::are_refusals(&errors, text),
    };
    let ids: BTreeSet<&str> = catalogue.tools().iter().map(|tool| tool.id.as_str()).collect();
    assert_eq!(ids.len(), catalogue.tools().len(), "each tool has a name of its own");
    assert!(ids.iter().all(|id| catalogue.tool(id).is_some_and(|tool| tool.id == *id)));
    let sha = "0123456789abcdef0123456789abcdef01234567".parse().unwrap();
    let author = GitIdentity { name: "Jo".to_owned(), email: "jo@acme.dev".to_owned(), account: None, date: None };
    let commit = CommitText { sha: &sha, message: MESSAGE, author: &author, committer: &author };
    for piece in detect_commit(&commit, &catalogue) {
        let is_known = ids.contains(piece.tool.as_str()) || piece.tool == UNSPECIFIED;
        assert!(is_known, "{piece:?} names a tool that is not in the catalogue");
    }
}
