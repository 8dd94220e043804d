//! The merge queue.

use super::{SYSTEM, find, must};
use crate::sandbox::accounts::Account;
use crate::sandbox::git::NewCommit;
use crate::sandbox::handle::Sandbox;
use crate::sandbox::pulls::MergeGroup;
use crate::sandbox::world::{MergeRefused, Method, World};

/// A merge group about to be formed.
#[derive(Debug, Clone)]
pub struct NewGroup {
    pub(crate) pulls: Vec<u64>,
    pub(crate) behind: Option<MergeGroup>,
    pub(crate) method: Method,
    pub(crate) named: Option<u64>,
    pub(crate) smuggled: Option<NewCommit>,
}

impl NewGroup {
    /// A group of these pull requests, in this order, each brought by a merge commit.
    pub fn of(pulls: &[u64]) -> Self {
        Self { pulls: pulls.to_vec(), behind: None, method: Method::Merge, named: None, smuggled: None }
    }

    /// On top of a group that is still being tested.
    #[must_use]
    pub fn behind(mut self, group: &MergeGroup) -> Self {
        self.behind = Some(group.clone());
        self
    }

    /// Each pull request becomes one commit.
    #[must_use]
    pub fn squashed(mut self) -> Self {
        self.method = Method::Squash;
        self
    }

    /// The pull requests' commits are made anew on the base, which GitHub does not sign.
    #[must_use]
    pub fn rebased(mut self) -> Self {
        self.method = Method::Rebase;
        self
    }

    /// Its branch speaks of another pull request. GitHub would not do this.
    #[must_use]
    pub fn named_after(mut self, pull: u64) -> Self {
        self.named = Some(pull);
        self
    }

    /// It holds a commit of no pull request as well, below what was made for the last. GitHub would not do this.
    #[must_use]
    pub fn smuggling(mut self, commit: NewCommit) -> Self {
        self.smuggled = Some(commit);
        self
    }
}

impl Sandbox {
    /// Puts pull requests into one merge group, whose checks are asked for.
    pub fn merge_group(&self, actor: &Account, repository: &str, pulls: &[u64]) -> MergeGroup {
        self.queue(actor, repository, &NewGroup::of(pulls))
    }

    /// Forms a merge group, whose checks are asked for.
    pub fn queue(&self, actor: &Account, repository: &str, new: &NewGroup) -> MergeGroup {
        self.act(|world| {
            world.clock.tick();
            let id = find(world, repository);
            must(world.form_group(actor.id, id, new), "a merge group holds open pull requests")
        })
    }

    /// The queue gives a group up and forms it anew on the base branch as it is now.
    pub fn rebuild_merge_group(&self, actor: &Account, group: &MergeGroup) -> MergeGroup {
        self.act(|world| {
            world.clock.tick();
            must(world.dissolve_group(actor.id, group.id, "invalidated"), "no such merge group");
            must(world.form_group(actor.id, group.repository, &NewGroup::of(&group.pulls)), "a pull request is gone")
        })
    }

    /// The queue looks at a group: its commits reach the base branch if the required checks of its head let them.
    pub fn queue_merges(&self, group: &MergeGroup) -> Result<(), MergeRefused> {
        self.act(|world| {
            world.clock.tick();
            world.group_mergeable(group.id)?;
            must(world.dissolve_group(SYSTEM, group.id, "merged"), "no such merge group");
            Ok(())
        })
    }

    /// Dissolves a merge group: `merged`, `invalidated` or `dequeued`. With `merged`, its commits reach the base branch.
    pub fn destroy_merge_group(&self, actor: &Account, group: &MergeGroup, reason: &'static str) {
        self.act(|world| {
            world.clock.tick();
            must(world.dissolve_group(actor.id, group.id, reason), "no such merge group");
        });
    }

    /// The queue leaves a group behind that nobody hears of: no delivery tells, and it shows in no list any more.
    pub fn lose_merge_group(&self, group: &MergeGroup) {
        self.act(|world: &mut World| {
            must(world.merge_groups.get_mut(&group.id), "no such merge group").destroyed = true;
        });
    }
}
