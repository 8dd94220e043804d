//! Policy files: of the organisation, of a repository, on a branch.

use seconder::sandbox::NewCommit;

use super::{REPOSITORY, Scene};

/// Whoever may push to `main` in a story.
const KEEPER: &str = "keeper";

/// Where the organisation keeps its policy.
const ON_GITHUB: &str = "acme/.github";
const ON_GITLAB: &str = "acme/seconder-policy";

impl Scene {
    /// The repository's policy on its default branch. An empty text takes it away.
    pub(crate) async fn policy(&self, text: &str) {
        self.policy_on("main", text).await;
    }

    /// The repository's policy on this branch.
    pub(crate) async fn policy_on(&self, branch: &str, text: &str) {
        self.write(REPOSITORY, branch, self.policy_file(), text).await;
    }

    /// The organisation's policy. An empty text takes it away.
    pub(crate) async fn organisation_policy(&self, text: &str) {
        let home = self.organisation_home();
        if !self.forge.has_repository(home) {
            self.forge.private_repository(home);
        }
        self.write(home, "main", "seconder.yml", text).await;
    }

    /// Where a repository keeps its policy.
    pub(crate) fn policy_file(&self) -> &'static str {
        if self.is_gitlab() { ".gitlab/seconder.yml" } else { ".github/seconder.yml" }
    }

    /// The repository that holds the organisation's policy.
    pub(crate) fn organisation_home(&self) -> &'static str {
        if self.is_gitlab() { ON_GITLAB } else { ON_GITHUB }
    }

    /// Writes a file on a branch, made on the way; an empty one is removed.
    pub(crate) async fn write(&self, repository: &str, branch: &str, path: &str, text: &str) {
        let commit = NewCommit::new(format!("Keep {path}"));
        let commit = if text.is_empty() { commit.without(path) } else { commit.file(path, text) };
        self.forge.push(&self.who(KEEPER), repository, branch, commit);
        self.quiet().await;
    }

    /// A branch where `main` stands now.
    pub(crate) async fn new_branch(&self, name: &str) {
        let main = self.forge.tip(REPOSITORY, "main").expect("a repository has a main branch");
        self.forge.push_commit(&self.who(KEEPER), REPOSITORY, name, &main);
        self.quiet().await;
    }
}
