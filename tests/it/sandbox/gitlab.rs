//! The sandbox as a GitLab.

mod access;
mod documents;
mod hooks;
mod model;
mod pages;
mod payloads;
mod pipelines;

use seconder::sandbox::{Dialect, Edition, GitLab, NewCommit, OpenPull, Options, Sandbox};
use serde_json::{Value, json};

use super::client::{Answer, Client};

pub(crate) const PROJECT: &str = "acme/pay";

/// A GitLab of this edition with a project, and a merge request of jo's. Returns its number.
pub(crate) async fn told(edition: Edition) -> (Sandbox, u64) {
    let forge = start(GitLab::of(edition)).await;
    forge.organization("acme");
    forge.repository(PROJECT);
    let jo = forge.user("jo");
    forge.push(&jo, PROJECT, "fix", NewCommit::new("Fix it").file("a.txt", "one\ntwo\n"));
    let number = forge.open_pull(&jo, PROJECT, OpenPull::new("fix", "Fix"));
    (forge, number)
}

pub(crate) async fn start(gitlab: GitLab) -> Sandbox {
    let options = Options { dialect: Dialect::GitLab(gitlab), ..Options::default() };
    Sandbox::start(options).await.unwrap()
}

/// A client with the bot's token, for paths below `/api/v4`.
pub(crate) fn bot(forge: &Sandbox) -> Client {
    let mut client = Client::with(forge, forge.bot_token());
    client.base = format!("{}/api/v4", client.base);
    client
}

pub(crate) fn as_user(forge: &Sandbox, login: &str) -> Client {
    let mut client = bot(forge);
    client.token = forge.user_token(&forge.user(login));
    client
}

pub(crate) async fn graphql(client: &Client, query: &str, variables: Value) -> Value {
    let base = client.base.replace("/api/v4", "/api/graphql");
    let call = client.http.post(base).json(&json!({ "query": query, "variables": variables }));
    client.send(call).await.body
}

/// The body of an answer that must be this status.
#[track_caller]
pub(crate) fn ok(answer: Answer, status: u16) -> Value {
    assert_eq!(answer.status, status, "{}", answer.body);
    answer.body
}

/// Path of the merge request, by the project's encoded path.
pub(crate) fn request(number: u64) -> String {
    format!("/projects/acme%2Fpay/merge_requests/{number}")
}
