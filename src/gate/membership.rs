//! Groups that a forge keeps, as plain data: which group is meant, and who was in it when the forge was asked.
//!
//! The directory makes people of them. A forge that has no groups, or another source of members, gives the same.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::digest::sha256_hex;
use super::ids::{AccountId, Host};

/// Where members come from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Source {
    /// The forge.
    pub host: Host,
    /// The group there.
    pub group: GroupName,
    /// Which of its members.
    pub reach: Reach,
}

/// A group of a forge, as people name it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GroupName {
    /// By its number, which is never given twice.
    Number(i64),
    /// By its path, in lower case. It is pinned to the number that it has when it is first seen.
    Path(String),
}

/// Which members of a group count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// Those whom it names itself.
    #[default]
    Direct,
    /// Those of groups above it and of groups that were invited as well.
    All,
}

/// Who was in a group: all of them, for a reading is whole or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The numbers of the members' accounts: of people whose accounts were active, and of no machine.
    pub members: BTreeSet<i64>,
    /// When the forge said so.
    pub read_at: Timestamp,
}

/// What is on record of one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// What holds.
    pub reading: Reading,
    /// Who was in it when counting began of those who join.
    pub before: Reading,
    /// A reading that waits until somebody lets it through.
    pub held: Option<Reading>,
}

impl Kept {
    /// The first reading of a group: it holds, whoever is in it.
    pub fn first(found: Reading) -> Self {
        Self { before: found.clone(), reading: found, held: None }
    }
}

impl GroupName {
    /// Reads a path or a number.
    pub fn of(text: &str) -> Self {
        match text.parse() {
            Ok(number) => Self::Number(number),
            Err(_) => Self::Path(text.to_ascii_lowercase()),
        }
    }
}

impl Source {
    /// The account of a member with this number.
    pub fn account(&self, member: i64) -> AccountId {
        AccountId::new(self.host.clone(), member)
    }
}

impl Reading {
    /// SHA-256 of who is in it, hex.
    pub fn digest(&self) -> String {
        members_digest(&self.members)
    }
}

/// SHA-256 of members, hex: the same whoever lists them.
pub fn members_digest(members: &BTreeSet<i64>) -> String {
    sha256_hex(members.iter().map(ToString::to_string).collect::<Vec<_>>().join(","))
}

impl fmt::Display for GroupName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Path(path) => f.write_str(path),
        }
    }
}

impl Reach {
    /// As files and tables have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::All => "all",
        }
    }
}

/// For logs and people: `gitlab.com/acme/seniors`, `gitlab.com/acme/seniors (all members)`.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = if self.reach == Reach::All { " (all members)" } else { "" };
        write!(f, "{}/{}{all}", self.host, self.group)
    }
}
