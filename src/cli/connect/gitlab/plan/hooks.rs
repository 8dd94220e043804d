//! Webhooks: one for each group where the edition has that, otherwise one for each project.

use serde_json::json;

use super::{Mark, Seen, SeenGroup, SeenProject, Step, ToDo, differing, moves};
use crate::cli::connect::gitlab::look::OWNER;
use crate::forge::gitlab::instance::SIGNING;
use crate::forge::gitlab::setup::{Hook, New, Place, PlaceKind, Settings};

const STEP: &str = "webhook";

/// What webhooks are planned from.
pub(super) struct Hooks<'a> {
    pub(super) seen: &'a Seen,
    pub(super) url: &'a str,
    pub(super) has_secret: bool,
}

/// What a webhook of ours is told of.
pub(in crate::cli) fn wanted(kind: PlaceKind) -> Settings {
    let always = [
        "enable_ssl_verification",
        "job_events",
        "merge_requests_events",
        "note_events",
        "pipeline_events",
        "push_events",
        "resource_access_token_events",
    ];
    let of_groups: &[&str] = if kind == PlaceKind::Group { &["member_events", "subgroup_events"] } else { &[] };
    always.iter().chain(of_groups).map(|name| ((*name).to_owned(), json!(true))).collect()
}

impl Hooks<'_> {
    pub(super) fn of_group(&self, group: &SeenGroup) -> Step {
        let SeenGroup { place, role, hooks, .. } = group;
        match hooks {
            Some(hooks) => self.of(place, hooks),
            None if *role < OWNER && self.seen.instance.is_enterprise => {
                Step::new(place, STEP, Mark::Cannot, "the group's webhooks are not shown").why(format!(
                    "that takes the role Owner in {}; have an Owner run this, or name projects with --project for \
                     webhooks of their own",
                    place.path
                ))
            }
            None => Step::new(place, STEP, Mark::Leave, "no webhooks of groups in this edition")
                .why("each project gets one of its own; run this again for projects that are made later"),
        }
    }

    pub(super) fn of_project(&self, project: &SeenProject) -> Step {
        let place = &project.place;
        if let Some(group) = self.covering(place) {
            return Step::new(place, STEP, Mark::Leave, format!("the webhook of {} covers it", group.place));
        }
        match &project.hooks {
            Some(hooks) => self.of(place, hooks),
            None => Step::new(place, STEP, Mark::Cannot, "the project's webhooks are not shown").why(takes(place)),
        }
    }

    /// A group above whose webhook is there, or is going to be.
    fn covering(&self, project: &Place) -> Option<&SeenGroup> {
        let is_above = |group: &&SeenGroup| {
            let rest = project.path.strip_prefix(&group.place.path);
            rest.is_some_and(|rest| rest.starts_with('/'))
        };
        let covers = |group: &&SeenGroup| {
            let hooks = group.hooks.as_deref();
            hooks.is_some_and(|hooks| group.is_asked || hooks.iter().any(|hook| hook.url == self.url))
        };
        self.seen.groups.iter().filter(is_above).find(covers)
    }

    fn of(&self, place: &Place, hooks: &[Hook]) -> Step {
        let wanted = wanted(place.kind);
        let lacks_secret = "the server's configuration has no secret that this GitLab can use: add one to \
                            webhook_secret_tokens, as its version does not sign";
        let Some(hook) = hooks.iter().find(|hook| hook.url == self.url) else {
            if !self.has_secret {
                return Step::new(place, STEP, Mark::Cannot, "none").why(lacks_secret);
            }
            let events: Vec<&str> = wanted.keys().filter_map(|name| name.strip_suffix("_events")).collect();
            let says = format!("none -> {} for {}", self.url, events.join(", "));
            let mut settings = wanted;
            settings.insert("url".to_owned(), json!(self.url));
            let to_do = ToDo::Create { new: New::Hook, place: place.clone(), settings };
            return Step::new(place, STEP, Mark::Create, says).doing(to_do);
        };
        let (before, after) = differing(&hook.settings, &wanted);
        let adds_secret = self.seen.instance.has(SIGNING) && hook.is_signing == Some(false) && self.has_secret;
        if after.is_empty() && !adds_secret {
            return Step::new(place, STEP, Mark::Leave, format!("{}, told of all that is needed", self.url));
        }
        let mut says = moves(&before, &after);
        if adds_secret {
            says.push_str(if says.is_empty() { "signing token: none -> set" } else { ", signing token: none -> set" });
        }
        let to_do = ToDo::Change { resource: hook.resource.clone(), before, after, adds_secret };
        Step::new(place, STEP, Mark::Change, says).doing(to_do)
    }
}

/// Why something of a project cannot be done.
pub(super) fn takes(place: &Place) -> String {
    format!("that takes the role Maintainer in {place}; have a Maintainer or Owner run this")
}
