//! From a payload to an [`Event`].

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::payload::{Envelope, MergeRequest, Project, User};
use super::{Context, DeliveryHeaders, ParseError};
use crate::forge::event::{Delivery, Event, NamedRepository, RepositoryAction};
use crate::gate::change::{Actor, ActorKind, ChangeState, HeadBranch};
use crate::gate::ids::{AccountId, ChangeKey, CommitSha, Login, RepoId};
use crate::gate::witnessed::SeenChange;

/// `visibility_level` of what everybody may see. <https://docs.gitlab.com/api/projects/#project-visibility-level>
const PUBLIC_LEVEL: i64 = 20;

/// Turns a delivery into an event. The caller has verified who sent it.
pub fn parse(headers: &DeliveryHeaders, context: &Context<'_>, body: &[u8]) -> Result<Delivery, ParseError> {
    let envelope: Envelope = read_json("the delivery", body)?;
    let name = envelope.object_kind.or(envelope.event_name).filter(|name| !name.is_empty()).ok_or(ParseError::Kind)?;
    let told = match Kind::of(&name) {
        Some(kind) => told(kind, &Reader { event: &name, context }, body)?,
        None => None,
    };
    let event = told.unwrap_or(Event::Ignored { event: printable(&name), action: None });
    Ok(Delivery { id: headers.id(body), origin: None, event })
}

/// What an event that is understood tells, if that matters.
fn told(kind: Kind, reader: &Reader<'_>, body: &[u8]) -> Result<Option<Event>, ParseError> {
    let event = reader.event;
    match kind {
        Kind::MergeRequest => reader.merge_request(read_json(event, body)?),
        Kind::Note => reader.note(read_json(event, body)?),
        Kind::Push => reader.push(&read_json(event, body)?),
        Kind::Pipeline => reader.pipeline(read_json(event, body)?),
        Kind::GroupMember => Ok(Some(reader.group_member(&read_json(event, body)?))),
        Kind::ProjectMember => Ok(Some(reader.project_member(&read_json(event, body)?))),
        Kind::Project(action) => Ok(Some(reader.project_event(&read_json(event, body)?, action))),
        Kind::Token => reader.token(read_json(event, body)?),
    }
}

/// The events that are understood. The table of all that matters; everything else is ignored: of jobs, their pipelines
/// tell, and tags are no branches.
#[derive(Clone, Copy)]
enum Kind {
    MergeRequest,
    Note,
    Push,
    Pipeline,
    GroupMember,
    ProjectMember,
    Project(RepositoryAction),
    Token,
}

impl Kind {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "merge_request" => Self::MergeRequest,
            "note" => Self::Note,
            "push" => Self::Push,
            "pipeline" => Self::Pipeline,
            "user_add_to_group" | "user_remove_from_group" | "user_update_for_group" => Self::GroupMember,
            "user_add_to_team" | "user_remove_from_team" | "user_update_for_team" => Self::ProjectMember,
            "project_create" => Self::Project(RepositoryAction::Created),
            "project_destroy" => Self::Project(RepositoryAction::Deleted),
            "project_rename" => Self::Project(RepositoryAction::Renamed),
            "project_transfer" => Self::Project(RepositoryAction::Transferred),
            "project_update" => Self::Project(RepositoryAction::Reconfigured),
            "access_token" => Self::Token,
            _ => return None,
        })
    }
}

/// A name that anybody may have made up, for logs and metrics.
fn printable(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(60).collect()
}

/// Parses JSON, with the place of what does not fit.
fn read_json<T: DeserializeOwned>(event: &str, body: &[u8]) -> Result<T, ParseError> {
    // The path costs a good part of the parse, so it is only followed once something is known to be wrong.
    let error = match serde_json::from_slice(body) {
        Ok(parsed) => return Ok(parsed),
        Err(error) => error,
    };
    if !error.is_data() {
        return Err(ParseError::NotJson { line: error.line(), column: error.column() });
    }
    let path = match serde_path_to_error::deserialize::<_, T>(&mut serde_json::Deserializer::from_slice(body)) {
        // Of the whole, the path is a dot.
        Err(error) if error.path().iter().next().is_some() => error.path().to_string(),
        Ok(_) | Err(_) => String::from("the payload"),
    };
    Err(ParseError::Payload { event: printable(event), path })
}

/// What is needed to speak of a payload.
pub(super) struct Reader<'a> {
    event: &'a str,
    pub(super) context: &'a Context<'a>,
}

impl Reader<'_> {
    pub(super) fn wrong(&self, path: &str) -> ParseError {
        ParseError::Payload { event: printable(self.event), path: path.to_owned() }
    }

    pub(super) fn sha(&self, sha: &str, path: &str) -> Result<CommitSha, ParseError> {
        sha.parse().map_err(|_| self.wrong(path))
    }

    pub(super) fn repo(&self, id: i64) -> RepoId {
        RepoId::new(self.context.host.clone(), id)
    }

    pub(super) fn repository(&self, id: i64, project: &Project) -> NamedRepository {
        NamedRepository {
            default_branch: project.default_branch.clone().filter(|branch| !branch.is_empty()),
            ..self.named(id, &project.path_with_namespace, project.visibility_level.map(|level| level == PUBLIC_LEVEL))
        }
    }

    /// A repository of which little is told.
    pub(super) fn named(&self, id: i64, path: &str, is_public: Option<bool>) -> NamedRepository {
        NamedRepository {
            repo: self.repo(id),
            owner: None,
            name: path.to_owned(),
            installation: 0,
            default_branch: None,
            is_public,
        }
    }

    /// Payloads do not tell people from bots: `Other`, until a read does.
    pub(super) fn actor(&self, id: i64, login: Option<&str>) -> Actor {
        let account = AccountId::new(self.context.host.clone(), id);
        Actor { account, login: Login::from(login.unwrap_or_default()), kind: ActorKind::Other }
    }

    /// Whoever did it, where the delivery says it by number.
    pub(super) fn sender(&self, user: Option<&User>) -> Option<Actor> {
        user.and_then(|user| Some(self.actor(user.id?, user.username.as_deref())))
    }

    /// Whether this is our own account.
    pub(super) fn is_us(&self, account: &AccountId) -> bool {
        self.context.bot == Some(account)
    }

    pub(super) fn key(&self, merge_request: &MergeRequest) -> ChangeKey {
        ChangeKey { repo: self.repo(merge_request.target_project_id), number: merge_request.iid }
    }

    /// The change as the delivery shows it, if it has a head.
    pub(super) fn seen_change(
        &self,
        merge_request: &MergeRequest,
        action: Option<&str>,
    ) -> Result<Option<SeenChange>, ParseError> {
        let Some(head) = &merge_request.last_commit else { return Ok(None) };
        Ok(Some(SeenChange {
            key: self.key(merge_request),
            state: state(merge_request.state.as_deref(), action),
            head: self.sha(&head.id, "last_commit.id")?,
            before: None,
            head_branch: HeadBranch {
                name: merge_request.source_branch.clone(),
                repo: merge_request.source_project_id.map(|id| self.repo(id)),
            },
            base_branch: merge_request.target_branch.clone(),
            stack_base: None,
            pusher: None,
        }))
    }
}

/// `locked` is a merge request that is being merged. Some hooks tell no state.
fn state(state: Option<&str>, action: Option<&str>) -> ChangeState {
    match (state, action) {
        (Some("merged"), _) | (None, Some("merge")) => ChangeState::Merged,
        (Some("closed"), _) | (None, Some("close")) => ChangeState::Closed,
        _ => ChangeState::Open,
    }
}

/// A time: hooks write it by ISO 8601, or as `2017-09-15 16:50:55 UTC`.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    let iso = || Some(text.strip_suffix(" UTC")?.replacen(' ', "T", 1) + "Z");
    text.parse().ok().or_else(|| iso()?.parse().ok())
}

/// Of a list of `changes`, the numbers in it.
pub(super) fn ids(list: Option<&serde_json::Value>) -> Vec<i64> {
    #[derive(Deserialize)]
    struct Numbered {
        id: i64,
    }
    let list: Option<Vec<Numbered>> = list.and_then(|list| Vec::deserialize(list).ok());
    list.unwrap_or_default().into_iter().map(|one| one.id).collect()
}
