//! What would be done, step by step. Nothing in here asks or changes anything.

mod hooks;
mod project;

use serde::Serialize;

pub(in crate::cli) use hooks::wanted as wanted_hook;
pub(in crate::cli) use project::RULE;

use super::Asked;
use super::look::{Seen, SeenGroup, SeenProject};
use crate::forge::gitlab::Mechanism;
use crate::forge::gitlab::setup::{New, Place, Resource, Settings};

/// What becomes of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mark {
    /// It is made.
    Create,
    /// It is there, and is changed.
    Change,
    /// It stays as it is.
    Leave,
    /// It would have to be done, and cannot. While there is such a step, nothing is changed.
    Cannot,
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// Where.
    pub place: String,
    /// What it is about.
    pub step: &'static str,
    /// What becomes of it.
    pub mark: Mark,
    /// What stands there now, or would stand there: for people.
    pub says: String,
    /// Why it is as it is, or what to do by hand.
    pub why: Option<String>,
    #[serde(skip)]
    pub(super) to_do: Option<ToDo>,
}

/// What is sent.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ToDo {
    Create { new: New, place: Place, settings: Settings },
    Change { resource: Resource, before: Settings, after: Settings, adds_secret: bool },
}

/// What enforces a verdict on the default branch of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worth {
    /// The project.
    pub project: String,
    /// As it is.
    pub now: Mechanism,
    /// As it would be.
    pub then: Mechanism,
    /// What would make it stronger on this edition.
    pub hint: Option<&'static str>,
}

/// What would be done, and what it is worth.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// In the order in which they are done.
    pub steps: Vec<Step>,
    /// What results, by project.
    pub worth: Vec<Worth>,
}

impl Plan {
    /// How many steps have this mark.
    pub fn count(&self, mark: Mark) -> usize {
        self.steps.iter().filter(|step| step.mark == mark).count()
    }

    /// Whether there is anything to change.
    pub fn changes_anything(&self) -> bool {
        self.steps.iter().any(|step| step.to_do.is_some())
    }
}

impl Step {
    fn new(place: &Place, step: &'static str, mark: Mark, says: impl Into<String>) -> Self {
        Self { place: place.to_string(), step, mark, says: says.into(), why: None, to_do: None }
    }

    fn why(mut self, why: impl Into<String>) -> Self {
        self.why = Some(why.into());
        self
    }

    fn doing(mut self, to_do: ToDo) -> Self {
        self.to_do = Some(to_do);
        self
    }
}

/// Plans what is missing. `has_secret` tells whether there is a secret for new webhooks.
pub(super) fn plan(seen: &Seen, asked: &Asked, has_secret: bool) -> Plan {
    let hooks = hooks::Hooks { seen, url: &asked.webhook_url, has_secret };
    let mut steps: Vec<Step> =
        seen.groups.iter().filter(|group| group.is_asked).map(|group| hooks.of_group(group)).collect();
    let mut worth = Vec::new();
    for project in &seen.projects {
        steps.push(hooks.of_project(project));
        let (more, then) = project::plan(seen, project, asked);
        steps.extend(more);
        worth.push(then);
    }
    Plan { steps, worth }
}

/// Those of these settings that stand otherwise, as they are. What is not shown does not exist there.
fn differing(now: &Settings, wanted: &Settings) -> (Settings, Settings) {
    let mut before = Settings::new();
    let mut after = Settings::new();
    for (name, value) in wanted {
        let Some(stands) = now.get(name) else { continue };
        let stands = match (stands, value) {
            // What nobody ever touched is null, and means this.
            (serde_json::Value::Null, serde_json::Value::Bool(_)) => &serde_json::Value::Bool(false),
            (serde_json::Value::Null, serde_json::Value::String(_)) => &serde_json::Value::String(String::new()),
            (stands, _) => stands,
        };
        if stands != value {
            before.insert(name.clone(), stands.clone());
            after.insert(name.clone(), value.clone());
        }
    }
    (before, after)
}

/// `name: false -> true`, one after the other.
fn moves(before: &Settings, after: &Settings) -> String {
    let one = |(name, to): (&String, &serde_json::Value)| {
        let from = before.get(name).cloned().unwrap_or_default();
        format!("{name}: {from} -> {to}")
    };
    after.iter().map(one).collect::<Vec<_>>().join(", ")
}
