//! A project: what makes GitLab wait for the verdict there, and what opens of itself or can be gone around.

use serde_json::{Value, json};

use super::Finding;
use crate::cli::connect::gitlab::plan::RULE;
use crate::forge::gitlab::Mechanism;
use crate::forge::gitlab::setup::{BranchAccess, Place, ProjectSetup, Settings};

/// Who may push: <https://docs.gitlab.com/user/permissions/>
const DEVELOPER: i64 = 30;

/// How to have it put right.
const CONNECT: &str = "`seconder connect gitlab` shows what is missing, and does it with --apply";

/// A project as it was read.
pub(super) struct Read<'a> {
    pub(super) place: &'a Place,
    pub(super) setup: &'a ProjectSetup,
    pub(super) bot: (i64, &'a str),
    pub(super) bot_role: i64,
    /// The default branch, if it can be seen.
    pub(super) branch: Option<BranchAccess>,
    pub(super) webhook_url: &'a str,
    /// People asked about this very project, so it is meant to be gated.
    pub(super) is_named: bool,
}

/// All that is to be said of it.
pub(super) fn judge(read: &Read<'_>) -> Vec<Finding> {
    let mechanism = read.setup.mechanism(read.bot.0);
    let mut found = vec![required(read, mechanism)];
    found.extend(membership(read));
    found.extend(open_rules(read));
    found.extend(approval_settings(read, mechanism));
    found.extend(skipped(read, mechanism));
    found.extend(branch(read));
    found.extend(status_check(read, mechanism));
    found
}

fn required(read: &Read<'_>, mechanism: Mechanism) -> Finding {
    let (id, place) = ("required-check", read.place);
    let branch = read.setup.default_branch().unwrap_or("its default branch");
    let found = format!("`{branch}`: {}", mechanism.sentence());
    match mechanism {
        Mechanism::Both | Mechanism::BotApproval | Mechanism::VerdictJob => Finding::ok(id, place, found),
        Mechanism::Policy => Finding::warning(id, place, found)
            .why("a policy can leave out signed commits, branches and accounts, and its rules do not show that")
            .remedy(format!(
                "see that the policy says `commits: any` and makes no exceptions, or besides it: {CONNECT}"
            )),
        Mechanism::CommitStatus => Finding::error(id, place, found)
            .why("whoever is a developer there can set a status of that name")
            .remedy(format!("{CONNECT}; where the edition has no approval rules, with --verdict-job")),
        Mechanism::None => {
            let finding = if read.is_named { Finding::error } else { Finding::warning };
            finding(id, place, found)
                .why("changes merge whatever the check says")
                .remedy(format!("{CONNECT}; where the edition has no approval rules, with --verdict-job"))
        }
    }
}

fn membership(read: &Read<'_>) -> Option<Finding> {
    let bot = read.bot.1;
    (read.bot_role < DEVELOPER).then(|| {
        Finding::error("bot-role", read.place, format!("@{bot} is not Developer there"))
            .why("it can neither publish nor approve; and a rule that only it could satisfy counts as satisfied")
            .remedy(format!("add @{bot} as Developer, best to the top-level group, under Manage, Members"))
    })
}

/// Rules that need more approvers than there are: GitLab takes them as satisfied.
/// <https://docs.gitlab.com/user/project/merge_requests/approvals/rules/#invalid-rules>
fn open_rules(read: &Read<'_>) -> Vec<Finding> {
    let count = |rule: &Settings, name: &str| rule.get(name).and_then(Value::as_array).map_or(0, Vec::len);
    let finding = |rule: &Settings| {
        let name = rule.get("name").and_then(Value::as_str).unwrap_or_default();
        let kind = rule.get("rule_type").and_then(Value::as_str).unwrap_or("regular");
        let wanted = rule.get("approvals_required").and_then(Value::as_u64).unwrap_or(0);
        let eligible = u64::try_from(count(rule, "eligible_approvers")).unwrap_or(u64::MAX);
        if kind != "regular" || eligible >= wanted {
            return None;
        }
        let found = format!("approval rule {name:?} needs {wanted} approvals, and {eligible} accounts can give one");
        let found = if name.eq_ignore_ascii_case(RULE) {
            Finding::error("approval-rule-open", read.place, found)
        } else {
            Finding::warning("approval-rule-open", read.place, found)
        };
        Some(found.why("GitLab takes a rule that cannot be satisfied as satisfied: it holds nothing back").remedy(
            format!(
                "see whether those whom the rule names are still members that may approve; for {RULE:?}: @{}",
                read.bot.1
            ),
        ))
    };
    read.setup.rules.iter().flatten().filter_map(|(_, rule)| finding(rule)).collect()
}

fn approval_settings(read: &Read<'_>, mechanism: Mechanism) -> Vec<Finding> {
    let Some(stands) = &read.setup.approvals else { return Vec::new() };
    let is = |name: &str, value: bool| stands.get(name) == Some(&json!(value));
    let relies = mechanism == Mechanism::BotApproval;
    let weighed = |id, found: &str, why: &str| {
        let finding =
            if relies { Finding::error(id, read.place, found) } else { Finding::warning(id, read.place, found) };
        finding.why(why).remedy(CONNECT)
    };
    let mut all = Vec::new();
    if is("disable_overriding_approvers_per_merge_request", false) {
        all.push(weighed(
            "approval-override",
            "approval rules can be replaced in single merge requests",
            "whoever opens one can take the rule of the bot away",
        ));
    }
    if is("reset_approvals_on_push", false) {
        all.push(weighed(
            "approvals-kept",
            "approvals stay when commits are added",
            "between a push and the bot's taking its approval back, what nobody approved can be merged",
        ));
    }
    if is("merge_requests_author_approval", true) {
        let found = "authors may approve their own merge requests";
        all.push(
            Finding::warning("author-approval", read.place, found)
                .why("this gate never counts them, but the project's other approval rules do")
                .remedy(CONNECT),
        );
    }
    if is("merge_requests_disable_committers_approval", false) {
        let found = "those who added commits may approve";
        all.push(
            Finding::warning("committer-approval", read.place, found)
                .why("this gate never counts contributors, but the project's other approval rules do")
                .remedy(CONNECT),
        );
    }
    let reauthentication = ["require_reauthentication_to_approve", "require_password_to_approve"];
    if reauthentication.iter().any(|name| is(name, true)) {
        all.push(
            Finding::error("reauthentication", read.place, "whoever approves has to sign in anew")
                .why("a bot cannot: its rule is never satisfied, and nothing can be merged")
                .remedy("switch it off under Settings, Merge requests; or rely on a verdict job and remove the rule"),
        );
    }
    all
}

fn skipped(read: &Read<'_>, mechanism: Mechanism) -> Option<Finding> {
    let is_on = |name: &str| read.setup.settings.get(name) == Some(&json!(true));
    if !is_on("allow_merge_on_skipped_pipeline") || !is_on("only_allow_merge_if_pipeline_succeeds") {
        return None;
    }
    let found = "skipped pipelines count as successful";
    let finding = if mechanism < Mechanism::BotApproval { Finding::error } else { Finding::warning };
    Some(
        finding("skipped-pipelines", read.place, found.to_owned())
            .why("a commit that asks for no pipeline goes past everything that a pipeline is to wait for")
            .remedy("untick *Skipped pipelines are considered successful* under Settings, Merge requests"),
    )
}

fn branch(read: &Read<'_>) -> Option<Finding> {
    let id = "branch-open";
    let name = read.setup.default_branch()?;
    let access = read.branch?;
    if !access.is_protected {
        return Some(
            Finding::error(id, read.place, format!("`{name}` is not protected"))
                .why("every developer can push to it, past all that is required of merge requests")
                .remedy("protect it under Settings, Repository, Protected branches: allowed to push and merge: No one"),
        );
    }
    access.developers_can_push.then(|| {
        Finding::error(id, read.place, format!("developers may push to `{name}`"))
            .why("what is pushed directly meets no check")
            .remedy("under Settings, Repository, Protected branches, set *Allowed to push and merge* to No one")
    })
}

fn status_check(read: &Read<'_>, mechanism: Mechanism) -> Option<Finding> {
    let checks = read.setup.status_checks.as_ref()?;
    let is_there = checks.iter().any(|(_, address)| address.trim_end_matches('/') == read.webhook_url);
    (is_there && mechanism < Mechanism::VerdictJob).then(|| {
        Finding::error("status-check-only", read.place, "an external status check is all that waits for the verdict")
            .why("every developer of the project can answer it, with whatever they like")
            .remedy(CONNECT)
    })
}
