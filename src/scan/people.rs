//! Whose commit is it? Agents and other programs are told apart from people.

use serde::Serialize;

use crate::gate::detect::{Catalogue, agent_identity, is_automation_identity};
use crate::history::{Commit, Mailmap};

/// What kind of author.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// As far as anybody can tell.
    Person,
    /// An AI tool's own identity.
    Agent,
    /// A program that is not AI.
    Automation,
}

impl Kind {
    /// The word in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Agent => "agent",
            Self::Automation => "automation",
        }
    }
}

/// An author, after the mailmap.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Author {
    /// Of what kind.
    pub kind: Kind,
    /// The name to show; of an agent, that of the tool.
    pub name: String,
    /// The address; of an agent, the tool's id.
    pub email: String,
}

/// The author of a commit. The mailmap is about people: it does not make one of an agent.
pub(super) fn author(commit: &Commit, mailmap: &Mailmap, catalogue: &Catalogue) -> Author {
    if let Some(tool) = agent_identity(&commit.author, catalogue) {
        return Author { kind: Kind::Agent, name: tool.name.clone(), email: tool.id.clone() };
    }
    let is_automation = is_automation_identity(&commit.author, catalogue);
    let kind = if is_automation { Kind::Automation } else { Kind::Person };
    let (name, email) = mailmap.resolve(&commit.author);
    Author { kind, name, email }
}
