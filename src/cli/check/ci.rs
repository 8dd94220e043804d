//! What a CI job says of the change that it runs for.
//!
//! GitHub Actions: <https://docs.github.com/en/actions/reference/workflows-and-actions/variables>; GitLab CI:
//! <https://docs.gitlab.com/ci/variables/predefined_variables/>.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;

use anyhow::Context as _;

use super::event::{Event, MergeGroup, PullRequest};
use super::opener::Account;

/// The largest payload that is read, in bytes. GitHub caps them at 25 MB.
const LARGEST_EVENT_BYTES: u64 = 32 << 20;

/// What is known of a change, besides its commits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Ci {
    /// The job's forge, for people; `None` outside of any job.
    pub(super) name: Option<&'static str>,
    /// The forge's host.
    pub(super) host: Option<String>,
    /// Where the base is, best first: references of the clone, or commits.
    pub(super) bases: Vec<String>,
    /// The head commit.
    pub(super) head: Option<String>,
    pub(super) number: Option<i64>,
    pub(super) branch: Option<String>,
    pub(super) base_branch: Option<String>,
    pub(super) default_branch: Option<String>,
    pub(super) body: Option<String>,
    /// Whether the job has only the beginning of the description: GitLab cuts it after 2,700 characters.
    pub(super) is_body_cut: bool,
    pub(super) labels: Vec<String>,
    pub(super) opener: Option<Account>,
    /// Who pushed the head, where the job says so.
    pub(super) pusher: Option<Account>,
    /// The repository's number and `owner/name`.
    pub(super) repository: Option<(i64, String)>,
    /// The owner's number and login.
    pub(super) owner: Option<(i64, String)>,
}

/// The job that these variables are of, if they are of one.
pub(super) fn found(environment: impl Iterator<Item = (String, String)>) -> anyhow::Result<Option<Ci>> {
    let all: BTreeMap<String, String> = environment.filter(|(_, value)| !value.is_empty()).collect();
    let is_true = |name: &str| all.get(name).is_some_and(|value| value == "true");
    if is_true("GITHUB_ACTIONS") {
        return github(&all).map(Some);
    }
    Ok(is_true("GITLAB_CI").then(|| gitlab(&all)))
}

fn github(all: &BTreeMap<String, String>) -> anyhow::Result<Ci> {
    let event = match all.get("GITHUB_EVENT_PATH") {
        Some(path) => event(path).context("GITHUB_EVENT_PATH")?,
        None => Event::default(),
    };
    let host = all.get("GITHUB_SERVER_URL").and_then(|url| url.split_once("://")).map(|(_, host)| host);
    let repository = event.repository.unwrap_or_default();
    let owner = repository.owner.as_ref().and_then(|owner| Some((owner.id?, owner.login.clone()?)));
    let mut ci = Ci {
        name: Some("GitHub Actions"),
        host: host.map(|host| host.trim_end_matches('/').to_owned()),
        branch: all.get("GITHUB_HEAD_REF").cloned(),
        base_branch: all.get("GITHUB_BASE_REF").cloned(),
        default_branch: repository.default_branch,
        repository: repository.id.zip(repository.full_name),
        owner,
        ..Ci::default()
    };
    let is_push = event.action.as_deref() == Some("synchronize");
    if let Some(change) = event.pull_request {
        let PullRequest { number, body, user, labels, head, base } = change;
        ci.number = number;
        ci.body = body;
        ci.opener = user.and_then(|user| user.account());
        // Only of a push does the event's sender say who pushed.
        ci.pusher = event.sender.filter(|_| is_push).and_then(|sender| sender.account());
        ci.labels = labels.into_iter().filter_map(|label| label.name).collect();
        ci.branch = head.name.or(ci.branch);
        ci.base_branch = base.name.or(ci.base_branch);
        ci.head = head.sha;
        ci.bases = ci.base_branch.iter().map(|name| format!("refs/remotes/origin/{name}")).collect();
        ci.bases.extend(base.sha);
    } else if let Some(MergeGroup { base_sha, head_sha }) = event.merge_group {
        ci.bases = base_sha.into_iter().collect();
        ci.head = head_sha;
    }
    Ok(ci)
}

fn event(path: &str) -> anyhow::Result<Event> {
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(LARGEST_EVENT_BYTES).read_to_end(&mut bytes))?;
    Ok(serde_json::from_slice(&bytes)?)
}

fn gitlab(all: &BTreeMap<String, String>) -> Ci {
    let one = |name: &str| all.get(name).cloned();
    let number = |name: &str| all.get(name)?.parse::<i64>().ok();
    let base_branch = one("CI_MERGE_REQUEST_TARGET_BRANCH_NAME");
    let remote = base_branch.iter().map(|name| format!("refs/remotes/origin/{name}"));
    let known = [one("CI_MERGE_REQUEST_TARGET_BRANCH_SHA"), one("CI_MERGE_REQUEST_DIFF_BASE_SHA")];
    let labels = one("CI_MERGE_REQUEST_LABELS").unwrap_or_default();
    let labels = labels.split(',').map(str::trim).filter(|label| !label.is_empty());
    let is_merge_request = all.contains_key("CI_MERGE_REQUEST_IID");
    Ci {
        name: Some("GitLab CI"),
        host: one("CI_SERVER_HOST"),
        bases: if is_merge_request { known.into_iter().flatten().chain(remote).collect() } else { Vec::new() },
        // In a pipeline on the merged result, the job's own commit is that merge.
        head: one("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA").or_else(|| one("CI_COMMIT_SHA")).filter(|_| is_merge_request),
        number: number("CI_MERGE_REQUEST_IID"),
        branch: one("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME"),
        base_branch,
        default_branch: one("CI_DEFAULT_BRANCH"),
        body: one("CI_MERGE_REQUEST_DESCRIPTION"),
        is_body_cut: one("CI_MERGE_REQUEST_DESCRIPTION_IS_TRUNCATED").is_some_and(|value| value == "true"),
        labels: labels.map(str::to_owned).collect(),
        // Whoever started the pipeline: GitLab does not tell a job who opened its merge request.
        opener: one("GITLAB_USER_LOGIN").map(|login| Account { login, id: number("GITLAB_USER_ID"), is_bot: false }),
        pusher: None,
        repository: number("CI_PROJECT_ID").zip(one("CI_PROJECT_PATH")),
        owner: number("CI_PROJECT_NAMESPACE_ID").zip(one("CI_PROJECT_ROOT_NAMESPACE")),
    }
}
