//! Who and what is meant: identifiers, parsed once and then trusted.
//!
//! Keys are (forge host, numeric id), never names: names are reused, renamed and transferred.
//! [`Login`] and branch names are carried for display and for the forge's own addresses only.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// An identifier that could not be read, with what was wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} {given:?} {why}")]
pub struct InvalidId {
    what: &'static str,
    given: String,
    why: &'static str,
}

impl InvalidId {
    fn new(what: &'static str, given: &str, why: &'static str) -> Self {
        let given = given.chars().take(80).collect();
        Self { what, given, why }
    }
}

/// A forge's web host, lower-cased, with its port where it has one: `github.com`, `ghe.example.com`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Host(Arc<str>);

impl Host {
    /// The host as written in addresses.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Host {
    type Err = InvalidId;

    fn from_str(given: &str) -> Result<Self, InvalidId> {
        let host = given.trim().to_ascii_lowercase();
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
        if host.is_empty() || !host.chars().all(allowed) {
            return Err(InvalidId::new("host", given, "is not a host name such as github.com"));
        }
        Ok(Self(host.into()))
    }
}

impl TryFrom<String> for Host {
    type Error = InvalidId;

    fn try_from(given: String) -> Result<Self, InvalidId> {
        given.parse()
    }
}

impl From<Host> for String {
    fn from(host: Host) -> Self {
        host.0.as_ref().to_owned()
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! host_scoped_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name {
            /// The forge that gave the number.
            pub host: Host,
            /// The forge's own number, which it never gives twice.
            pub id: i64,
        }

        impl $name {
            /// Joins a host and the number it gave.
            pub fn new(host: Host, id: i64) -> Self {
                Self { host, id }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}/{}", self.host, self.id)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(given: &str) -> Result<Self, InvalidId> {
                let wrong = || InvalidId::new($what, given, "is not of the form HOST/NUMBER");
                let (host, id) = given.rsplit_once('/').ok_or_else(wrong)?;
                let id = id.parse().ok().filter(|id| *id > 0).ok_or_else(wrong)?;
                Ok(Self { host: host.parse()?, id })
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(given: String) -> Result<Self, InvalidId> {
                given.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }
    };
}

host_scoped_id!(
    /// A forge identity: a person's account, a bot, an App's account. Written `github.com/583231`.
    AccountId,
    "account"
);
host_scoped_id!(
    /// A repository, which keeps its number through renames and transfers.
    RepoId,
    "repository"
);
host_scoped_id!(
    /// An organisation or user that owns repositories: the tenant within which tiers and groups hold.
    OwnerId,
    "owner"
);

/// A pull or merge request: its repository and the number people know it by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ChangeKey {
    /// The repository that the change would be merged into.
    pub repo: RepoId,
    /// The number within that repository.
    pub number: i64,
}

impl fmt::Display for ChangeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.repo, self.number)
    }
}

/// A git object name: 40 (SHA-1) or 64 (SHA-256) lower-case hex digits. Names commits and trees.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CommitSha(Arc<str>);

impl CommitSha {
    /// All hex digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first 12 digits: enough to be unambiguous in the largest repositories, short enough to read.
    pub fn short(&self) -> &str {
        &self.0[..12]
    }

    /// Whether this is the all-zero name that forges send for "no commit" in push events.
    pub fn is_zero(&self) -> bool {
        self.0.bytes().all(|digit| digit == b'0')
    }
}

impl FromStr for CommitSha {
    type Err = InvalidId;

    fn from_str(given: &str) -> Result<Self, InvalidId> {
        let sha = given.trim().to_ascii_lowercase();
        if !matches!(sha.len(), 40 | 64) || !sha.bytes().all(|c| c.is_ascii_hexdigit()) {
            return Err(InvalidId::new("commit", given, "is not 40 or 64 hex digits"));
        }
        Ok(Self(sha.into()))
    }
}

impl TryFrom<String> for CommitSha {
    type Error = InvalidId;

    fn try_from(given: String) -> Result<Self, InvalidId> {
        given.parse()
    }
}

impl From<CommitSha> for String {
    fn from(sha: CommitSha) -> Self {
        sha.0.as_ref().to_owned()
    }
}

impl fmt::Display for CommitSha {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Something that somebody said about a change: a native review, or a comment with a command. Written `review:17` or
/// `comment:23`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum WordId {
    /// A review, by the forge's number.
    Review(i64),
    /// A comment, by the forge's number.
    Comment(i64),
}

impl fmt::Display for WordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Review(number) => write!(f, "review:{number}"),
            Self::Comment(number) => write!(f, "comment:{number}"),
        }
    }
}

impl FromStr for WordId {
    type Err = InvalidId;

    fn from_str(given: &str) -> Result<Self, InvalidId> {
        let wrong = || InvalidId::new("word", given, "is not of the form review:NUMBER or comment:NUMBER");
        let (kind, number) = given.split_once(':').ok_or_else(wrong)?;
        let number = number.parse().map_err(|_| wrong())?;
        match kind {
            "review" => Ok(Self::Review(number)),
            "comment" => Ok(Self::Comment(number)),
            _ => Err(wrong()),
        }
    }
}

impl TryFrom<String> for WordId {
    type Error = InvalidId;

    fn try_from(given: String) -> Result<Self, InvalidId> {
        given.parse()
    }
}

impl From<WordId> for String {
    fn from(word: WordId) -> Self {
        word.to_string()
    }
}

/// A login: what people call an account. Compared without regard to case, and never a key.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Login(pub Arc<str>);

impl Login {
    /// The login as the forge writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Login {
    fn from(login: &str) -> Self {
        Self(login.into())
    }
}

impl PartialEq for Login {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Login {}

impl fmt::Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
