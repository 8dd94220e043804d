//! Our own structs for what GitHub's API answers: the fields that are used, and no others.

pub(super) mod change;
pub(super) mod rest;

use serde::{Deserialize, Deserializer};

use crate::gate::change::{Actor as GateActor, ActorKind};
use crate::gate::ids::{AccountId, Host, Login};
use crate::gate::plan::Conclusion;

/// The body of an error answer.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ErrorMessage {
    pub message: String,
}

/// An account: GraphQL's `Actor`, or a user or bot of REST.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Actor {
    #[serde(rename = "__typename", alias = "type")]
    pub kind: Option<String>,
    pub login: String,
    /// GraphQL calls it `databaseId`. Absent for kinds of accounts that have none.
    #[serde(alias = "databaseId")]
    pub id: Option<i64>,
}

impl Actor {
    /// In the gate's words; `None` for an account without a number, which cannot be told from others.
    pub(super) fn of(&self, host: &Host) -> Option<GateActor> {
        let account = AccountId::new(host.clone(), self.id?);
        let kind = actor_kind(self.kind.as_deref().unwrap_or_default());
        Some(GateActor { account, login: Login::from(self.login.as_str()), kind })
    }
}

/// GitHub's kinds of accounts: `type` of REST and webhooks, `__typename` of GraphQL.
pub(super) fn actor_kind(kind: &str) -> ActorKind {
    match kind {
        "User" => ActorKind::User,
        "Bot" => ActorKind::Bot,
        "Mannequin" => ActorKind::Mannequin,
        "Organization" => ActorKind::Organization,
        _ => ActorKind::Other,
    }
}

/// A conclusion that we publish; `None` for all others. REST writes it in lower case, GraphQL in upper case.
pub(super) fn conclusion(status: &str, conclusion: Option<&str>) -> Option<Conclusion> {
    if !status.eq_ignore_ascii_case("completed") {
        return None;
    }
    match conclusion? {
        "success" | "SUCCESS" => Some(Conclusion::Success),
        "action_required" | "ACTION_REQUIRED" => Some(Conclusion::ActionRequired),
        _ => None,
    }
}

/// GraphQL's `BigInt`: a number, or the digits of one.
pub(super) fn big_int<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum BigInt {
        Number(i64),
        Digits(String),
    }
    match BigInt::deserialize(deserializer)? {
        BigInt::Number(number) => Ok(number),
        BigInt::Digits(digits) => digits.parse().map_err(|_| serde::de::Error::custom("not a number")),
    }
}

/// Whether everybody may see a repository. Internal ones count as private, whether GitHub calls them so or not.
pub(super) fn is_public(private: Option<bool>, visibility: Option<&str>) -> Option<bool> {
    match (private, visibility) {
        (None, None) => None,
        (private, visibility) => Some(private != Some(true) && visibility.is_none_or(|word| word == "public")),
    }
}

#[cfg(test)]
mod tests;
