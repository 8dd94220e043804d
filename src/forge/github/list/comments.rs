//! All comments of a repository, for commands that no delivery told of.

use jiff::Timestamp;

use super::PER_PAGE;
use crate::forge::github::client::{Call, GitHub, path};
use crate::forge::github::read::split_name;
use crate::forge::github::wire::rest::ListedComment;
use crate::forge::{Error, FoundCommands};
use crate::gate::change::ActorKind;
use crate::gate::command;
use crate::gate::ids::{ChangeKey, RepoId};
use crate::gate::witnessed::{SeenCommand, SeenRepository, body_digest};

impl GitHub {
    /// Commands in comments that were written since this time, oldest first, a hundred comments at a time: one call,
    /// unless more than a hundred were written within the same second.
    ///
    /// Comments that were edited are left out: anybody who can write to the repository may edit other people's.
    pub async fn comments_since(&self, repo: &SeenRepository, since: Timestamp) -> Result<FoundCommands, Error> {
        let (owner, name) = split_name(&repo.name)?;
        let what = format!("the comments of {}", repo.name);
        // GitHub knows whole seconds only.
        let since = Timestamp::from_second(since.as_second()).unwrap_or(since);
        let from = since.to_string();
        let mut found = FoundCommands { commands: Vec::new(), until: since, is_last: true };
        for page in 1.. {
            let page = page.to_string();
            let parameters = [
                ("sort", "updated"),
                ("direction", "asc"),
                ("since", from.as_str()),
                ("per_page", "100"),
                ("page", page.as_str()),
            ];
            let call = Call::get(path(&["repos", owner, name, "issues", "comments"], &parameters), &what);
            let listed: Vec<ListedComment> = self.send(repo.installation, &call).await?.json(&what)?;
            found.is_last = listed.len() < PER_PAGE;
            found.until = listed.last().map_or(found.until, |last| last.updated_at.max(found.until));
            found.commands.extend(listed.into_iter().filter_map(|comment| self.found_command(&repo.repo, comment)));
            // The next call asks from the last one's time on. That leads nowhere while the time stands still.
            if found.is_last || found.until > since {
                break;
            }
        }
        Ok(found)
    }

    pub(in crate::forge::github) fn found_command(&self, repo: &RepoId, comment: ListedComment) -> Option<SeenCommand> {
        let body = comment.body.unwrap_or_default();
        let said = command::parse(&body)?;
        let number = comment.issue_url.rsplit('/').next()?.parse().ok()?;
        let author = comment.user?.of(self.host())?;
        let via_app = comment.performed_via_github_app.map(|app| app.id);
        // Our answers quote commands, but give none.
        let is_ours = via_app == Some(self.app_id()) && author.kind == ActorKind::Bot;
        if is_ours || comment.updated_at != comment.created_at {
            return None;
        }
        Some(SeenCommand {
            change: ChangeKey { repo: repo.clone(), number },
            comment: comment.id,
            node: comment.node_id,
            author,
            via_app,
            said_at: comment.created_at,
            said,
            body_digest: body_digest(&body),
            is_witnessed: false,
            url: comment.html_url,
        })
    }
}
