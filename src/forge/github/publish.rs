//! Publishing a check: one check run per commit and name, completed, with a conclusion that either passes or blocks.

use http::Method;
use serde::Serialize;

use super::Error;
use super::client::{Call, GitHub, path};
use super::read::split_name;
use super::wire::{conclusion, rest};
use crate::gate::ids::CommitSha;
use crate::gate::plan::{Action, Annotation, Check, Conclusion, Published};
use crate::gate::witnessed::SeenRepository;

/// GitHub takes no longer summaries.
const MAX_SUMMARY_BYTES: usize = 65_535;
/// GitHub takes no more annotations in one call; it adds those of later calls to the earlier ones.
const MAX_ANNOTATIONS: usize = 50;

#[derive(Serialize)]
struct CheckRun<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    head_sha: Option<&'a str>,
    status: &'static str,
    conclusion: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    details_url: Option<&'a str>,
    output: Output<'a>,
}

#[derive(Serialize)]
struct Output<'a> {
    title: &'a str,
    summary: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    annotations: Vec<WireAnnotation<'a>>,
}

#[derive(Serialize)]
struct WireAnnotation<'a> {
    path: &'a str,
    start_line: u32,
    end_line: u32,
    start_column: u32,
    end_column: u32,
    annotation_level: &'static str,
    message: &'a str,
}

impl<'a> From<&'a Annotation> for WireAnnotation<'a> {
    fn from(annotation: &'a Annotation) -> Self {
        Self {
            path: &annotation.path,
            start_line: annotation.line,
            end_line: annotation.line,
            start_column: annotation.column,
            end_column: annotation.column,
            annotation_level: if annotation.is_failure { "failure" } else { "warning" },
            message: &annotation.message,
        }
    }
}

impl GitHub {
    /// Carries out one action, and says what stands on the forge then.
    ///
    /// [`Error::Uncertain`] means that the check may or may not stand: read it back with
    /// [`GitHub::find_published`] before repeating.
    pub async fn apply(&self, repo: &SeenRepository, action: &Action) -> Result<Published, Error> {
        let (owner, name) = split_name(&repo.name)?;
        let check = match action {
            Action::Create(check) | Action::Update { check, .. } => check,
        };
        let what = format!("check {} on {} of {}", check.name, check.head.short(), repo.name);
        let external_id = check.external_id();
        let (mut run_id, annotate) = match action {
            Action::Create(_) => (None, true),
            Action::Update { check_run_id, annotate, .. } => (Some(*check_run_id), *annotate),
        };
        let annotations: &[Annotation] = if annotate { &check.annotations } else { &[] };
        let mut pages: Vec<&[Annotation]> = annotations.chunks(MAX_ANNOTATIONS).collect();
        if pages.is_empty() {
            pages.push(&[]);
        }
        let mut published = None;
        for (i, annotations) in pages.iter().enumerate() {
            let is_last = i + 1 == pages.len();
            // It says that the check is complete, so it comes with the last call.
            let body = check_run(check, run_id.is_none(), is_last.then_some(&external_id), annotations);
            let (method, path) = match run_id {
                None => (Method::POST, path(&["repos", owner, name, "check-runs"], &[])),
                Some(id) => (Method::PATCH, path(&["repos", owner, name, "check-runs", &id.to_string()], &[])),
            };
            let call = Call::write(method, path, &body, &what)?;
            // Written, but by an answer that is not understood: as uncertain as one that was lost.
            let unread =
                |_| Error::Uncertain { what: what.clone(), why: "GitHub's answer is not understood".to_owned() };
            let run: rest::CheckRun = self.send(repo.installation, &call).await?.json(&what).map_err(unread)?;
            run_id = Some(run.id);
            published = Some(run.into());
        }
        published.ok_or_else(|| Error::broken(what, "nothing was written"))
    }

    /// Our newest check of this name on a commit, as it stands now.
    pub async fn find_published(
        &self,
        repo: &SeenRepository,
        head: &CommitSha,
        name: &str,
    ) -> Result<Option<Published>, Error> {
        let (owner, repository) = split_name(&repo.name)?;
        let what = format!("check {name} on {} of {}", head.short(), repo.name);
        let app_id = self.app_id().to_string();
        let parameters = [("check_name", name), ("app_id", app_id.as_str()), ("filter", "latest"), ("per_page", "100")];
        let path = path(&["repos", owner, repository, "commits", head.as_str(), "check-runs"], &parameters);
        let runs: rest::CheckRuns = self.send(repo.installation, &Call::get(path, &what)).await?.json(&what)?;
        let newest = runs.check_runs.into_iter().filter(|run| run.name == name).max_by_key(|run| run.id);
        Ok(newest.map(Published::from))
    }
}

impl From<rest::CheckRun> for Published {
    fn from(run: rest::CheckRun) -> Self {
        Self {
            check_run_id: run.id,
            conclusion: conclusion(&run.status, run.conclusion.as_deref()),
            title: run.output.and_then(|output| output.title),
            external_id: run.external_id.filter(|id| !id.is_empty()),
        }
    }
}

fn check_run<'a>(
    check: &'a Check,
    is_new: bool,
    external_id: Option<&'a String>,
    annotations: &'a [Annotation],
) -> CheckRun<'a> {
    CheckRun {
        name: &check.name,
        head_sha: is_new.then(|| check.head.as_str()),
        status: "completed",
        conclusion: match check.conclusion {
            Conclusion::Success => "success",
            Conclusion::ActionRequired => "action_required",
        },
        external_id: external_id.map(String::as_str),
        details_url: check.details_url.as_deref(),
        output: Output {
            title: &check.title,
            summary: cut(&check.summary, MAX_SUMMARY_BYTES),
            annotations: annotations.iter().map(WireAnnotation::from).collect(),
        },
    }
}

/// The longest beginning of at most so many bytes that ends between two characters.
fn cut(text: &str, max_bytes: usize) -> &str {
    let end = (0..=max_bytes.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or_default()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
