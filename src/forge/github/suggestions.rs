//! Comments on the lines of a change, for what they suggest.

use serde::{Deserialize, Serialize};

use super::Error;
use super::client::GitHub;
use super::query::{QueryFailure, SUGGESTIONS};
use super::read::split_name;
use super::wire::Actor;
use super::wire::change::Connection;
use crate::gate::suggestion::LineComment;
use crate::gate::witnessed::SeenRepository;

/// Conversations to ask for at once.
const PER_PAGE: u32 = 50;

#[derive(Serialize)]
struct Variables<'a> {
    owner: &'a str,
    name: &'a str,
    number: i64,
    first: u32,
    after: Option<String>,
}

#[derive(Deserialize)]
struct Answer {
    repository: Option<Repository>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Repository {
    database_id: Option<i64>,
    pull_request: Option<PullRequest>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PullRequest {
    review_threads: Connection<Thread>,
}

#[derive(Deserialize)]
struct Thread {
    comments: Connection<Comment>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Comment {
    body: String,
    path: String,
    diff_hunk: String,
    original_line: Option<usize>,
    original_start_line: Option<usize>,
    last_edited_at: Option<String>,
    author: Option<Actor>,
    editor: Option<Actor>,
}

impl GitHub {
    /// The comments on the lines of a change, one call per 50 conversations; of a long one, its beginning. One that
    /// cannot be understood is left out: a suggestion counts only if it is found.
    pub async fn line_comments(&self, repo: &SeenRepository, number: i64) -> Result<Vec<LineComment>, Error> {
        let (owner, name) = split_name(&repo.name)?;
        let what = format!("the comments on lines of {}#{number}", repo.name);
        let missing = |why: &str| Error::Transient { what: what.clone(), why: why.to_owned(), is_heavy: false };
        let mut variables = Variables { owner, name, number, first: PER_PAGE, after: None };
        let mut comments = Vec::new();
        loop {
            let answer = self.query(repo.installation, &what, SUGGESTIONS, &variables, |_| false).await;
            let (Answer { repository }, _) = match answer {
                Ok(answer) => answer,
                Err(QueryFailure::Call(error)) => return Err(error),
                Err(QueryFailure::Incomplete(why)) => return Err(missing(&why)),
            };
            let repository = repository.filter(|found| found.database_id == Some(repo.repo.id));
            let threads = repository.and_then(|found| found.pull_request).map(|change| change.review_threads);
            let Some(Connection { page_info: Some(page), nodes: Some(nodes), .. }) = threads else {
                return Err(missing("GitHub left out a part of the list"));
            };
            let threads = nodes.into_iter().flatten().filter_map(|thread| thread.comments.nodes);
            comments.extend(threads.flatten().flatten().filter_map(|comment| self.line_comment(comment)));
            if !page.has_next_page {
                return Ok(comments);
            }
            if page.end_cursor.is_none() || page.end_cursor == variables.after {
                return Err(missing("GitHub left out a part of the list"));
            }
            variables.after = page.end_cursor;
        }
    }

    /// `None` for a comment on a whole file.
    fn line_comment(&self, comment: Comment) -> Option<LineComment> {
        let last = comment.original_line?;
        let first = comment.original_start_line.unwrap_or(last);
        Some(LineComment {
            author: comment.author.and_then(|author| author.of(self.host())),
            is_edited: comment.last_edited_at.is_some() || comment.editor.is_some(),
            body: comment.body,
            path: comment.path,
            hunk: comment.diff_hunk,
            lines: last.checked_sub(first)? + 1,
        })
    }
}
