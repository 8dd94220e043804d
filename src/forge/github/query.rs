//! The GraphQL documents, and the sending of them. A test validates each against GitHub's public schema.

use http::Method;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};

use super::Error;
use super::client::{Answer, Call, GitHub, from_json, to_json};
use super::rate::Resource;

/// Everything about a change.
pub const CHANGE: &str = concat!(
    include_str!("query/change.graphql"),
    include_str!("query/commit.graphql"),
    include_str!("query/actor.graphql")
);

/// The authors and parents of one commit.
pub const AUTHORS: &str = include_str!("query/authors.graphql");

/// The numbers of so many users by their logins, which travel as the variables `l0`, `l1`, ….
pub use super::logins::document as users;

/// The query for so many records of authorship, whose addresses travel as the variables `e0`, `e1`, ….
pub use super::records::document as records;

/// A record of authorship.
pub(super) const RECORD: &str = include_str!("query/records.graphql");

/// The open changes of a repository.
pub const OPEN_CHANGES: &str = include_str!("query/open_changes.graphql");

/// The merge queue of a branch.
pub const MERGE_QUEUE: &str = include_str!("query/merge_queue.graphql");

/// Comments on the lines of a change.
pub const SUGGESTIONS: &str = concat!(include_str!("query/suggestions.graphql"), include_str!("query/actor.graphql"));

/// One policy file.
pub const POLICY: &str = include_str!("query/policy.graphql");

/// An error within an answer.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct QueryError {
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
    #[serde(default)]
    pub path: Option<Vec<serde_json::Value>>,
    #[serde(default)]
    pub message: String,
}

impl QueryError {
    /// Where it happened, e.g. `repository.pullRequest.files`.
    pub(super) fn place(&self) -> String {
        let steps = self.path.iter().flatten();
        let steps = steps.map(|step| step.as_str().map_or_else(|| step.to_string(), str::to_owned));
        let place = steps.collect::<Vec<_>>().join(".");
        if place.is_empty() { "the query".to_owned() } else { place }
    }

    fn is(&self, kind: &str) -> bool {
        self.kind.as_deref() == Some(kind)
    }

    /// Whether asking again, or later, or for less may help.
    pub(super) fn is_passing(&self) -> bool {
        let is_limit = self.message.to_ascii_lowercase().contains("rate limit");
        is_limit
            || self.is("RATE_LIMITED")
            || self.is("RATE_LIMIT")
            || self.is("SERVICE_UNAVAILABLE")
            || self.is_timeout()
    }

    /// GitHub gives up on queries that take it longer than ten seconds, in words only.
    fn is_timeout(&self) -> bool {
        let message = self.message.to_ascii_lowercase();
        ["timeout", "timed out", "couldn't respond", "something went wrong while executing"]
            .iter()
            .any(|sign| message.contains(sign))
    }
}

/// Why a query has no usable answer.
#[derive(Debug)]
pub(super) enum QueryFailure {
    /// The call failed.
    Call(Error),
    /// It was answered, but not in full.
    Incomplete(String),
}

impl From<Error> for QueryFailure {
    fn from(error: Error) -> Self {
        Self::Call(error)
    }
}

#[derive(Serialize)]
struct Query<'a, V> {
    query: &'a str,
    variables: &'a V,
}

#[derive(Deserialize)]
struct Errors {
    #[serde(default)]
    errors: Option<Vec<QueryError>>,
    data: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Data<T> {
    data: T,
}

impl GitHub {
    /// Sends a query. Of the errors in the answer, those that `tolerates` allows are given back beside the data.
    pub(super) async fn query<V: Serialize, T: DeserializeOwned>(
        &self,
        installation: i64,
        what: &str,
        document: &str,
        variables: &V,
        tolerates: impl Fn(&QueryError) -> bool,
    ) -> Result<(T, Vec<QueryError>), QueryFailure> {
        let call = Call {
            method: Method::POST,
            resource: Resource::Graphql,
            body: Some(to_json(&Query { query: document, variables })?),
            ..Call::get("", what)
        };
        let answer = self.send(installation, &call).await?;
        // The errors first: with errors, the data may lack what it otherwise always has.
        let Errors { errors, data } = from_json(&answer.body, what)?;
        let errors = errors.unwrap_or_default();
        if let Some(error) = errors.iter().find(|error| !tolerates(error)) {
            return Err(self.failure(installation, what, error, &answer));
        }
        if data.is_none() {
            return Err(QueryFailure::Incomplete("GitHub answered without data".to_owned()));
        }
        let Data { data } = from_json(&answer.body, what)?;
        Ok((data, errors))
    }

    fn failure(&self, installation: i64, what: &str, error: &QueryError, answer: &Answer) -> QueryFailure {
        let place = error.place();
        let what = what.to_owned();
        let why = || error.message.chars().filter(|c| !c.is_control()).take(200).collect::<String>();
        // Secondary limits come in words only.
        let is_limit = error.message.to_ascii_lowercase().contains("rate limit");
        if is_limit || error.is("RATE_LIMITED") || error.is("RATE_LIMIT") {
            return self.limited_within(installation, &answer.headers).into();
        }
        if error.is_timeout() || error.is("SERVICE_UNAVAILABLE") {
            return Error::Transient { what, why: format!("GitHub timed out at {place}"), is_heavy: true }.into();
        }
        if error.is("NOT_FOUND")
            && matches!(place.as_str(), "repository" | "repository.facts" | "repository.pullRequest")
        {
            return Error::NotFound { what }.into();
        }
        if error.is("FORBIDDEN") || error.is("INSUFFICIENT_SCOPES") {
            return Error::Forbidden { what: format!("{what} ({place})"), why: why() }.into();
        }
        QueryFailure::Incomplete(format!("GitHub reported an error at {place}: {}", why()))
    }
}
