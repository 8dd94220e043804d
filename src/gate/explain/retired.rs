//! The check of the mode that is not in force. It is kept up to date by nobody, so it must not be taken for a verdict.

use super::check_name;
use crate::gate::ids::CommitSha;
use crate::gate::plan::{Check, Conclusion};
use crate::gate::policy::Mode;

/// What is to stand where a check of the other mode stood, now that the policy is in this mode. Never a pass: a ruleset
/// may require either name, and nobody judges that check again.
pub fn retired(head: &CommitSha, base: &str, in_force: Mode, details_url: Option<String>) -> Check {
    let kept = check_name(base, in_force);
    let (other, title, summary) = match in_force {
        Mode::Preview => (
            Mode::Enforce,
            "Not judged: the policy is in preview",
            format!(
                "The policy of this branch is in preview: its verdict is published as `{kept}`, which nothing needs to \
                 require. What stood here was true once, and is kept up to date by nobody, so it is withdrawn.\n\nIf a \
                 ruleset requires `{base}` here, changes wait until it no longer does, or until the policy says \
                 `mode: enforce`."
            ),
        ),
        Mode::Enforce => (
            Mode::Preview,
            "Out of date: the policy is enforced",
            format!(
                "The policy of this branch is enforced: its verdict is published as `{kept}`. What stood here was a \
                 preview, and is kept up to date by nobody. No ruleset should require it."
            ),
        ),
    };
    Check {
        name: check_name(base, other),
        head: head.clone(),
        conclusion: Conclusion::ActionRequired,
        title: title.to_owned(),
        summary,
        annotations: Vec::new(),
        details_url,
    }
}
