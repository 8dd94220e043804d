//! Projects, their members, and tokens that end.

use super::ParseError;
use super::event::Reader;
use super::payload::{self, GroupMemberEvent, ProjectEvent, ProjectMemberEvent};
use crate::forge::event::{Event, PeopleEvent, RepositoryAction, RepositoryEvent, TokenEvent};
use crate::gate::ids::OwnerId;

impl Reader<'_> {
    /// Of a subgroup, only its own number is told: it is nobody's owner, and what follows from it waits for the directory.
    pub(super) fn group_member(&self, payload: &GroupMemberEvent) -> Event {
        let owner = OwnerId::new(self.context.host.clone(), payload.group_id);
        Event::People(PeopleEvent { owner: Some(owner), repository: None })
    }

    pub(super) fn project_member(&self, payload: &ProjectMemberEvent) -> Event {
        let repository = self.named(payload.id, &payload.path, is_public(payload.visibility.as_deref()));
        Event::People(PeopleEvent { owner: None, repository: Some(repository) })
    }

    pub(super) fn project_event(&self, payload: &ProjectEvent, action: RepositoryAction) -> Event {
        let is_public = is_public(payload.project_visibility.as_deref());
        let repository = self.named(payload.project_id, &payload.path_with_namespace, is_public);
        Event::Repository(RepositoryEvent { repository, action })
    }

    /// A token that ends, unless it is known to be another account's.
    pub(super) fn token(&self, payload: payload::TokenEvent) -> Result<Option<Event>, ParseError> {
        let payload::TokenEvent { project, object_attributes: token } = payload;
        let account = token.user_id.map(|id| self.actor(id, None).account);
        if let (Some(bot), Some(account)) = (self.context.bot, &account)
            && bot != account
        {
            return Ok(None);
        }
        let named = |project: payload::Project| {
            let id = project.id.ok_or_else(|| self.wrong("project.id"))?;
            Ok(self.repository(id, &project))
        };
        let repository = project.map(named).transpose()?;
        Ok(Some(Event::TokenExpires(TokenEvent { repository, account })))
    }
}

fn is_public(visibility: Option<&str>) -> Option<bool> {
    visibility.map(|visibility| visibility == "public")
}
