//! The record of every call to the API.

use serde_json::Value;

/// What a caller showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Credential {
    /// Nothing, or nothing that holds.
    None,
    /// A JWT of this App.
    App(u64),
    /// A token of this installation.
    Installation(u64),
    /// A token of this account, on GitLab.
    User(u64),
}

/// REST and GraphQL have budgets of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Resource {
    Core,
    GraphQl,
}

impl Resource {
    /// As the `x-ratelimit-resource` header says it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::GraphQl => "graphql",
        }
    }
}

/// One call as it was answered.
#[derive(Debug, Clone)]
pub struct Call {
    /// `GET`, `POST`, …
    pub method: String,
    /// Path as sent, still percent-encoded; without the `/api/v3` of GitHub Enterprise Server, and with GitLab's
    /// `/api/v4`.
    pub path: String,
    /// Query string as sent, without the question mark.
    pub query: String,
    /// The route, with its parameters in braces; empty for what no route took. Only on GitLab.
    pub template: String,
    /// HTTP status of the answer; 0 if none was given.
    pub status: u16,
    /// JSON body of the request.
    pub request: Option<Value>,
    /// JSON body of the answer.
    pub response: Option<Value>,
    /// What the caller showed.
    pub credential: Credential,
    /// True if a fault was injected: such an answer may break documents on purpose.
    pub faulty: bool,
}

impl Call {
    /// True for `POST /graphql`.
    pub fn is_graphql(&self) -> bool {
        self.path.ends_with("/graphql")
    }

    /// The budget it is paid from.
    pub(crate) fn resource(&self) -> Resource {
        // GitLab has one budget for both.
        let is_gitlab = self.path.starts_with("/api/");
        if self.is_graphql() && !is_gitlab { Resource::GraphQl } else { Resource::Core }
    }

    /// The GraphQL document, if this call carries one.
    pub fn document(&self) -> Option<&str> {
        self.request.as_ref().filter(|_| self.is_graphql())?.get("query")?.as_str()
    }

    /// Name of the GraphQL operation, if it has one.
    pub fn operation(&self) -> Option<&str> {
        let document = self.document()?;
        operation_name(document)
    }
}

/// The name after the first `query` or `mutation` keyword of a document.
pub(crate) fn operation_name(document: &str) -> Option<&str> {
    let mut words = document.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '{'));
    let keyword = words.find(|word| matches!(*word, "query" | "mutation"));
    keyword.and_then(|_| words.next()).filter(|name| !name.is_empty() && !name.contains('{'))
}
