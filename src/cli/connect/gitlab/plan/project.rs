//! What makes a project wait for the verdict: an approval rule, the settings that keep it from being gone around, a verdict
//! job.

use serde_json::{Value, json};

use super::hooks::takes;
use super::{Mark, Seen, SeenProject, Step, ToDo, Worth, differing, moves};
use crate::cli::connect::gitlab::look::{DEVELOPER, MAINTAINER};
use crate::cli::connect::gitlab::{Asked, VerdictJob};
use crate::forge::gitlab::Mechanism;
use crate::forge::gitlab::setup::{New, Resource, Settings};

/// The name of our approval rule.
pub(in crate::cli) const RULE: &str = "Seconder";

/// Approval settings without which a rule can be gone around, and what they should be.
/// <https://docs.gitlab.com/user/project/merge_requests/approvals/settings/>
pub(in crate::cli) const APPROVAL_SETTINGS: [(&str, bool); 4] = [
    ("disable_overriding_approvers_per_merge_request", true),
    ("merge_requests_author_approval", false),
    ("merge_requests_disable_committers_approval", true),
    ("reset_approvals_on_push", true),
];

/// The steps for a project, and what they are worth.
pub(super) fn plan(seen: &Seen, project: &SeenProject, asked: &Asked) -> (Vec<Step>, Worth) {
    let mut steps = vec![membership(seen, project)];
    steps.push(rule(seen, project));
    steps.extend(approval_settings(project));
    steps.extend(asked.verdict_job.as_ref().map(|job| verdict_job(seen, project, job)));
    steps.extend(status_check(project, &asked.webhook_url));
    let worth = worth(seen, project, asked, &steps);
    (steps, worth)
}

fn worth(seen: &Seen, project: &SeenProject, asked: &Asked, steps: &[Step]) -> Worth {
    let now = project.setup.mechanism(seen.bot.id);
    let is_possible = !steps.iter().any(|step| step.mark == Mark::Cannot);
    let has_rules = project.setup.rules.is_some();
    // The project that holds the job is not bound by a file of its own.
    let is_asked = asked.verdict_job.as_ref().is_some_and(|job| !job.project.eq_ignore_ascii_case(&project.place.path));
    let has_job = is_asked || matches!(now, Mechanism::VerdictJob | Mechanism::Both);
    let has_pipeline = has_job || now == Mechanism::CommitStatus;
    let then = if is_possible { now.max(Mechanism::of(has_rules, has_job, has_pipeline)) } else { now };
    let hint = match then {
        Mechanism::None | Mechanism::CommitStatus if !has_rules => {
            Some("--verdict-job makes GitLab wait for the verdict on this edition")
        }
        Mechanism::BotApproval => Some("--verdict-job besides would hold where an approval rule opens of itself"),
        _ => None,
    };
    Worth { project: project.place.path.clone(), now, then, hint }
}

/// Users that are no members are dropped from rules without a word, and a rule without approvers counts as satisfied.
fn membership(seen: &Seen, project: &SeenProject) -> Step {
    let (place, bot) = (&project.place, &seen.bot.username);
    if project.bot_role >= DEVELOPER {
        return Step::new(place, "bot account", Mark::Leave, format!("@{bot} may read, comment and approve"));
    }
    let is = if project.bot_role == 0 { "is no member" } else { "has a role below Developer" };
    Step::new(place, "bot account", Mark::Cannot, format!("@{bot} {is}")).why(format!(
        "add it as Developer, best to the top-level group: Manage > Members > Invite members, @{bot}, Developer, without \
         an end"
    ))
}

fn rule(seen: &Seen, project: &SeenProject) -> Step {
    const STEP: &str = "approval rule";
    let place = &project.place;
    let Some(rules) = &project.setup.rules else {
        return match project.role {
            MAINTAINER.. => Step::new(place, STEP, Mark::Leave, "no approval rules in this edition")
                .why("they come with Premium; approvals are optional here, and hold nothing back"),
            _ => Step::new(place, STEP, Mark::Cannot, "approval rules are not shown").why(takes(place)),
        };
    };
    let wanted: Settings = [
        ("applies_to_all_protected_branches", json!(true)),
        ("approvals_required", json!(1)),
        ("group_ids", json!([])),
        ("name", json!(RULE)),
        ("user_ids", json!([seen.bot.id])),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    let bot = &seen.bot.username;
    let is_named = |(_, rule): &&(Resource, Settings)| {
        rule.get("name").and_then(Value::as_str).is_some_and(|name| name.eq_ignore_ascii_case(RULE))
    };
    let Some((resource, stands)) = rules.iter().find(is_named) else {
        let says = format!("none -> {RULE}: 1 approval, which only @{bot} can give, on all protected branches");
        let to_do = ToDo::Create { new: New::ApprovalRule, place: place.clone(), settings: wanted };
        return permitted(project, Step::new(place, STEP, Mark::Create, says).doing(to_do));
    };
    let (before, after) = differing(stands, &wanted);
    if after.is_empty() {
        let says = format!("{RULE}: 1 approval, which only @{bot} can give, on all protected branches");
        return Step::new(place, STEP, Mark::Leave, says);
    }
    let says = moves(&before, &after);
    let to_do = ToDo::Change { resource: resource.clone(), before, after, adds_secret: false };
    permitted(project, Step::new(place, STEP, Mark::Change, says).doing(to_do))
}

fn approval_settings(project: &SeenProject) -> Option<Step> {
    const STEP: &str = "approval settings";
    let place = &project.place;
    let stands = project.setup.approvals.as_ref().filter(|_| project.setup.rules.is_some())?;
    let reauthentication = ["require_reauthentication_to_approve", "require_password_to_approve"];
    if let Some(name) = reauthentication.iter().find(|name| stands.get(**name) == Some(&json!(true))) {
        return Some(Step::new(place, STEP, Mark::Cannot, format!("{name}: true")).why(
            "a bot cannot sign in anew to approve, so that nothing could be merged; switch it off under Settings > Merge \
             requests, or there for the group",
        ));
    }
    let wanted: Settings = APPROVAL_SETTINGS.map(|(name, value)| (name.to_owned(), json!(value))).into();
    let (before, after) = differing(stands, &wanted);
    if after.is_empty() {
        return Some(Step::new(place, STEP, Mark::Leave, "the rule cannot be gone around by them"));
    }
    let says = moves(&before, &after);
    let resource = Resource::ApprovalSettings { place: place.clone() };
    let to_do = ToDo::Change { resource, before, after, adds_secret: false };
    Some(permitted(project, Step::new(place, STEP, Mark::Change, says).doing(to_do)))
}

fn verdict_job(seen: &Seen, project: &SeenProject, job: &VerdictJob) -> Step {
    const STEP: &str = "verdict job";
    let place = &project.place;
    let wanted: Settings = [
        ("allow_merge_on_skipped_pipeline", json!(false)),
        ("ci_config_path", json!(job.to_string())),
        ("only_allow_merge_if_pipeline_succeeds", json!(true)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    if !seen.has_job_file {
        let why =
            format!("commit the job below as {} to {} first, where developers cannot push", job.file, job.project);
        return Step::new(place, STEP, Mark::Cannot, format!("{job} is not there")).why(why);
    }
    if job.project.eq_ignore_ascii_case(&place.path) {
        return Step::new(place, STEP, Mark::Leave, "its own pipeline stays as it is")
            .why("the job of this project stands in itself, where its developers could change it");
    }
    let missing = wanted.keys().any(|name| !project.setup.settings.contains_key(name));
    if missing && project.role < MAINTAINER {
        return Step::new(place, STEP, Mark::Cannot, "the project's settings are not shown").why(takes(place));
    }
    let (before, after) = differing(&project.setup.settings, &wanted);
    if after.is_empty() {
        return Step::new(place, STEP, Mark::Leave, format!("{job}, and pipelines must succeed"));
    }
    let says = moves(&before, &after);
    let replaces = after.contains_key("ci_config_path");
    let resource = Resource::Project { place: place.clone() };
    let to_do = ToDo::Change { resource, before, after, adds_secret: false };
    let step = Step::new(place, STEP, Mark::Change, says).doing(to_do);
    let step = if replaces {
        step.why(
            "this project's pipeline is then what that file says: have it include the project's own, as the job below",
        )
    } else {
        step
    };
    permitted(project, step)
}

/// For display only: whoever is a developer can answer it, so that it makes nothing safer.
fn status_check(project: &SeenProject, url: &str) -> Option<Step> {
    let checks = project.setup.status_checks.as_ref()?;
    let is_there = checks.iter().any(|(_, address)| address == url);
    let says = if is_there { "there, for display" } else { "none; optional, for display" };
    let step = Step::new(&project.place, "external status check", Mark::Leave, says);
    Some(step.why("every developer of the project can answer it as well: it shows the verdict, and enforces nothing"))
}

/// A step that changes a project, if the role allows it.
fn permitted(project: &SeenProject, step: Step) -> Step {
    if project.role >= MAINTAINER {
        return step;
    }
    Step { mark: Mark::Cannot, to_do: None, why: Some(takes(&project.place)), ..step }
}
