//! What must change on the forge so that it shows the verdict: nothing, if it already does.

use serde::{Deserialize, Serialize};

use super::ids::CommitSha;

/// Between the two digests of an external id.
const SEPARATOR: char = '-';

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

impl Check {
    /// SHA-256 over every field, hex.
    pub fn digest(&self) -> String {
        super::digest::of(self)
    }

    /// What [`Published::external_id`] holds once the whole check stands on the forge: the digest, and that of the
    /// annotations if there are any.
    pub fn external_id(&self) -> String {
        match self.annotations_digest() {
            Some(annotations) => format!("{}{SEPARATOR}{annotations}", self.digest()),
            None => self.digest(),
        }
    }

    fn annotations_digest(&self) -> Option<String> {
        (!self.annotations.is_empty()).then(|| super::digest::of(&self.annotations))
    }
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
    /// What we left as its external id: [`Check::external_id`]. `None` while not all of it was written.
    pub external_id: Option<String>,
}

/// One thing to do on the forge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Create a check run. One of the same name that stands on the commit is superseded by it.
    Create(Check),
    /// Bring the check run up to date.
    Update {
        /// Which one.
        check_run_id: i64,
        /// What it should say.
        check: Check,
        /// Whether its annotations are to be written. The forge adds them to those that stand there.
        annotate: bool,
    },
}

/// What must be done on the forge so that it shows this check; nothing when it already does.
///
/// Annotations cannot be taken back from a check run. Where others stand there, a new one takes its place.
pub fn plan(check: &Check, published: Option<&Published>) -> Option<Action> {
    let Some(published) = published else { return Some(Action::Create(check.clone())) };
    if published.shows(check) {
        return None;
    }
    let update = |annotate| Action::Update { check_run_id: published.check_run_id, check: check.clone(), annotate };
    Some(match (published.external_id.as_deref().map(digests), check.annotations_digest()) {
        (Some((_, standing)), wanted) if standing == wanted.as_deref() => update(false),
        (Some((_, None)), _) => update(true),
        _ => Action::Create(check.clone()),
    })
}

/// The digest of a check, and that of its annotations.
fn digests(external_id: &str) -> (&str, Option<&str>) {
    match external_id.split_once(SEPARATOR) {
        Some((check, annotations)) => (check, Some(annotations)),
        None => (external_id, None),
    }
}

impl Published {
    /// Whether what stands on the forge is exactly this check. The digest alone would do if nobody else could write
    /// there; conclusion and title are compared as well, because what they say is what merges.
    pub fn shows(&self, check: &Check) -> bool {
        self.conclusion == Some(check.conclusion)
            && self.title.as_deref() == Some(check.title.as_str())
            && self.external_id.as_deref() == Some(check.external_id().as_str())
    }

    /// The digest of the whole check that stands there.
    pub fn digest(&self) -> Option<&str> {
        self.external_id.as_deref().map(|id| digests(id).0)
    }

    /// What will stand there after this action, under the number that the forge gave.
    pub fn after(action: &Action, check_run_id: i64) -> Self {
        let (Action::Create(check) | Action::Update { check, .. }) = action;
        Self {
            check_run_id,
            conclusion: Some(check.conclusion),
            title: Some(check.title.clone()),
            external_id: Some(check.external_id()),
        }
    }
}
