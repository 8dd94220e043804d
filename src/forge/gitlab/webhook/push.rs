//! Pushes to branches.

use super::ParseError;
use super::event::Reader;
use super::payload;
use crate::forge::event::{Event, NamedRepository, PushEvent, PushReach};
use crate::gate::ids::CommitSha;
use crate::gate::witnessed::SeenPush;

/// GitLab lists at most this many commits of a push; of a longer one we cannot know all files.
/// <https://docs.gitlab.com/user/project/integrations/webhook_events/#push-events>
const MOST_LISTED_COMMITS: usize = 20;

impl Reader<'_> {
    /// A push, if it is one to a branch.
    pub(super) fn push(&self, payload: &payload::PushEvent) -> Result<Option<Event>, ParseError> {
        let Some(branch) = payload.reference.strip_prefix("refs/heads/").map(str::to_owned) else { return Ok(None) };
        let repository = self.repository(payload.project_id, &payload.project);
        let tip = |sha: &str, path: &str| -> Result<Option<CommitSha>, ParseError> {
            Ok(Some(self.sha(sha, path)?).filter(|sha| !sha.is_zero()))
        };
        let before = tip(&payload.before, "before")?;
        let after = tip(&payload.after, "after")?;
        let reach = self.push_reach(&repository, &branch, before.is_some() && after.is_some(), payload);
        let push = payload.user_id.map(|id| SeenPush {
            repo: repository.repo.clone(),
            branch: branch.clone(),
            before,
            after,
            pusher: self.actor(id, payload.user_username.as_deref()),
        });
        Ok(Some(Event::Push(PushEvent { repository, push, branch, reach })))
    }

    /// What a push to a branch means for the changes into it. A merge request's commits and files are counted from the
    /// merge base, which an ordinary push to the base does not move: only a policy in it can matter.
    ///
    /// Whether a push was forced is not told. One that only takes commits away lists none; of one that puts others in their
    /// place, those that it takes away are not listed, and the next sweep finds what they meant.
    fn push_reach(
        &self,
        repository: &NamedRepository,
        branch: &str,
        moved: bool,
        payload: &payload::PushEvent,
    ) -> PushReach {
        let commits = &payload.commits;
        let is_whole = !commits.is_empty()
            && commits.len() <= MOST_LISTED_COMMITS
            && payload.total_commits_count == Some(commits.len());
        // Any file with our name in its own: a policy, or something that one may come to refer to.
        let touches_none = |commit: &payload::PushedCommit| {
            commit.paths().is_some_and(|mut paths| !paths.any(|path| path.contains("seconder")))
        };
        let is_idle = moved && is_whole && commits.iter().all(touches_none);
        let is_default = repository.default_branch.as_deref() == Some(branch);
        match (is_idle, is_default) {
            // Everything in the organisation's policy project may be a part of its policy.
            (_, true) if self.holds_organisation_policy(repository) => PushReach::Owner,
            (true, _) => PushReach::Nothing,
            (false, true) => PushReach::Repository,
            (false, false) => PushReach::Base,
        }
    }

    fn holds_organisation_policy(&self, repository: &NamedRepository) -> bool {
        let below_top = repository.name.split_once('/').map(|(_, name)| name);
        below_top.is_some_and(|name| name.eq_ignore_ascii_case(self.context.policy_project))
    }
}
