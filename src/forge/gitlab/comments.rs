//! Answering notes: reactions and replies, and whether a reply is there already.

use http::{Method, StatusCode};
use jiff::Timestamp;
use serde_json::json;

use super::client::{Call, GitLab, judge, path};
use super::wire;
use crate::forge::Error;
use crate::gate::witnessed::SeenRepository;

impl GitLab {
    /// Reacts to a note with an emoji. Our account gives one of a kind, so that this may be repeated.
    pub async fn react(&self, repo: &SeenRepository, number: i64, note: i64, reaction: &str) -> Result<(), Error> {
        let what = format!("a reaction to note {note} in {}", repo.name);
        let (project, iid, note) = (repo.repo.id.to_string(), number.to_string(), note.to_string());
        let segments = ["projects", &project, "merge_requests", &iid, "notes", &note, "award_emoji"];
        let name = match reaction {
            "+1" => "thumbsup",
            other => other,
        };
        let call = Call::write(Method::POST, path(&segments, &[]), json!({ "name": name }), what);
        let answer = self.send_openly(&call).await?;
        // It is there already: GitLab says so as if there were no note.
        if matches!(answer.status, StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST)
            && String::from_utf8_lossy(&answer.body).contains("already been taken")
        {
            return Ok(());
        }
        judge(&call, answer).map(|_| ())
    }

    /// Comments on a change. After [`Error::Uncertain`], look with [`GitLab::has_commented`] before repeating it.
    pub async fn comment(&self, repo: &SeenRepository, number: i64, text: &str) -> Result<(), Error> {
        let what = format!("a note on {}!{number}", repo.name);
        let (project, iid) = (repo.repo.id.to_string(), number.to_string());
        let segments = ["projects", project.as_str(), "merge_requests", iid.as_str(), "notes"];
        self.send(&Call::write(Method::POST, path(&segments, &[]), json!({ "body": text }), what)).await?;
        Ok(())
    }

    /// Whether there is a note of ours on a change that holds this mark and is not older than `since`. One call per hundred
    /// notes, the newest first.
    pub async fn has_commented(
        &self,
        repo: &SeenRepository,
        number: i64,
        since: Timestamp,
        mark: &str,
    ) -> Result<bool, Error> {
        let what = format!("the notes on {}!{number}", repo.name);
        let bot = self.bot().await?;
        let (project, iid) = (repo.repo.id.to_string(), number.to_string());
        let segments = ["projects", project.as_str(), "merge_requests", iid.as_str(), "notes"];
        let since = super::read::in_seconds(since);
        let mut page = 1;
        loop {
            let asked = page.to_string();
            let parameters =
                [("sort", "desc"), ("order_by", "created_at"), ("per_page", "100"), ("page", asked.as_str())];
            let answer = self.send(&Call::get(path(&segments, &parameters), &what)).await?;
            let notes: Vec<wire::Note> = answer.json(&what)?;
            let is_ours = |note: &wire::Note| {
                !note.system
                    && note.author.as_ref().is_some_and(|author| author.id == bot)
                    && note.body.as_deref().is_some_and(|body| body.contains(mark))
            };
            if notes.iter().any(is_ours) {
                return Ok(true);
            }
            let reaches_back = notes.last().is_none_or(|last| last.created_at.is_some_and(|at| at < since));
            match answer.next_page() {
                Some(next) if next > page && !reaches_back => page = next,
                _ => return Ok(false),
            }
        }
    }
}
