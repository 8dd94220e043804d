//! Opening a change and doing things to it.

use seconder::sandbox::{NewCommit, OpenPull, Opinion};

use super::{REPOSITORY, Scene};

/// A commit message of somebody who used Claude Code.
pub(crate) fn claude(subject: &str) -> String {
    format!("{subject}\n\nCo-Authored-By: Claude <noreply@anthropic.com>")
}

/// A pull request of the story.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) repository: String,
    pub(crate) number: u64,
    /// Where its head is pushed.
    pub(crate) home: String,
    pub(crate) branch: String,
}

/// A pull request about to be opened.
pub(crate) struct Opening<'a> {
    scene: &'a Scene,
    by: String,
    pusher: Option<String>,
    commits: Vec<NewCommit>,
    branch: Option<String>,
    base: String,
    body: String,
    title: String,
    from_fork: bool,
    draft: bool,
}

impl Scene {
    /// A change that `by` opens, with one commit per message; without any, an assisted one.
    pub(crate) fn change(&self, by: &str) -> Opening<'_> {
        Opening {
            scene: self,
            by: by.to_owned(),
            pusher: None,
            commits: Vec::new(),
            branch: None,
            base: "main".to_owned(),
            body: String::new(),
            title: "Retry failed payments".to_owned(),
            from_fork: false,
            draft: false,
        }
    }

    /// The usual change: jo, a junior, used Claude Code.
    pub(crate) async fn assisted_change(&self) -> Change {
        self.change("jo").commit(&claude("Retry failed payments")).open().await
    }

    pub(crate) async fn approve(&self, login: &str, change: &Change) -> u64 {
        self.review(login, change, Opinion::Approve, None).await
    }

    pub(crate) async fn request_changes(&self, login: &str, change: &Change) -> u64 {
        self.review(login, change, Opinion::RequestChanges, None).await
    }

    pub(crate) async fn review(&self, login: &str, change: &Change, opinion: Opinion, sha: Option<&str>) -> u64 {
        let review = self.forge.review(&self.who(login), &change.repository, change.number, opinion, sha);
        self.quiet().await;
        review
    }

    /// Pushes one more commit to the change's branch.
    pub(crate) async fn push(&self, login: &str, change: &Change, message: &str) -> String {
        let commit = NewCommit::new(message).file("src/retry.rs", format!("// {message}\n"));
        self.push_commit(login, change, commit).await
    }

    pub(crate) async fn push_commit(&self, login: &str, change: &Change, commit: NewCommit) -> String {
        let sha = self.forge.push(&self.who(login), &change.home, &change.branch, commit);
        self.quiet().await;
        sha
    }

    /// Replaces the tip of the change's branch.
    pub(crate) async fn force_push(&self, login: &str, change: &Change, commit: NewCommit) -> String {
        let sha = self.forge.force_push(&self.who(login), &change.home, &change.branch, commit);
        self.quiet().await;
        sha
    }

    pub(crate) async fn retarget(&self, login: &str, change: &Change, base: &str) {
        self.forge.retarget(&self.who(login), &change.repository, change.number, base);
        self.quiet().await;
    }

    /// Something happens that says nothing, and has the change looked at again.
    pub(crate) async fn look_again(&self, change: &Change) {
        self.forge.edit_body(&self.who("jo"), &change.repository, change.number, "It retries failed payments.");
        self.quiet().await;
    }

    /// A branch of the repository, at the tip of `main`.
    pub(crate) fn branch(&self, name: &str) {
        let tip = self.forge.tip(REPOSITORY, "main").unwrap();
        self.forge.push_commit(&self.who("pat"), REPOSITORY, name, &tip);
    }

    /// Writes a file straight to a branch of the repository.
    pub(crate) async fn put(&self, branch: &str, path: &str, text: &str) {
        self.write_to(REPOSITORY, branch, path, text).await;
    }

    pub(crate) async fn write_to(&self, repository: &str, branch: &str, path: &str, text: &str) {
        let commit = NewCommit::new(format!("Write {path}")).file(path, text);
        self.forge.push(&self.who("pat"), repository, branch, commit);
        self.quiet().await;
    }

    /// Removes a file straight from a branch of the repository.
    pub(crate) async fn remove(&self, branch: &str, path: &str) {
        let commit = NewCommit::new(format!("Remove {path}")).without(path);
        self.forge.push(&self.who("pat"), REPOSITORY, branch, commit);
        self.quiet().await;
    }

    pub(crate) fn head(&self, change: &Change) -> String {
        self.forge.head(&change.repository, change.number)
    }
}

impl Change {
    /// The same change after its repository got another name.
    pub(crate) fn in_repository(&self, name: &str) -> Self {
        Self { repository: name.to_owned(), home: name.to_owned(), ..self.clone() }
    }
}

impl Opening<'_> {
    pub(crate) fn commit(self, message: &str) -> Self {
        let file = format!("src/file_{}.rs", self.commits.len());
        // Different people write different things: who made the same tree before counts as a contributor.
        let text = format!("// {}: {message}\n", self.by);
        self.with(NewCommit::new(message).file(file, text))
    }

    pub(crate) fn with(mut self, commit: NewCommit) -> Self {
        self.commits.push(commit);
        self
    }

    /// Somebody else than the opener pushes the branch.
    pub(crate) fn pushed_by(mut self, login: &str) -> Self {
        self.pusher = Some(login.to_owned());
        self
    }

    pub(crate) fn branch(mut self, name: &str) -> Self {
        self.branch = Some(name.to_owned());
        self
    }

    pub(crate) fn to(mut self, base: &str) -> Self {
        base.clone_into(&mut self.base);
        self
    }

    pub(crate) fn body(mut self, text: &str) -> Self {
        text.clone_into(&mut self.body);
        self
    }

    pub(crate) fn titled(mut self, title: &str) -> Self {
        title.clone_into(&mut self.title);
        self
    }

    pub(crate) fn in_a_fork(mut self) -> Self {
        self.from_fork = true;
        self
    }

    pub(crate) fn draft(mut self) -> Self {
        self.draft = true;
        self
    }

    /// Pushes and opens, without waiting for anything.
    pub(crate) fn open_at_once(mut self) -> Change {
        let forge = &self.scene.forge;
        let opener = self.scene.who(&self.by);
        let pusher = self.scene.who(self.pusher.as_ref().unwrap_or(&self.by));
        if self.commits.is_empty() {
            self = self.commit(&claude("Retry failed payments"));
        }
        let home = if self.from_fork { forge.fork(&pusher, REPOSITORY) } else { REPOSITORY.to_owned() };
        let branch = self.branch.unwrap_or_else(|| format!("work-{}", forge.calls().len() + forge.deliveries().len()));
        if self.base != "main"
            && let (None, Some(base)) = (forge.tip(&home, &branch), forge.tip(&home, &self.base))
        {
            // People branch off from where they want to merge.
            self.commits[0] = self.commits[0].clone().onto(base);
        }
        forge.push_all(&pusher, &home, &branch, self.commits);
        let mut pull = OpenPull::new(branch.clone(), self.title).body(self.body).to(self.base);
        if self.from_fork {
            pull = pull.from_fork(home.clone());
        }
        if self.draft {
            pull = pull.draft();
        }
        let number = forge.open_pull(&opener, REPOSITORY, pull);
        Change { repository: REPOSITORY.to_owned(), number, home, branch }
    }

    pub(crate) async fn open(self) -> Change {
        let scene = self.scene;
        let change = self.open_at_once();
        scene.quiet().await;
        change
    }
}
