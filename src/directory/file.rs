//! A directory file, exactly as it is written. What it means is decided next door.
//!
//! The descriptions here are what an editor shows: `config/directory.schema.json` is made from these types.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};

use crate::gate::membership::Reach;
use crate::gate::yaml::{Spanned, Version};

/// The version of the format.
pub const VERSION: u64 = 1;

/// The largest file that is read, in bytes: room for some tens of thousands of people.
pub const MAX_BYTES: usize = 16 * 1024 * 1024;

/// The documented example of a directory file.
pub fn example() -> &'static str {
    include_str!("../../config/directory.yml")
}

/// The JSON schema of directory files, for editors.
pub fn json_schema() -> serde_json::Value {
    schemars::schema_for!(DirectoryFile).to_value()
}

/// Seconder directory: who is who, and how senior. Several files together make one directory.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Seconder directory")]
pub struct DirectoryFile {
    /// The version of this format: 1.
    pub version: Version<VERSION>,
    /// The organisation's tiers, lowest first. `agent` is built in below them.
    pub tiers: Option<Spanned<Vec<Spanned<String>>>>,
    /// Owners for whose repositories this directory holds, e.g. `github.com/acme` or `github.com/1234` (the owner's
    /// number). Without it: all that the server serves.
    pub tenants: Option<Spanned<Vec<Spanned<String>>>>,
    /// How long after it was read the directory may vouch for people, e.g. `48h`. Without it: as long as it stands.
    pub max_age: Option<Spanned<String>>,
    /// People.
    #[serde(default)]
    pub people: Vec<PersonFile>,
    /// Groups of people.
    #[serde(default)]
    pub groups: Vec<GroupFile>,
    /// Who has which tier: the first rule that matches and has not ended wins.
    #[serde(default)]
    pub tier_rules: Vec<TierRuleFile>,
    /// Tiers of people whom no rule matches. Without it: the lowest.
    pub default: Option<Spanned<DefaultFile>>,
    /// Accounts of machines. They are never people and never approve.
    #[serde(default)]
    pub robots: Vec<Spanned<AccountFile>>,
}

/// One list of all files, each entry with the number of its file.
pub(super) fn all<'a, T: 'a>(
    files: &'a [DirectoryFile],
    list: impl Fn(&'a DirectoryFile) -> &'a [T],
) -> impl Iterator<Item = (usize, &'a T)> {
    files.iter().enumerate().flat_map(move |(file, content)| list(content).iter().map(move |entry| (file, entry)))
}

/// A person.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Person")]
pub struct PersonFile {
    /// A key that never changes and is never given to somebody else, such as an employee number.
    pub id: Spanned<String>,
    /// All forge accounts of this person.
    #[serde(default)]
    pub accounts: Vec<Spanned<AccountFile>>,
    /// Addresses in commits. They can make the person a contributor, and never qualify anybody.
    #[serde(default)]
    pub emails: Vec<Spanned<String>>,
    /// Groups that the person is in.
    #[serde(default)]
    pub groups: Vec<Spanned<String>>,
    /// Whatever tier rules read, such as `level` and `title`.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    /// Trainings that the person has completed.
    #[serde(default)]
    pub training: Vec<String>,
    /// Whether the person works here. Inactive people never qualify.
    #[serde(default = "yes")]
    pub active: bool,
    /// How the person is employed.
    #[serde(default)]
    pub employment: Employment,
}

fn yes() -> bool {
    true
}

/// How somebody is employed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Employment {
    /// May approve.
    #[default]
    Employee,
    /// May approve only while a tier rule matches; the default tier is not enough.
    Contractor,
    /// Not a person: never approves, has the tier `agent`.
    Service,
}

/// A group of people.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Group")]
pub struct GroupFile {
    /// Its name, as policies and tier rules use it.
    pub id: Spanned<String>,
    /// People in it, by id. People can also name their groups themselves.
    #[serde(default)]
    pub members: Vec<Spanned<String>>,
    /// Groups whose members are in this one too.
    #[serde(default)]
    pub groups: Vec<Spanned<String>>,
    /// A group of a GitLab whose members are in this one too.
    pub gitlab: Option<Spanned<GitLabGroupFile>>,
    /// Whether the admin vouches that membership means what tier rules make of it.
    #[serde(default)]
    pub vouched: bool,
    /// The identity provider that decides who is in it, if one does.
    pub synced_from: Option<Spanned<String>>,
}

/// A group of a GitLab. Its members are asked for again and again, and count by their accounts' numbers.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "GitLabGroup")]
pub struct GitLabGroupFile {
    /// The GitLab's host, e.g. `gitlab.com`: one that the server's configuration has.
    pub host: Spanned<String>,
    /// Its path, e.g. `acme/engineering/seniors`, or its number. A path is pinned to the number that it has when it is
    /// first seen.
    pub group: Spanned<GroupNameFile>,
    /// Which of its members: those whom it names itself, or those whom it inherits and invites as well.
    #[serde(default)]
    pub members: Reach,
}

/// A group of a GitLab: its path or its number.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(untagged, expecting = "a group is named by its path, such as acme/seniors, or by its number")]
#[schemars(inline)]
pub enum GroupNameFile {
    /// Its number.
    Number(i64),
    /// Its path.
    Path(String),
}

/// A tier rule: an exception for one person, a rule on groups, or a rule on an attribute.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TierRule")]
pub struct TierRuleFile {
    /// A unique name, which stands in the record of decisions.
    pub id: Spanned<String>,
    /// The tier that it gives.
    pub tier: Spanned<String>,
    /// An exception for this person, by id. Needs `reason` and `until`.
    pub person: Option<Spanned<String>>,
    /// An exception for the person who owns this account. Needs `reason` and `until`.
    pub account: Option<Spanned<AccountFile>>,
    /// Why the exception is made.
    pub reason: Option<Spanned<String>>,
    /// The last day of the exception (UTC), e.g. `2027-03-31`.
    pub until: Option<Spanned<String>>,
    /// For people in any of these groups, each vouched for or synced from an identity provider.
    pub groups: Option<Spanned<Vec<Spanned<String>>>>,
    /// For people with this attribute ...
    pub attribute: Option<Spanned<String>>,
    /// ... whose whole value matches this regular expression ...
    pub matches: Option<Spanned<String>>,
    /// ... and in no part this one.
    pub unless: Option<Spanned<String>>,
}

/// Tiers of people whom no rule matches.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Default")]
pub struct DefaultFile {
    /// For employees.
    pub employee: Option<Spanned<String>>,
    /// For contractors.
    pub contractor: Option<Spanned<String>>,
}

/// An account: `github.com/583231`, or `{ host, id }`, or `{ host, login }`. A login is pinned to the number that it
/// has when it is first seen; until then it qualifies nobody.
#[derive(Debug)]
pub enum AccountFile {
    /// `HOST/NUMBER`.
    Text(String),
    /// Written out.
    Keys(AccountKeys),
}

/// An account, written out.
#[derive(Debug, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct AccountKeys {
    /// The forge's host, e.g. `github.com`.
    pub host: String,
    /// The account's number.
    pub id: Option<i64>,
    /// Or its login.
    pub login: Option<String>,
}

impl<'de> Deserialize<'de> for AccountFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = AccountFile;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an account such as github.com/583231 or { host: github.com, login: ana }")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<AccountFile, E> {
                Ok(AccountFile::Text(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<AccountFile, A::Error> {
                AccountKeys::deserialize(MapAccessDeserializer::new(map)).map(AccountFile::Keys)
            }
        }

        deserializer.deserialize_any(Either)
    }
}

impl JsonSchema for AccountFile {
    fn schema_name() -> Cow<'static, str> {
        "Account".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let keys = generator.subschema_for::<AccountKeys>();
        json_schema!({
            "description": "An account: `github.com/583231`, or `{ host, id }`, or `{ host, login }`. A login is \
                pinned to the number that it has when it is first seen; until then it qualifies nobody.",
            "anyOf": [{ "type": "string", "pattern": "^[A-Za-z0-9.:-]+/[1-9][0-9]*$" }, keys]
        })
    }
}
