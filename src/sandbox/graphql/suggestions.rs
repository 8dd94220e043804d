//! Conversations about lines of a pull request.

use serde_json::json;

use super::connection::connection;
use super::node::{Node, Out, Resolved};
use super::{Args, Trouble};
use crate::sandbox::pulls::{LineComment, Pull};
use crate::sandbox::repositories::RepositoryId;

/// Every comment begins a conversation of its own here.
pub(super) fn threads(pull: &Pull, args: &Args) -> Resolved {
    let nodes = pull.line_comments.iter().map(|comment| Node::Thread(pull.repository, pull.number, comment.id));
    connection("reviewThreads", "PullRequestReviewThreadConnection", nodes.collect(), args)
}

pub(super) fn thread(repository: RepositoryId, number: u64, comment: u64, name: &str, args: &Args) -> Resolved {
    match name {
        "id" => Ok(format!("PRRT_{comment}").into()),
        "comments" => {
            let nodes = vec![Node::LineComment(repository, number, comment)];
            connection("comments", "PullRequestReviewCommentConnection", nodes, args)
        }
        _ => Err(Trouble::UnknownField),
    }
}

/// Where a comment stands, as it was when it was written.
pub(super) fn place(comment: &LineComment, name: &str) -> Out {
    let lines = comment.lines.as_ref();
    match name {
        "diffHunk" => lines.map_or("@@ -1 +1 @@", |(.., hunk)| hunk).into(),
        "originalLine" => Out::Value(json!(lines.map(|(_, last, _)| last))),
        // Only a comment on several lines has one.
        _ => Out::Value(json!(lines.filter(|(first, last, _)| first < last).map(|(first, ..)| first))),
    }
}
