//! Commits and refs.

use super::{check, find, must};
use crate::sandbox::accounts::Account;
use crate::sandbox::git::{NO_COMMIT, NewCommit, Sha};
use crate::sandbox::handle::Sandbox;

impl Sandbox {
    /// Commits on top of a branch (or of the default branch's tip, if it is a new branch) and pushes it. Returns the
    /// commit's sha.
    pub fn push(&self, actor: &Account, repository: &str, branch: &str, commit: NewCommit) -> Sha {
        self.push_all(actor, repository, branch, vec![commit])
    }

    /// As [`Sandbox::push`], with several commits in one push. Returns the last one's sha.
    #[expect(clippy::needless_pass_by_value, reason = "stories hand over commits one by one and many alike")]
    pub fn push_all(&self, actor: &Account, repository: &str, branch: &str, commits: Vec<NewCommit>) -> Sha {
        self.commit_and_push(actor, repository, branch, &commits, false)
    }

    /// Rewrites a branch. The commit builds on [`NewCommit::onto`], or replaces the tip.
    pub fn force_push(&self, actor: &Account, repository: &str, branch: &str, commit: NewCommit) -> Sha {
        self.commit_and_push(actor, repository, branch, &[commit], true)
    }

    fn commit_and_push(
        &self,
        actor: &Account,
        repository: &str,
        branch: &str,
        commits: &[NewCommit],
        force: bool,
    ) -> Sha {
        self.act(|world| {
            let at = world.clock.tick();
            let id = find(world, repository);
            let home = must(world.repositories.get(&id), "the repository is gone");
            let tip = home.branch(branch).or_else(|| home.branch(&home.default_branch)).cloned();
            let replaced =
                tip.as_deref().and_then(|tip| world.git.commit(tip)).and_then(|tip| tip.parents.first().cloned());
            let mut parent = if force && home.branch(branch).is_some() { replaced } else { tip };
            for commit in commits {
                parent = Some(world.make_commit(actor.id, commit, parent.as_ref(), at));
            }
            let to = must(parent, "nothing to push");
            let name = format!("refs/heads/{branch}");
            must(world.move_ref(actor.id, id, &name, &to, force), "this push rewrites history: use force_push");
            to
        })
    }

    /// Points a branch, made on the way, at a commit that exists already.
    pub fn push_commit(&self, actor: &Account, repository: &str, branch: &str, sha: &str) {
        self.act(|world| {
            world.clock.tick();
            let id = find(world, repository);
            must(world.git.commit(sha), "no such commit");
            must(world.move_ref(actor.id, id, &format!("refs/heads/{branch}"), sha, true), "the repository is gone");
        });
    }

    /// Writes any ref, e.g. `refs/notes/ai`; for refs other than branches and tags no webhook is sent.
    pub fn write_ref(&self, actor: &Account, repository: &str, name: &str, commit: &NewCommit) -> Sha {
        self.act(|world| {
            let at = world.clock.tick();
            let id = find(world, repository);
            let parent = world.repositories.get(&id).and_then(|home| home.refs.get(name).cloned());
            let sha = world.make_commit(actor.id, commit, parent.as_ref(), at);
            must(world.move_ref(actor.id, id, name, &sha, true), "the repository is gone");
            sha
        })
    }

    /// Deletes a branch; pull requests from it are closed.
    pub fn delete_branch(&self, actor: &Account, repository: &str, branch: &str) {
        self.act(|world| {
            world.clock.tick();
            let id = find(world, repository);
            let name = format!("refs/heads/{branch}");
            must(world.move_ref(actor.id, id, &name, NO_COMMIT, true), "the repository is gone");
        });
    }

    /// Presses "Update branch": GitHub merges the base into the head, in the name of `actor`.
    ///
    /// # Panics
    /// If both changed the same file: GitHub merges by lines and asks for conflicts to be resolved, the sandbox refuses.
    pub fn update_branch(&self, actor: &Account, repository: &str, number: u64) -> Sha {
        let (tip, base) = self.ends_to_merge(repository, number);
        let files = {
            let world = self.world();
            let parted = world.git.merge_base(&tip, &base);
            let own: Vec<String> =
                world.git.diff(parted.as_deref(), &tip).into_iter().map(|change| change.path).collect();
            let files = world.merged_files(&tip, &base);
            check(
                files.iter().all(|(path, _)| !own.contains(path)),
                "the base changed the same file: resolve_conflicts",
            );
            files
        };
        self.merge_base_in(actor, repository, number, base, files)
    }

    /// Resolves conflicts with the base in GitHub's web pages: these files then hold this. What GitHub makes of it looks
    /// like an update of the branch.
    pub fn resolve_conflicts(&self, actor: &Account, repository: &str, number: u64, resolved: &[(&str, &str)]) -> Sha {
        let (tip, base) = self.ends_to_merge(repository, number);
        let mut files = self.world().merged_files(&tip, &base);
        files.extend(resolved.iter().map(|(path, text)| ((*path).to_owned(), Some((*text).to_owned()))));
        self.merge_base_in(actor, repository, number, base, files)
    }

    /// The head of a pull request and the tip of its base.
    fn ends_to_merge(&self, repository: &str, number: u64) -> (Sha, Sha) {
        let world = self.world();
        let pull = must(world.pull(find(&world, repository), number), "no such pull request");
        (pull.head.clone(), world.base_tip(pull))
    }

    fn merge_base_in(
        &self,
        actor: &Account,
        repository: &str,
        number: u64,
        base: Sha,
        files: Vec<(String, Option<String>)>,
    ) -> Sha {
        let (head_repository, branch) = {
            let world = self.world();
            let pull = must(world.pull(find(&world, repository), number), "no such pull request");
            let head = pull.head_repository.and_then(|id| world.repositories.get(&id));
            (world.full_name(must(head, "the head repository is gone")), pull.head_branch.clone())
        };
        let message = format!("Merge branch '{}' into {branch}", self.base_branch(repository, number));
        let mut commit = NewCommit::new(message).merging(base).via_web().author(crate::sandbox::git::Signature {
            name: actor.login.clone(),
            email: actor.email.clone(),
            at: None,
        });
        commit.files = files;
        self.push(actor, &head_repository, &branch, commit)
    }

    fn base_branch(&self, repository: &str, number: u64) -> String {
        let world = self.world();
        let pull = world.pull(find(&world, repository), number);
        pull.map(|pull| pull.base_branch.clone()).unwrap_or_default()
    }

    /// The files of a commit, path and text.
    pub fn files(&self, repository: &str, sha: &str) -> Vec<(String, String)> {
        let world = self.world();
        find(&world, repository);
        let text = |blob: &Sha| world.git.blob(blob).map(ToString::to_string).unwrap_or_default();
        world.git.files_at(sha).iter().map(|(path, blob)| (path.clone(), text(blob))).collect()
    }

    /// Tip of a branch.
    pub fn tip(&self, repository: &str, branch: &str) -> Option<Sha> {
        let world = self.world();
        world.repositories.get(&find(&world, repository))?.branch(branch).cloned()
    }
}

impl crate::sandbox::world::World {
    /// What has to be written on top of `tip` to have what `other` changed since the two parted.
    pub(crate) fn merged_files(&self, tip: &str, other: &str) -> Vec<(String, Option<String>)> {
        let parted = self.git.merge_base(tip, other);
        let text = |sha: &Sha| self.git.blob(sha).map(ToString::to_string);
        let mut files = Vec::new();
        for change in self.git.diff(parted.as_deref(), other) {
            if let Some(previous) = change.previous_path {
                files.push((previous, None));
            }
            let removed = change.kind == crate::sandbox::git::ChangeKind::Removed;
            files.push((change.path, text(&change.blob).filter(|_| !removed)));
        }
        files
    }
}
