//! Doing what a plan says, with a record of it kept beside.

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use super::Asked;
use super::plan::{Plan, Step, ToDo};
use super::undo::{Done, Record};
use crate::cli::progress::Progress;
use crate::forge::gitlab::GitLab;
use crate::forge::gitlab::setup::{HookSecret, New, Resource, Settings};

/// Whether a step gives a webhook its secret.
pub(super) fn needs_secret(step: &Step) -> bool {
    matches!(step.to_do, Some(ToDo::Create { new: New::Hook, .. } | ToDo::Change { adds_secret: true, .. }))
}

/// Does all steps in their order; the first that fails ends it. How many there were.
pub(super) async fn apply(
    forge: &GitLab,
    asked: &Asked,
    plan: &Plan,
    secret: Option<&HookSecret>,
    progress: &Progress,
) -> anyhow::Result<usize> {
    let mut done = 0;
    if !plan.changes_anything() {
        return Ok(done);
    }
    let path = asked.undo_file.as_path();
    let mut record = Record::open(path, &asked.url)?;
    for step in &plan.steps {
        let Some(to_do) = &step.to_do else { continue };
        progress.say(format!("{}: {}", step.place, step.step));
        // On record before it is sent: what happened to a call that was cut off is seen by looking.
        record.changes.push(Done::of(step.step, to_do));
        record.save(path)?;
        let secret = secret.filter(|_| needs_secret(step));
        let made = send(forge, to_do, secret).await.with_context(|| {
            format!("{}: {}; what was done before is in {}, for --undo", step.place, step.step, path.display())
        })?;
        if let Some(last) = record.changes.last_mut() {
            last.made(made);
        }
        record.save(path)?;
        done += 1;
    }
    Ok(done)
}

async fn send(forge: &GitLab, to_do: &ToDo, secret: Option<&HookSecret>) -> anyhow::Result<(Resource, Settings)> {
    let (resource, stands, wanted) = match to_do {
        ToDo::Create { new, place, settings } => {
            let (resource, stands) = forge.create(*new, place, settings, secret).await?;
            (resource, stands, settings)
        }
        ToDo::Change { resource, after, .. } => (resource.clone(), forge.change(resource, after, secret).await?, after),
    };
    if matches!(resource, Resource::ApprovalRule { .. }) && !is_satisfiable(&stands, wanted) {
        if matches!(to_do, ToDo::Create { .. }) {
            forge.delete(&resource).await?;
        }
        bail!(
            "GitLab did not take the bot account for an approver; a rule that nobody can satisfy holds nothing back, and was \
             not kept. See whether the account is a direct member that may approve"
        );
    }
    // What an instance does not know it does not show: that is no failure.
    let kept: Settings = wanted.iter().filter(|(name, _)| stands.contains_key(*name)).map(owned).collect();
    let other: Vec<&str> =
        kept.iter().filter(|(name, value)| stands.get(*name) != Some(*value)).map(|(name, _)| name.as_str()).collect();
    if !other.is_empty() {
        bail!("GitLab kept {} as it was: a group above, or the instance, may decide it", other.join(", "));
    }
    Ok((resource, kept))
}

fn owned((name, value): (&String, &Value)) -> (String, Value) {
    (name.clone(), value.clone())
}

/// Whether those whom a rule is for can approve by it.
fn is_satisfiable(stands: &Settings, wanted: &Settings) -> bool {
    let Some(users) = wanted.get("user_ids").and_then(Value::as_array) else { return true };
    let eligible = stands.get("eligible_approvers").and_then(Value::as_array).into_iter().flatten();
    let eligible: Vec<&Value> = eligible.filter_map(|user| user.get("id")).collect();
    users.iter().all(|user| eligible.contains(&user)) && stands.get("user_ids") == Some(&json!(users))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_that_lost_its_approver_on_the_way_is_not_kept() {
        let settings = |value: Value| serde_json::from_value::<Settings>(value).unwrap();
        let wanted = settings(json!({ "user_ids": [7] }));
        let stands =
            |users: Value, eligible: Value| settings(json!({ "user_ids": users, "eligible_approvers": eligible }));
        assert!(is_satisfiable(&stands(json!([7]), json!([{ "id": 7 }])), &wanted));
        assert!(!is_satisfiable(&stands(json!([]), json!([])), &wanted));
        assert!(!is_satisfiable(&stands(json!([7]), json!([])), &wanted));
        // Nobody else may give it.
        assert!(!is_satisfiable(&stands(json!([7, 8]), json!([{ "id": 7 }, { "id": 8 }])), &wanted));
    }
}
