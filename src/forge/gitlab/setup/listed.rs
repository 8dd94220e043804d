//! Places, the roles that accounts have there, and what is set up in them.

use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Place, PlaceKind, Resource, Settings, settings};
use crate::forge::Error;
use crate::forge::gitlab::client::{Call, GitLab, judge, path};
use crate::forge::gitlab::mechanism::{Mechanism, Setup};
use crate::forge::gitlab::read::MOST_PAGES;
use crate::forge::gitlab::wire;
use crate::gate::membership::GroupName;

/// A webhook.
#[derive(Debug, Clone, PartialEq)]
pub struct Hook {
    /// What it is changed by.
    pub resource: Resource,
    /// Where it sends to.
    pub url: String,
    /// All that its settings are.
    pub settings: Settings,
    /// Whether it is at work.
    pub state: HookState,
    /// Whether it signs what it sends. `None`: GitLab does not say (before 19.0).
    pub is_signing: Option<bool>,
}

/// Whether a webhook is at work: <https://docs.gitlab.com/user/project/integrations/webhooks/#auto-disabled-webhooks>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookState {
    /// It sends.
    AtWork,
    /// It failed, and sends nothing before this time.
    DisabledUntil(Option<Timestamp>),
    /// It failed too often, and sends nothing until a test of it succeeds.
    Disabled,
}

/// What is set up in a project.
#[derive(Debug)]
pub struct ProjectSetup {
    pub(super) project: wire::Project,
    /// The project's own settings.
    pub settings: Settings,
    /// Its approval rules. `None`: the edition has none, or does not show them to us.
    pub rules: Option<Vec<(Resource, Settings)>>,
    /// Its approval settings; likewise.
    pub approvals: Option<Settings>,
    /// The names of its external status checks with their addresses; likewise, for Ultimate.
    pub status_checks: Option<Vec<(String, String)>>,
}

/// Who gets past merge requests to a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BranchAccess {
    /// Whether anything keeps developers from pushing to it.
    pub is_protected: bool,
    /// Whether its protection lets them push all the same.
    pub developers_can_push: bool,
}

/// <https://docs.gitlab.com/api/branches/#get-single-repository-branch>
#[derive(Deserialize)]
struct Branch {
    #[serde(default)]
    protected: bool,
    #[serde(default)]
    developers_can_push: bool,
}

#[derive(Deserialize)]
struct Member {
    access_level: i64,
}

#[derive(Deserialize)]
struct StatusCheck {
    #[serde(default)]
    name: String,
    #[serde(default)]
    external_url: String,
}

impl ProjectSetup {
    /// Its default branch.
    pub fn default_branch(&self) -> Option<&str> {
        self.project.default_branch.as_deref()
    }

    /// What enforces a verdict on its default branch, if `bot` is our account.
    pub fn mechanism(&self, bot: i64) -> Mechanism {
        let rules: Vec<wire::ApprovalRule> =
            self.rules.iter().flatten().filter_map(|(_, rule)| serde_json::from_value(json!(rule)).ok()).collect();
        Setup::of(&self.project, &rules, bot, self.default_branch().unwrap_or_default()).mechanism()
    }
}

impl GitLab {
    /// A group by its path.
    pub async fn group_at(&self, path_: &str) -> Result<Place, Error> {
        let what = format!("the group {path_}");
        let call = Call::get(path(&["groups", path_], &[("with_projects", "false")]), &what);
        let group: wire::Group = self.send(&call).await?.json(&what)?;
        Ok(Place { kind: PlaceKind::Group, id: group.id, path: group.full_path })
    }

    /// A group by its path or its number.
    pub async fn group(&self, name: &GroupName) -> Result<Place, Error> {
        self.group_at(&name.to_string()).await
    }

    /// A project by its path.
    pub async fn project_at(&self, path_: &str) -> Result<Place, Error> {
        let what = format!("the project {path_}");
        let project: wire::Project =
            self.send(&Call::get(path(&["projects", path_], &[]), &what)).await?.json(&what)?;
        Ok(Place { kind: PlaceKind::Project, id: project.id, path: project.path_with_namespace })
    }

    /// The projects of a group and of all groups below it.
    pub async fn projects_of(&self, group: &Place) -> Result<Vec<Place>, Error> {
        self.projects_in(group.id).await
    }

    /// The projects of a top-level group, or of a person, by its name.
    pub async fn projects_of_owner(&self, name: &str) -> Result<Vec<Place>, Error> {
        self.projects_in(self.owner_of(name).await?.id).await
    }

    async fn projects_in(&self, namespace: i64) -> Result<Vec<Place>, Error> {
        let projects = self.repositories(namespace).await?;
        let place = |id, path| Place { kind: PlaceKind::Project, id, path };
        Ok(projects.into_iter().map(|one| place(one.repo.id, one.name)).collect())
    }

    /// The role of an account in a place, or of a group above: 30 Developer, 40 Maintainer, 50 Owner; 0 for none.
    /// <https://docs.gitlab.com/api/access_requests/#valid-access-levels>
    pub async fn role(&self, place: &Place, account: i64) -> Result<i64, Error> {
        let what = format!("the members of {place}");
        let call = Call::get(place.below(&["members", "all", &account.to_string()]), &what);
        let found = self.shown::<Member>(&call).await?;
        Ok(found.map_or(0, |member| member.access_level))
    }

    /// The webhooks of a place. `None`: there are none of this kind in this edition, or they are not shown to us.
    pub async fn hooks(&self, place: &Place) -> Result<Option<Vec<Hook>>, Error> {
        let what = format!("the webhooks of {place}");
        let [kind, id] = place.segments();
        let listed: Vec<Value> = match self.list(&[&kind, &id, "hooks"], &[], &what, MOST_PAGES).await {
            Err(Error::NotFound { .. } | Error::Forbidden { .. } | Error::Unauthorized { .. }) => return Ok(None),
            listed => listed?,
        };
        Ok(Some(listed.iter().filter_map(|hook| read_hook(place, hook)).collect()))
    }

    /// What is set up in a project. Four calls.
    pub async fn project_setup(&self, place: &Place) -> Result<ProjectSetup, Error> {
        let what = format!("the settings of {place}");
        let read: Value = self.send(&Call::get(place.below(&[]), &what)).await?.json(&what)?;
        let project = serde_json::from_value(read.clone())
            .map_err(|error| Error::broken(&what, format!("GitLab's answer is not understood: {error}")))?;
        let [kind, id] = place.segments();
        let listed = |name: &str| Call::get(path(&[&kind, &id, name], &[("per_page", "100")]), &what);
        let rules: Option<Vec<Value>> = self.shown(&listed("approval_rules")).await?;
        let rule = |rule: Value| {
            let id = rule.get("id")?.as_i64()?;
            Some((Resource::ApprovalRule { place: place.clone(), id }, rule_settings(&rule)))
        };
        let approvals: Option<Value> = self.shown(&Call::get(place.below(&["approvals"]), &what)).await?;
        let checks: Option<Vec<StatusCheck>> = self.shown(&listed("external_status_checks")).await?;
        Ok(ProjectSetup {
            project,
            settings: settings(&read),
            rules: rules.map(|rules| rules.into_iter().filter_map(rule).collect()),
            approvals: approvals.as_ref().map(settings),
            status_checks: checks
                .map(|checks| checks.into_iter().map(|check| (check.name, check.external_url)).collect()),
        })
    }

    /// Who gets past merge requests to a branch. `None`: there is no such branch, or we do not see it.
    pub async fn branch_access(&self, place: &Place, branch: &str) -> Result<Option<BranchAccess>, Error> {
        let what = format!("the branch {branch} of {place}");
        let call = Call::get(place.below(&["repository", "branches", branch]), &what);
        let found = self.shown::<Branch>(&call).await?;
        let access = |branch: Branch| BranchAccess {
            is_protected: branch.protected,
            developers_can_push: branch.developers_can_push,
        };
        Ok(found.map(access))
    }

    /// Whether a project has a file.
    pub async fn has_file(&self, project: &str, file: &str, reference: Option<&str>) -> Result<bool, Error> {
        let what = format!("{file} in {project}");
        let segments = ["projects", project, "repository", "files", file, "raw"];
        let call = Call::get(path(&segments, &[("ref", reference.unwrap_or("HEAD"))]), &what);
        let answer = self.send_openly(&call).await?;
        match answer.status {
            StatusCode::NOT_FOUND | StatusCode::FORBIDDEN => Ok(false),
            _ => judge(&call, answer).map(|_| true),
        }
    }

    /// An answer, or nothing where GitLab has none for us.
    async fn shown<T: DeserializeOwned>(&self, call: &Call) -> Result<Option<T>, Error> {
        let answer = self.send_openly(call).await?;
        match answer.status {
            StatusCode::NOT_FOUND | StatusCode::FORBIDDEN => Ok(None),
            _ => Ok(Some(judge(call, answer)?.json(&call.what)?)),
        }
    }
}

fn read_hook(place: &Place, hook: &Value) -> Option<Hook> {
    let url = hook.get("url")?.as_str()?.to_owned();
    let id = hook.get("id")?.as_i64()?;
    let until = hook.get("disabled_until").and_then(Value::as_str).and_then(|text| text.parse().ok());
    let state = match hook.get("alert_status").and_then(Value::as_str) {
        Some("disabled") => HookState::Disabled,
        Some("temporarily_disabled") => HookState::DisabledUntil(until),
        _ => HookState::AtWork,
    };
    Some(Hook {
        resource: Resource::Hook { place: place.clone(), id, url: url.clone() },
        url,
        settings: settings(hook),
        state,
        is_signing: hook.get("signing_token_present").and_then(Value::as_bool),
    })
}

/// A rule's settings by the names under which they are written: numbers of users and groups where GitLab shows those whole.
/// Beside them stands who can approve in truth, which is not written.
pub(super) fn rule_settings(rule: &Value) -> Settings {
    let mut found = settings(rule);
    for (shown, written) in
        [("users", "user_ids"), ("groups", "group_ids"), ("protected_branches", "protected_branch_ids")]
    {
        let ids = rule.get(shown).and_then(Value::as_array).into_iter().flatten();
        let mut ids: Vec<i64> = ids.filter_map(|one| one.get("id")?.as_i64()).collect();
        ids.sort_unstable();
        found.insert(written.to_owned(), json!(ids));
    }
    found
}
