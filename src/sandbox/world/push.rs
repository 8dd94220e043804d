//! Moving refs: commits, pushes, and what follows from them.

use jiff::Timestamp;
use serde_json::json;

use super::World;
use crate::sandbox::accounts::{AccountId, WEB_FLOW_EMAIL, WEB_FLOW_NAME};
use crate::sandbox::checks::Push;
use crate::sandbox::git::{Commit, NO_COMMIT, NewCommit, Sha, Signature, Stamp};
use crate::sandbox::pulls::{Happening, Pull, PullState, TimelineItem};
use crate::sandbox::repositories::{Activity, Permission, RepositoryId};

/// One ref that moved.
#[derive(Debug, Clone)]
pub(crate) struct Pushed {
    pub(crate) repository: RepositoryId,
    pub(crate) actor: AccountId,
    pub(crate) reference: String,
    pub(crate) before: Sha,
    pub(crate) after: Sha,
    pub(crate) forced: bool,
}

impl World {
    /// Makes a commit object on top of `parent`.
    pub(crate) fn make_commit(
        &mut self,
        actor: AccountId,
        new: &NewCommit,
        parent: Option<&Sha>,
        at: Timestamp,
    ) -> Sha {
        let own = self.accounts.get(actor).map_or_else(
            || Signature::parse("ghost"),
            |account| Signature { name: account.login.clone(), email: account.email.clone(), at: None },
        );
        let parent = new.onto.as_ref().or(parent);
        let author = new.author.clone().unwrap_or_else(|| own.clone());
        let web = Signature { name: WEB_FLOW_NAME.to_owned(), email: WEB_FLOW_EMAIL.to_owned(), at: None };
        // GitLab commits in the name of whoever uses its web pages.
        let by_forge = new.via_web && !self.is_gitlab();
        let committer = new.committer.clone().unwrap_or(if by_forge { web } else { own });
        let stamp = |who: Signature| Stamp { name: who.name, email: who.email, at: who.at.unwrap_or(at) };
        let tree = self.git.edit_tree(parent, &new.files);
        self.git.add_commit(Commit {
            sha: Sha::new(),
            tree,
            parents: parent.into_iter().chain(&new.merges).cloned().collect(),
            message: new.message.clone(),
            author: stamp(author),
            committer: stamp(committer),
            via_web: new.via_web,
            signed: new.signed,
        })
    }

    /// Moves a ref (creating or, with [`NO_COMMIT`], deleting it) and tells everybody. `None` if the repository is gone,
    /// or if history would be rewritten without `force`.
    pub(crate) fn move_ref(
        &mut self,
        actor: AccountId,
        id: RepositoryId,
        name: &str,
        to: &str,
        force: bool,
    ) -> Option<Pushed> {
        let before = self.repositories.get(&id)?.refs.get(name).cloned().unwrap_or_else(|| NO_COMMIT.to_owned());
        let rewrites = before != NO_COMMIT && to != NO_COMMIT && !self.git.contains(to, &before);
        if rewrites && !force {
            return None;
        }
        let now = self.now();
        let ancestors = self.git.ancestors(to);
        let activity = self.next_id();
        let repository = self.repositories.get_mut(&id)?;
        repository.visible.extend(ancestors);
        repository.pushed_at = now;
        if to == NO_COMMIT {
            repository.refs.remove(name);
        } else {
            repository.refs.insert(name.to_owned(), to.to_owned());
        }
        let kind = match (before.as_str(), to) {
            (NO_COMMIT, _) => "branch_creation",
            (_, NO_COMMIT) => "branch_deletion",
            _ if rewrites => "force_push",
            _ => "push",
        };
        let (reference, after) = (name.to_owned(), to.to_owned());
        repository.activity.push(Activity {
            id: activity,
            actor,
            at: now,
            reference: reference.clone(),
            before: before.clone(),
            after: after.clone(),
            kind,
        });
        let pushed = Pushed { repository: id, actor, reference, before, after, forced: rewrites };
        self.after_push(&pushed);
        Some(pushed)
    }

    fn after_push(&mut self, pushed: &Pushed) {
        let Some(branch) = pushed.reference.strip_prefix("refs/heads/").map(str::to_owned) else {
            if pushed.reference.starts_with("refs/tags/") {
                self.emit_push(pushed);
            }
            return;
        };
        self.emit_push(pushed);
        if pushed.after != NO_COMMIT {
            self.open_suites(pushed, &branch);
        }
        let concerned: Vec<(RepositoryId, u64)> = self
            .pulls()
            .filter(|pull| {
                pull.is_open() && pull.head_repository == Some(pushed.repository) && pull.head_branch == branch
            })
            .map(|pull| (pull.repository, pull.number))
            .collect();
        for (repository, number) in concerned {
            self.move_head(repository, number, pushed);
        }
        if pushed.forced {
            self.base_rewritten(pushed, &branch);
        }
        if pushed.after == NO_COMMIT {
            self.base_deleted(pushed, &branch);
        }
    }

    /// Every App that may write checks gets a suite for what is pushed to the repository itself.
    fn open_suites(&mut self, pushed: &Pushed, branch: &str) {
        let Some(repository) = self.repositories.get(&pushed.repository) else { return };
        let apps: Vec<u64> = self
            .installations
            .values()
            .filter(|installation| installation.covers(repository))
            .filter(|installation| installation.permissions.get("checks").is_some_and(|level| level == "write"))
            .map(|installation| installation.app)
            .collect();
        let push = Push { pusher: pushed.actor, before: pushed.before.clone(), after: pushed.after.clone() };
        for app in apps {
            let there = self.checks.suites_at(pushed.repository, &pushed.after).any(|suite| suite.app == app);
            let suite = self.suite(pushed.repository, app, &pushed.after, Some(branch), Some(push.clone()));
            if !there {
                self.emit_suite("requested", suite, pushed.actor);
            }
        }
    }

    fn move_head(&mut self, repository: RepositoryId, number: u64, pushed: &Pushed) {
        let now = self.now();
        let item = self.next_id();
        let history = self.git.ancestors(&pushed.after);
        let permission = self.repositories.get(&repository).and_then(|home| self.permission(home, pushed.actor));
        let trusted = pushed.repository == repository || permission >= Some(Permission::Write);
        let Some(home) = self.repositories.get_mut(&repository) else { return };
        home.visible.extend(history);
        let tips = home.refs.clone();
        let Some(pull) = home.pulls.get_mut(&number) else { return };
        if pushed.after == NO_COMMIT {
            self.close_pull(pushed.actor, repository, number);
            return;
        }
        pull.head.clone_from(&pushed.after);
        pull.updated_at = now;
        if let Some(base) = tips.get(&format!("refs/heads/{}", pull.base_branch)) {
            pull.base.clone_from(base);
        }
        // A push by somebody who could not merge calls automatic merging off.
        pull.auto_merge = pull.auto_merge.filter(|_| trusted);
        if pushed.forced {
            let what = Happening::HeadForcePushed { before: pushed.before.clone(), after: pushed.after.clone() };
            pull.timeline.push(TimelineItem { id: item, actor: pushed.actor, at: now, what });
        }
        let extra = json!({ "before": pushed.before, "after": pushed.after });
        self.emit_pull("synchronize", repository, number, pushed.actor, extra);
    }

    /// The branch that pull requests go to is gone: they follow the pull request that merged it, or are closed.
    fn base_deleted(&mut self, pushed: &Pushed, branch: &str) {
        let here = |pull: &&Pull| pull.repository == pushed.repository;
        let merged =
            self.pulls().filter(here).find(|pull| pull.state == PullState::Merged && pull.head_branch == branch);
        let onward = merged.map(|pull| pull.base_branch.clone());
        let stacked = self.pulls().filter(here).filter(|pull| pull.is_open() && pull.base_branch == branch);
        for number in stacked.map(|pull| pull.number).collect::<Vec<_>>() {
            match &onward {
                Some(to) => self.follow_base(pushed.actor, pushed.repository, number, to),
                // GitLab leaves them open, without a target.
                None if self.is_gitlab() => {}
                None => {
                    self.close_pull(pushed.actor, pushed.repository, number);
                }
            }
        }
    }

    fn base_rewritten(&mut self, pushed: &Pushed, branch: &str) {
        let numbers: Vec<u64> = self
            .pulls()
            .filter(|pull| pull.is_open() && pull.repository == pushed.repository && pull.base_branch == branch)
            .map(|pull| pull.number)
            .collect();
        for number in numbers {
            let what = Happening::BaseForcePushed { before: pushed.before.clone(), after: pushed.after.clone() };
            self.happened(pushed.actor, pushed.repository, number, what);
        }
    }
}
