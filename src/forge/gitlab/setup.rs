//! What of GitLab's settings the gate is set up by: listed, made, changed and put back. What they should be is not decided
//! here.

mod listed;

use std::collections::BTreeMap;

use http::{Method, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::client::{Call, GitLab, judge, path};
use crate::forge::Error;

pub use listed::{BranchAccess, Hook, HookState, ProjectSetup};

/// Settings by their names in the API, and what stands there.
pub type Settings = BTreeMap<String, Value>;

/// A group or a project.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// Which of both.
    pub kind: PlaceKind,
    /// Its number.
    pub id: i64,
    /// Its full path, for people.
    pub path: String,
}

/// What a [`Place`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PlaceKind {
    /// A group, at the top or below another.
    Group,
    /// A project.
    Project,
}

/// Something that has settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Resource {
    /// A webhook. Its address goes along with every change, and never changes: with another one, GitLab drops the secret.
    Hook {
        /// Whose it is.
        place: Place,
        /// Its number.
        id: i64,
        /// Where it sends to.
        url: String,
    },
    /// An approval rule of a project.
    ApprovalRule {
        /// The project.
        place: Place,
        /// Its number.
        id: i64,
    },
    /// The approval settings of a project.
    ApprovalSettings {
        /// The project.
        place: Place,
    },
    /// A project's own settings.
    Project {
        /// The project.
        place: Place,
    },
}

/// Something that can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum New {
    /// A webhook.
    Hook,
    /// An approval rule.
    ApprovalRule,
}

/// How a webhook shows that it is GitLab's.
#[derive(Debug, Clone)]
pub enum HookSecret {
    /// By a signature, since 19.0: `whsec_…`.
    Signing(SecretString),
    /// By a text that is sent along.
    Token(SecretString),
}

impl Place {
    fn segments(&self) -> [String; 2] {
        let kind = match self.kind {
            PlaceKind::Group => "groups",
            PlaceKind::Project => "projects",
        };
        [kind.to_owned(), self.id.to_string()]
    }

    fn below(&self, more: &[&str]) -> String {
        let [kind, id] = self.segments();
        path(&[&[kind.as_str(), id.as_str()], more].concat(), &[])
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.kind {
            PlaceKind::Group => write!(f, "group {}", self.path),
            PlaceKind::Project => f.write_str(&self.path),
        }
    }
}

impl Resource {
    /// Whose it is.
    pub fn place(&self) -> &Place {
        let (Self::Hook { place, .. }
        | Self::ApprovalRule { place, .. }
        | Self::ApprovalSettings { place }
        | Self::Project { place }) = self;
        place
    }

    /// What people call it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Hook { .. } => "webhook",
            Self::ApprovalRule { .. } => "approval rule",
            Self::ApprovalSettings { .. } => "approval settings",
            Self::Project { .. } => "merge settings",
        }
    }

    fn path(&self) -> String {
        match self {
            Self::Hook { place, id, .. } => place.below(&["hooks", &id.to_string()]),
            Self::ApprovalRule { place, id } => place.below(&["approval_rules", &id.to_string()]),
            Self::ApprovalSettings { place } => place.below(&["approvals"]),
            Self::Project { place } => place.below(&[]),
        }
    }

    fn what(&self) -> String {
        format!("the {} of {}", self.name(), self.place())
    }

    /// The settings of it that an answer shows, by the names under which they are written.
    fn read(&self, answer: &Value) -> Settings {
        match self {
            Self::ApprovalRule { .. } => listed::rule_settings(answer),
            Self::Hook { .. } | Self::ApprovalSettings { .. } | Self::Project { .. } => settings(answer),
        }
    }
}

fn settings(answer: &Value) -> Settings {
    let fields = answer.as_object().into_iter().flatten();
    fields.map(|(name, value)| (name.clone(), value.clone())).collect()
}

impl HookSecret {
    fn put_into(&self, body: &mut Settings) {
        let (name, secret) = match self {
            Self::Signing(secret) => ("signing_token", secret),
            Self::Token(secret) => ("token", secret),
        };
        body.insert(name.to_owned(), json!(secret.expose_secret()));
    }
}

impl GitLab {
    /// What stands there now; `None` if it is gone.
    pub async fn settings(&self, resource: &Resource) -> Result<Option<Settings>, Error> {
        let what = resource.what();
        match self.send(&Call::get(resource.path(), &what)).await {
            Ok(answer) => Ok(Some(resource.read(&answer.json(&what)?))),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Changes these settings, and leaves all others. What stands there afterwards.
    pub async fn change(
        &self,
        resource: &Resource,
        to: &Settings,
        secret: Option<&HookSecret>,
    ) -> Result<Settings, Error> {
        let what = resource.what();
        let mut body = to.clone();
        if let Resource::Hook { url, .. } = resource {
            body.insert("url".to_owned(), json!(url));
        }
        if let Some(secret) = secret {
            secret.put_into(&mut body);
        }
        let method = if matches!(resource, Resource::ApprovalSettings { .. }) { Method::POST } else { Method::PUT };
        let call = Call::write(method, resource.path(), json!(body), &what);
        Ok(resource.read(&self.send(&call).await?.json(&what)?))
    }

    /// Makes something with these settings. What stands there afterwards.
    pub async fn create(
        &self,
        new: New,
        place: &Place,
        settings: &Settings,
        secret: Option<&HookSecret>,
    ) -> Result<(Resource, Settings), Error> {
        let (list, name) = match new {
            New::Hook => ("hooks", "webhook"),
            New::ApprovalRule => ("approval_rules", "approval rule"),
        };
        let what = format!("a new {name} of {place}");
        let mut body = settings.clone();
        if let Some(secret) = secret {
            secret.put_into(&mut body);
        }
        let call = Call::write(Method::POST, place.below(&[list]), json!(body), &what);
        let made: Value = self.send(&call).await?.json(&what)?;
        let id =
            made.get("id").and_then(Value::as_i64).ok_or_else(|| Error::broken(&what, "it came without a number"))?;
        let place = place.clone();
        let resource = match new {
            New::Hook => {
                let url = settings.get("url").and_then(Value::as_str).unwrap_or_default().to_owned();
                Resource::Hook { place, id, url }
            }
            New::ApprovalRule => Resource::ApprovalRule { place, id },
        };
        let stands = resource.read(&made);
        Ok((resource, stands))
    }

    /// Takes something away that was made. Settings cannot be taken away.
    pub async fn delete(&self, resource: &Resource) -> Result<(), Error> {
        let what = resource.what();
        if matches!(resource, Resource::ApprovalSettings { .. } | Resource::Project { .. }) {
            return Err(Error::broken(what, "it was not made, and is not taken away"));
        }
        let call = Call { method: Method::DELETE, is_write: true, ..Call::get(resource.path(), &what) };
        let answer = self.send_openly(&call).await?;
        match answer.status {
            StatusCode::NOT_FOUND => Ok(()),
            _ => judge(&call, answer).map(|_| ()),
        }
    }
}
