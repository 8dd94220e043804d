//! Repositories: whether the check is required from the App, and what goes around it.

use super::finding::Finding;
use crate::forge::github::{BranchSetup, Bypass, Error, RepositorySettings};
use crate::gate::finding::Required;

/// Whether the default branch requires our check from us. `is_named`: people asked about this very repository, so it is
/// meant to be gated.
pub(super) fn required(
    name: &str,
    (branch, check, slug): (&str, &str, &str),
    read: &Result<Required, Error>,
    is_named: bool,
) -> Finding {
    let id = "required-check";
    let remedy = format!(
        "in {name}, under Settings, Rules, Rulesets, have an active ruleset for `{branch}` require the status check `{check}` with \
         the source {slug}; a ruleset of the organisation does it for all repositories"
    );
    match read {
        Ok(Required::Pinned) => Finding::ok(id, name, format!("`{branch}` requires `{check}` from this App")),
        Ok(Required::No) => {
            let found = format!("`{branch}` does not require `{check}`");
            let finding = if is_named { Finding::error(id, name, found) } else { Finding::warning(id, name, found) };
            finding.why("changes merge whatever the check says").remedy(remedy)
        }
        Ok(Required::Unpinned) => Finding::error(id, name, format!("`{branch}` takes `{check}` from anybody"))
            .why("whoever can write to the repository can set a status of that name")
            .remedy(remedy),
        Ok(Required::FromAnother) => {
            Finding::error(id, name, format!("`{branch}` requires `{check}` from another App"))
                .why("this App's check is never enough, and the other's always is")
                .remedy(remedy)
        }
        Err(error) => Finding::unchecked(
            id,
            name,
            &format!("whether `{branch}` requires `{check}`"),
            error,
            Some("*Administration*, read-only"),
        ),
    }
}

/// Whether being up to date is wanted without a queue to see to it.
pub(super) fn strict(name: &str, branch: &str, setup: &BranchSetup) -> Option<Finding> {
    (setup.is_strict && !setup.has_queue).then(|| {
        Finding::warning(
            "strict-without-queue",
            name,
            format!("`{branch}` wants changes to be up to date before they merge, and has no merge queue"),
        )
        .why(
            "every merge makes all other changes out of date, and an update is a new commit, for which earlier approvals do not \
             count. Whoever presses *Update branch* does not become a contributor, as long as the difference stays the same, \
             but somebody has to approve again",
        )
        .remedy(
            "use a merge queue, or take *Require branches to be up to date before merging* out of the ruleset",
        )
    })
}

/// Who may go past the rulesets of the default branch.
pub(super) fn bypass(name: &str, read: &Result<Bypass, Error>) -> Option<Finding> {
    let id = "ruleset-bypass";
    match read {
        Ok(Bypass { ruleset, actors: Some(actors) }) if !actors.is_empty() => {
            let found = format!("ruleset {ruleset:?} can be bypassed by: {}", actors.join(", "));
            Some(
                Finding::warning(id, name, found)
                    .why("they merge without the check; such merges are found afterwards, and not held back")
                    .remedy("shorten the ruleset's bypass list to those who may do so in an emergency"),
            )
        }
        Ok(Bypass { actors: Some(_), .. }) => None,
        Ok(Bypass { ruleset, actors: None }) => Some(
            Finding::info(id, name, format!("could not be checked: who may bypass ruleset {ruleset:?}"))
                .why("GitHub tells only those who may edit the ruleset")
                .remedy("look at the ruleset's bypass list; the App should not get the right to edit rules for this"),
        ),
        Err(error) => Some(Finding::unchecked(
            id,
            name,
            "who may bypass its rulesets",
            error,
            Some("*Administration*, read and write"),
        )),
    }
}

/// Whether workflows may approve changes. `about` is a repository or an organisation.
pub(super) fn actions(about: &str, takes: &str, read: &Result<bool, Error>) -> Option<Finding> {
    let id = "actions-approve";
    match read {
        Ok(false) => None,
        Ok(true) => Some(
            Finding::warning(id, about, "GitHub Actions may create and approve pull requests")
                .why(
                    "this gate ignores approvals by bots, but a native required review is satisfied by one: whoever can write a \
                     workflow can approve",
                )
                .remedy(
                    "under Settings, Actions, General, Workflow permissions, untick *Allow GitHub Actions to create and approve \
                     pull requests*",
                ),
        ),
        Err(error) => Some(Finding::unchecked(id, about, "whether GitHub Actions may approve", error, Some(takes))),
    }
}

/// Settings that are fine, and worth knowing about.
pub(super) fn settings(settings: &RepositorySettings) -> Vec<Finding> {
    let name = &settings.seen.name;
    if settings.is_archived {
        return vec![Finding::info("archived", name, "it is archived: nothing is published there, and nothing merges")];
    }
    let mut found = Vec::new();
    if settings.allows_auto_merge == Some(true) {
        found.push(
            Finding::info("auto-merge", name, "changes can be told to merge by themselves").why(
                "such a change merges the moment the check turns green: nobody can take back an approval after that",
            ),
        );
    }
    if settings.allows_update_branch == Some(true) {
        found.push(
            Finding::info("update-branch", name, "*Update branch* is always offered")
                .why("an update is a new commit, for which earlier approvals do not count"),
        );
    }
    found
}
