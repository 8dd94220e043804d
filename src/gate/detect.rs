//! Was AI used?
//!
//! Finds evidence in commits, the description, the opener's account, the head branch and labels, by the marks that the
//! [`Catalogue`] describes. Nothing here weighs it: the level of a change is decided in `evaluate`, and the policy says
//! what a level asks for. Absence of evidence is not evidence of absence.
//!
//! Never in here: a guess. Names of people, mentions of tools, style and timing are not evidence.

pub mod agent_trace;
pub mod branch;
pub mod catalogue;
mod declaration;
pub mod evidence;
pub mod identities;
mod mentions;
mod message;
pub mod near;
pub mod notes;
mod prose;
pub mod removed;
mod text;
pub mod trailers;
mod why;
mod words;

use std::collections::BTreeSet;

use super::change::{Change, Commit, GitIdentity};
use super::ids::CommitSha;

pub use catalogue::{Catalogue, Mark, MarkKind, Tool};
pub use evidence::{Channel, Declaration, Evidence, Level, Place, Strength};
pub use identities::{
    agent_account, agent_identity, is_agent_identity, is_automation, is_automation_identity, is_forge_identity,
    noreply_account,
};
pub use trailers::co_authors;
pub use why::mark_of;

/// The tool's id in evidence that names none.
pub const UNSPECIFIED: &str = "unspecified";

/// All that was found about a change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Detection {
    /// Sorted, each piece once.
    pub evidence: Vec<Evidence>,
    /// What the description declares. Whether a "no" counts depends on who wrote it.
    pub declaration: Option<Declaration>,
}

/// The part of a commit that can hold evidence.
#[derive(Debug, Clone, Copy)]
pub struct CommitText<'a> {
    /// Its name.
    pub sha: &'a CommitSha,
    /// The whole message.
    pub message: &'a str,
    /// Who wrote it, according to git.
    pub author: &'a GitIdentity,
    /// Who committed it, according to git.
    pub committer: &'a GitIdentity,
}

impl<'a> From<&'a Commit> for CommitText<'a> {
    fn from(commit: &'a Commit) -> Self {
        Self { sha: &commit.sha, message: &commit.message, author: &commit.author, committer: &commit.committer }
    }
}

/// All evidence in a change as the forge shows it.
pub fn detect(change: &Change, catalogue: &Catalogue) -> Detection {
    let mut evidence: BTreeSet<Evidence> = BTreeSet::new();
    evidence.extend(opener_evidence(change, catalogue));
    evidence.extend(branch::branch_evidence(&change.head_branch.name, catalogue));
    evidence.extend(change.labels.iter().flat_map(|label| branch::label_evidence(label, catalogue)));
    evidence.extend(change.commits.iter().flat_map(|commit| detect_commit(&commit.into(), catalogue)));
    evidence.extend(change.traces.iter().flat_map(|traces| traces.evidence(catalogue)));
    for commit in &change.commits {
        evidence.extend(commit.notes.iter().flat_map(|note| note.evidence(&commit.sha, catalogue)));
        let linked = commit.co_authors.iter().filter_map(|identity| linked_co_author(commit, identity, catalogue));
        evidence.extend(linked);
    }
    let body = message::scan(&change.body.text, text::Kind::Description, catalogue);
    evidence.extend(body.evidence.into_iter().map(|finding| Evidence {
        channel: if finding.channel == Channel::Declaration { Channel::Declaration } else { Channel::Body },
        tool: finding.tool,
        place: Place::Body { line: finding.line },
        text: finding.text,
        strength: finding.strength,
        gates: finding.strength > Strength::Hint,
        autonomous: false,
    }));
    Detection { evidence: evidence.into_iter().collect(), declaration: body.declaration }
}

/// All evidence in one commit, sorted, each piece once.
pub fn detect_commit(commit: &CommitText<'_>, catalogue: &Catalogue) -> Vec<Evidence> {
    let mut evidence: BTreeSet<Evidence> = BTreeSet::new();
    evidence.extend(author_evidence(commit, catalogue));
    evidence.extend(committer_evidence(commit, catalogue));
    let found = message::scan(commit.message, text::Kind::Message, catalogue);
    evidence.extend(found.evidence.into_iter().map(|finding| Evidence {
        channel: finding.channel,
        tool: finding.tool,
        place: Place::CommitMessage {
            commit: commit.sha.clone(),
            line: finding.line,
            in_trailers: finding.in_trailers,
        },
        text: finding.text,
        strength: finding.strength,
        gates: finding.strength > Strength::Hint,
        autonomous: false,
    }));
    evidence.into_iter().collect()
}

/// Who had the agent do it, as far as a commit alone can tell: its author, if that is a person; otherwise the people
/// whom the agent names as co-authors. Empty if nobody is named. It is git's word, which anybody may write.
pub fn operators(commit: &CommitText<'_>, catalogue: &Catalogue) -> Vec<GitIdentity> {
    let is_person = |identity: &GitIdentity| {
        let known = identities::known_identity(identity, catalogue);
        matches!(known, None | Some(identities::Known::Assisted { .. }))
    };
    if is_person(commit.author) {
        return vec![commit.author.clone()];
    }
    let named = co_authors(commit.message).into_iter();
    let named = named.map(|(name, email)| GitIdentity { name, email, account: None, date: None });
    named.filter(is_person).collect()
}

fn opener_evidence(change: &Change, catalogue: &Catalogue) -> Option<Evidence> {
    let opener = change.opener.as_ref()?;
    let tool = agent_account(opener, catalogue)?;
    Some(Evidence {
        channel: Channel::Opener,
        tool: tool.id.clone(),
        place: Place::Opener,
        text: text::excerpt(opener.login.as_str()),
        strength: Strength::Platform,
        gates: true,
        autonomous: true,
    })
}

fn author_evidence(commit: &CommitText<'_>, catalogue: &Catalogue) -> Option<Evidence> {
    let (tool, autonomous) = match identities::known_identity(commit.author, catalogue)? {
        identities::Known::Agent { tool, .. } => (tool, true),
        // "Ana (aider)" is Ana, who used a tool.
        identities::Known::Assisted { tool } => (tool, false),
        identities::Known::Automation => return None,
    };
    let place = Place::CommitIdentity { commit: commit.sha.clone() };
    let text = written(commit.author);
    let tool = catalogue.id(tool).to_owned();
    Some(Evidence {
        channel: Channel::Author,
        tool,
        place,
        text,
        strength: Strength::Attributed,
        gates: true,
        autonomous,
    })
}

/// An agent that only committed may have rebased somebody else's work, so this is shown and does not gate.
fn committer_evidence(commit: &CommitText<'_>, catalogue: &Catalogue) -> Option<Evidence> {
    let tool = match identities::known_identity(commit.committer, catalogue)? {
        identities::Known::Agent { tool, .. } | identities::Known::Assisted { tool } => tool,
        identities::Known::Automation => return None,
    };
    Some(Evidence {
        channel: Channel::Committer,
        tool: catalogue.id(tool).to_owned(),
        place: Place::CommitIdentity { commit: commit.sha.clone() },
        text: written(commit.committer),
        strength: Strength::Context,
        gates: false,
        autonomous: false,
    })
}

/// A co-author that the forge links to an agent's account although its address is not in the catalogue.
fn linked_co_author(commit: &Commit, identity: &GitIdentity, catalogue: &Catalogue) -> Option<Evidence> {
    let tool = agent_account(identity.account.as_ref()?, catalogue)?;
    if identities::known(&identity.name, &identity.email, catalogue).is_some() {
        return None;
    }
    Some(Evidence {
        channel: Channel::CoAuthor,
        tool: tool.id.clone(),
        place: Place::CommitIdentity { commit: commit.sha.clone() },
        text: written(identity),
        strength: Strength::Attributed,
        gates: true,
        autonomous: false,
    })
}

fn written(identity: &GitIdentity) -> String {
    text::excerpt(&format!("{} <{}>", identity.name, identity.email))
}
