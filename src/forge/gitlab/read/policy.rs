//! The policy files, as they stand on the branches that matter.

use super::{Parts, incomplete};
use crate::forge::gitlab::query::{Blob, Blobs, ChangeAnswer, QueryFailure};
use crate::forge::{PolicyText, PolicyTexts};
use crate::gate::change::{Change, Files};
use crate::gate::policy::{GITLAB_POLICY, ORGANISATION_POLICY};

/// A larger policy is no policy.
const MAX_BYTES: u64 = 1024 * 1024;

pub(super) fn texts(
    parts: &Parts,
    answer: &ChangeAnswer,
    change: &Change,
    full_path: &str,
    policy_project: &str,
) -> Result<PolicyTexts, QueryFailure> {
    let project = parts.answer.target_project.as_ref();
    let repository = project.and_then(|project| project.repository.as_ref());
    let repository = repository.ok_or_else(|| incomplete("GitLab left out the repository"))?;
    let name = |at: &str| format!("{full_path}@{at}:{GITLAB_POLICY}");
    let default = &change.default_branch;
    let base = (change.base.name != *default)
        .then(|| text(repository.base.as_ref(), &name(&change.base.name), &change.base.name));
    let head = change.head.short();
    Ok(PolicyTexts {
        file: GITLAB_POLICY,
        home: policy_project.to_owned(),
        organisation: organisation(answer, policy_project),
        repository: text(repository.usual.as_ref(), &name(default), default),
        base,
        proposed: may_touch(&change.files).then(|| text(repository.proposed.as_ref(), &name(head), head)),
    })
}

/// A list of files that is not whole may hold the policy.
fn may_touch(files: &Files) -> bool {
    match files {
        Files::Whole(files) => {
            files.iter().any(|file| file.path == GITLAB_POLICY || file.previous_path.as_deref() == Some(GITLAB_POLICY))
        }
        Files::Truncated { .. } => true,
    }
}

fn organisation(answer: &ChangeAnswer, policy_project: &str) -> PolicyText {
    // What does not exist and what we may not see look alike.
    let Some(project) = &answer.organisation else { return PolicyText::Absent };
    if !project.full_path.eq_ignore_ascii_case(policy_project) {
        let why = format!("{policy_project} is {} now; correct its name", project.full_path);
        return PolicyText::Unreadable { why };
    }
    let Some(repository) = &project.repository else { return PolicyText::Absent };
    let Some(branch) = repository.root_ref.as_deref() else { return PolicyText::Absent };
    text(repository.usual.as_ref(), &format!("{policy_project}@{branch}:{ORGANISATION_POLICY}"), branch)
}

fn text(blobs: Option<&Blobs>, name: &str, branch: &str) -> PolicyText {
    let unreadable = |why: &str| PolicyText::Unreadable { why: format!("{name} {why}") };
    let Some(nodes) = blobs.and_then(|blobs| blobs.nodes.as_ref()) else {
        return unreadable("was left out by GitLab");
    };
    let blob: &Blob = match nodes.as_slice() {
        [] => return PolicyText::Absent,
        [Some(blob)] => blob,
        _ => return unreadable("was left out by GitLab"),
    };
    if blob.raw_size.as_ref().and_then(super::query::Size::bytes).is_none_or(|bytes| bytes > MAX_BYTES) {
        return unreadable("is too large to be read");
    }
    match &blob.text {
        None => unreadable("is not text"),
        Some(text) => PolicyText::Text {
            name: name.to_owned(),
            branch: branch.to_owned(),
            oid: blob.oid.clone(),
            text: text.clone(),
        },
    }
}
