//! Answering comments: reactions and replies, and whether a reply is there already.

use http::Method;
use jiff::Timestamp;
use serde_json::json;

use super::Error;
use super::client::{Call, GitHub, path};
use super::read::split_name;
use super::wire::rest;
use crate::gate::explain::Reaction;
use crate::gate::witnessed::SeenRepository;

const PER_PAGE: usize = 100;

/// GitHub's word for a reaction.
pub fn reaction(reaction: Reaction) -> &'static str {
    match reaction {
        Reaction::PlusOne => "+1",
        Reaction::Confused => "confused",
        Reaction::Eyes => "eyes",
    }
}

impl GitHub {
    /// Reacts to a comment of the conversation. GitHub keeps one reaction of a kind, so that this may be repeated.
    pub async fn react(&self, repo: &SeenRepository, comment: i64, reaction: &str) -> Result<(), Error> {
        let (owner, name) = split_name(&repo.name)?;
        let what = format!("a reaction to comment {comment} in {}", repo.name);
        let comment = comment.to_string();
        let path = path(&["repos", owner, name, "issues", "comments", &comment, "reactions"], &[]);
        let call = Call::write(Method::POST, path, &json!({ "content": reaction }), what)?;
        self.send(repo.installation, &call).await?;
        Ok(())
    }

    /// Comments on a change. After [`Error::Uncertain`], look with [`GitHub::has_commented`] before repeating it.
    pub async fn comment(&self, repo: &SeenRepository, number: i64, text: &str) -> Result<(), Error> {
        let (owner, name) = split_name(&repo.name)?;
        let what = format!("a comment on {}#{number}", repo.name);
        let path = path(&["repos", owner, name, "issues", &number.to_string(), "comments"], &[]);
        let call = Call::write(Method::POST, path, &json!({ "body": text }), what)?;
        self.send(repo.installation, &call).await?;
        Ok(())
    }

    /// Whether there is a comment of ours on a change that holds this mark and is not older than `since`. One call per
    /// hundred comments.
    pub async fn has_commented(
        &self,
        repo: &SeenRepository,
        number: i64,
        since: Timestamp,
        mark: &str,
    ) -> Result<bool, Error> {
        let (owner, name) = split_name(&repo.name)?;
        let what = format!("the comments on {}#{number}", repo.name);
        let number = number.to_string();
        // GitHub knows whole seconds only.
        let since = Timestamp::from_second(since.as_second()).unwrap_or(since).to_string();
        for page in 1.. {
            let page = page.to_string();
            let parameters = [("since", since.as_str()), ("per_page", "100"), ("page", &page)];
            let call = Call::get(path(&["repos", owner, name, "issues", &number, "comments"], &parameters), &what);
            let comments: Vec<rest::Comment> = self.send(repo.installation, &call).await?.json(&what)?;
            // Anybody can write our marks into a comment of their own.
            let is_ours = |comment: &rest::Comment| {
                comment.performed_via_github_app.as_ref().is_some_and(|app| app.id == self.app_id())
                    && comment.user.as_ref().is_some_and(|user| user.kind.as_deref() == Some("Bot"))
                    && comment.body.as_deref().is_some_and(|body| body.contains(mark))
            };
            if comments.iter().any(is_ours) {
                return Ok(true);
            }
            if comments.len() < PER_PAGE {
                break;
            }
        }
        Ok(false)
    }
}
