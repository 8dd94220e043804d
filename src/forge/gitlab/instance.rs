//! Which GitLab this is, and what it is able to do.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::client::{Call, GitLab, path};
use crate::forge::Error;

/// A version, as far as features depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// `19` of 19.2.
    pub major: u32,
    /// `2` of 19.2.
    pub minor: u32,
}

/// What came to GitLab with some version, and what the gate has of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Feature {
    /// The first version that has it.
    pub since: Version,
    /// What it is.
    pub name: &'static str,
    /// What the gate does without it.
    pub without: &'static str,
}

/// Signing tokens of webhooks: <https://docs.gitlab.com/user/project/integrations/webhooks/>
pub const SIGNING: Version = Version { major: 19, minor: 0 };

/// What versions differ in, for the gate. Below the first of them it does not work.
pub const FEATURES: [Feature; 5] = [
    Feature {
        since: Version { major: 16, minor: 11 },
        name: "what happened to a note in deliveries",
        without: "commands in notes are not taken",
    },
    Feature {
        since: Version { major: 17, minor: 3 },
        name: "the record of what hooks were sent",
        without: "missed deliveries are made up for by the sweep alone",
    },
    Feature {
        since: Version { major: 17, minor: 4 },
        name: "sending a recorded delivery again",
        without: "missed deliveries are made up for by the sweep alone",
    },
    Feature {
        since: Version { major: 18, minor: 5 },
        name: "when an approval was given",
        without: "approvals count by deliveries alone: one whose delivery was missed has to be given again",
    },
    Feature {
        since: SIGNING,
        name: "signed deliveries",
        without: "deliveries are known by a secret that is sent along",
    },
];

/// An instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// As it says it: `19.2.0-ee`.
    pub said: String,
    /// The same, understood. What is not understood is taken for the oldest.
    pub version: Version,
    /// Whether it is the Enterprise Edition, paid for or not. Community Edition has no approval rules and group webhooks.
    pub is_enterprise: bool,
}

/// An account there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub username: String,
    /// Whether GitLab calls it a bot: service accounts, and those of project and group tokens.
    pub is_bot: bool,
    /// Whether it administers the instance, and needs no role.
    pub is_admin: bool,
}

/// A token, as far as it tells of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// What it may be used for: `api`, …
    pub scopes: Vec<String>,
    /// The day on which it ends: at midnight UTC it holds no longer. `None`: it does not end.
    pub ends_on: Option<Date>,
}

impl Version {
    /// Reads `19.2.0-ee`.
    pub fn of(text: &str) -> Self {
        let mut parts = text.split(['.', '-']).map_while(|part| part.parse::<u32>().ok()).fuse();
        Self { major: parts.next().unwrap_or(0), minor: parts.next().unwrap_or(0) }
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl Instance {
    /// Whether it has what came with this version.
    pub fn has(&self, since: Version) -> bool {
        self.version >= since
    }
}

/// <https://docs.gitlab.com/api/metadata/>
#[derive(Deserialize)]
struct Metadata {
    version: String,
    #[serde(default)]
    enterprise: bool,
}

#[derive(Deserialize)]
struct User {
    id: i64,
    username: String,
    #[serde(default)]
    bot: bool,
    #[serde(default)]
    is_admin: bool,
}

/// <https://docs.gitlab.com/api/personal_access_tokens/>
#[derive(Deserialize)]
struct OwnToken {
    #[serde(default)]
    scopes: Vec<String>,
    expires_at: Option<String>,
}

impl From<User> for Account {
    fn from(user: User) -> Self {
        Self { id: user.id, username: user.username, is_bot: user.bot, is_admin: user.is_admin }
    }
}

impl GitLab {
    /// Which GitLab this is.
    pub async fn instance(&self) -> Result<Instance, Error> {
        let what = "the version of GitLab";
        let metadata: Metadata = self.send(&Call::get(path(&["metadata"], &[]), what)).await?.json(what)?;
        let version = Version::of(&metadata.version);
        Ok(Instance { said: metadata.version, version, is_enterprise: metadata.enterprise })
    }

    /// The account that our token belongs to.
    pub async fn account(&self) -> Result<Account, Error> {
        let what = "the account of the token";
        Ok(self.send(&Call::get(path(&["user"], &[]), what)).await?.json::<User>(what)?.into())
    }

    /// An account by its name.
    pub async fn account_named(&self, username: &str) -> Result<Account, Error> {
        let what = format!("the account @{username}");
        let call = Call::get(path(&["users"], &[("username", username)]), &what);
        let found: Vec<super::wire::User> = self.send(&call).await?.json(&what)?;
        let found = found.into_iter().find(|user| user.username.eq_ignore_ascii_case(username));
        let id = found.ok_or_else(|| Error::NotFound { what: what.clone() })?.id.to_string();
        // Lists do not say which accounts are bots.
        Ok(self.send(&Call::get(path(&["users", &id], &[]), &what)).await?.json::<User>(&what)?.into())
    }

    /// Our token. `None` where it is of a kind that cannot be asked for itself.
    pub async fn token(&self) -> Result<Option<Token>, Error> {
        let what = "the token";
        let own = match self.send(&Call::get(path(&["personal_access_tokens", "self"], &[]), what)).await {
            Err(Error::NotFound { .. } | Error::Forbidden { .. } | Error::Broken { .. }) => return Ok(None),
            answer => answer?.json::<OwnToken>(what)?,
        };
        // Documented as a time, and a day in truth.
        let day = |text: String| text.get(..10).and_then(|day| day.parse::<Date>().ok());
        Ok(Some(Token { scopes: own.scopes, ends_on: own.expires_at.and_then(day) }))
    }
}

impl GitLab {
    /// When our token ends. `None`: it does not, or does not tell.
    pub async fn token_ends_at(&self) -> Result<Option<Timestamp>, Error> {
        let ends_on = self.token().await?.and_then(|token| token.ends_on);
        Ok(ends_on.and_then(|day| day.to_zoned(TimeZone::UTC).ok()).map(|midnight| midnight.timestamp()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_instances_say_them() {
        for (said, major, minor) in
            [("19.2.0-ee", 19, 2), ("17.11.3", 17, 11), ("18.5.0-pre", 18, 5), ("16", 16, 0), ("", 0, 0), ("x.9", 0, 0)]
        {
            assert_eq!(Version::of(said), Version { major, minor }, "{said}");
        }
    }
}
