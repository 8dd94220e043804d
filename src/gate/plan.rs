//! What must change on the forge so that it shows the verdict: nothing, if it already does.

use serde::{Deserialize, Serialize};

use super::ids::CommitSha;

/// A check as it should stand on a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// `seconder`, or `seconder-preview`.
    pub name: String,
    /// The commit that was judged.
    pub head: CommitSha,
    /// Whether the forge will let it merge.
    pub conclusion: Conclusion,
    /// One line of at most 60 characters that says what is missing.
    pub title: String,
    /// Markdown: rules, evidence, approvals, next steps.
    pub summary: String,
    /// Findings in files, shown at their lines.
    pub annotations: Vec<Annotation>,
    /// Where the details can be read.
    pub details_url: Option<String>,
}

/// The two conclusions that are ever published. `neutral` and `skipped` would pass, so they do not exist here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Conclusion {
    /// May merge.
    Success,
    /// Somebody has to act first.
    ActionRequired,
}

/// A finding at a line of a file in the repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Annotation {
    /// The path in the repository.
    pub path: String,
    /// The line, counted from 1.
    pub line: u32,
    /// The column, counted from 1.
    pub column: u32,
    /// Whether it is a failure or a warning.
    pub is_failure: bool,
    /// What is wrong and what to do.
    pub message: String,
}

/// A check of ours as the forge shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// The forge's number for the check run.
    pub check_run_id: i64,
    /// The conclusion that stands there; `None` for any that we never publish.
    pub conclusion: Option<Conclusion>,
    /// The title that stands there.
    pub title: Option<String>,
    /// The digest of the whole check that we left as its external id.
    pub external_id: Option<String>,
}

/// One thing to do on the forge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Create the check run.
    Create(Check),
    /// Bring the check run up to date.
    Update {
        /// Which one.
        check_run_id: i64,
        /// What it should say.
        check: Check,
    },
}

impl Check {
    /// SHA-256 of everything that the check says, hex, shortened to 32 digits. Left on the forge as the check's external
    /// id, so that a later read can tell whether the check that stands there is this one.
    pub fn digest(&self) -> String {
        let parts = (
            (&self.name, &self.head, self.conclusion),
            (&self.title, &self.summary, &self.annotations, &self.details_url),
        );
        super::digest::of(&parts)[..32].to_owned()
    }
}

/// What must be done on the forge so that it shows this check; nothing when it already does.
pub fn plan(check: &Check, published: Option<&Published>) -> Option<Action> {
    match published {
        None => Some(Action::Create(check.clone())),
        Some(published) if published.shows(check) => None,
        Some(published) => Some(Action::Update { check_run_id: published.check_run_id, check: check.clone() }),
    }
}

impl Published {
    /// Whether what stands on the forge is exactly this check. The digest alone would do if nobody else could write
    /// there; conclusion and title are compared as well, because what they say is what merges.
    pub fn shows(&self, check: &Check) -> bool {
        self.conclusion == Some(check.conclusion)
            && self.title.as_deref() == Some(check.title.as_str())
            && self.external_id.as_deref() == Some(check.digest().as_str())
    }

    /// What will stand there after this action, under the number that the forge gave.
    pub fn after(action: &Action, check_run_id: i64) -> Self {
        let (Action::Create(check) | Action::Update { check, .. }) = action;
        Self {
            check_run_id,
            conclusion: Some(check.conclusion),
            title: Some(check.title.clone()),
            external_id: Some(check.digest()),
        }
    }
}
