//! Accounts, teams, Apps.

use serde_json::json;

use super::connection::connection;
use super::node::{Node, Out, Resolved};
use super::{Args, Context, Trouble};
use crate::sandbox::accounts::{AccountId, AccountKind};

/// An account, or null where it was deleted: that is how the graph shows a ghost.
pub(super) fn actor(context: &Context<'_>, id: AccountId) -> Out {
    Out::maybe(context.world.accounts.get(id).map(|account| Node::Account(account.id)))
}

pub(super) fn account(context: &Context<'_>, id: AccountId, name: &str, args: &Args) -> Resolved {
    let world = context.world;
    let Some(account) = world.accounts.get(id) else { return Ok(Out::null()) };
    let organization = account.kind == AccountKind::Organization;
    let user = account.kind == AccountKind::User;
    Ok(match name {
        "login" => account.graphql_login.clone().into(),
        "id" => account.node_id.clone().into(),
        "databaseId" if account.kind != AccountKind::Mannequin || user => account.id.into(),
        "databaseId" => account.id.into(),
        "url" => format!("{}/{}", world.url, account.login).into(),
        "resourcePath" => format!("/{}", account.login).into(),
        "avatarUrl" => format!("{}/avatars/u/{}?v=4", world.url, account.avatar).into(),
        "name" if user || organization => Out::null(),
        "email" if user => "".into(),
        "organizationVerifiedDomainEmails" if user => {
            let login = args.text("login").unwrap_or_default();
            let org = world.accounts.by_login(login).map_or(0, |org| org.id);
            let shown: Vec<&String> = account.emails.iter().filter(|_| world.accounts.is_member(org, id)).collect();
            Out::Value(json!(shown))
        }
        "teams" if organization => {
            let teams = world.accounts.teams_of(id).into_iter().map(|team| Node::Team(team.id)).collect();
            return connection("teams", "TeamConnection", teams, args);
        }
        "team" if organization => {
            Out::maybe(world.accounts.team(id, args.text("slug").unwrap_or_default()).map(|team| Node::Team(team.id)))
        }
        "membersWithRole" if organization => {
            let members = world.accounts.members_of(id).into_iter().map(|member| Node::Account(member.id)).collect();
            return connection("membersWithRole", "OrganizationMemberConnection", members, args);
        }
        // No organisation of the sandbox has single sign-on.
        "samlIdentityProvider" if organization => Out::null(),
        _ => return Err(Trouble::UnknownField),
    })
}

pub(super) fn team(context: &Context<'_>, id: u64, name: &str, args: &Args) -> Resolved {
    let world = context.world;
    let Some(team) = world.accounts.teams.get(&id) else { return Ok(Out::null()) };
    Ok(match name {
        "id" => format!("T_{id}").into(),
        "databaseId" => id.into(),
        "slug" => team.slug.clone().into(),
        "name" => team.name.clone().into(),
        "combinedSlug" => format!("{}/{}", world.login(team.organization), team.slug).into(),
        "parentTeam" => Out::maybe(team.parent.map(Node::Team)),
        "organization" => actor(context, team.organization),
        "members" => {
            let all = world.accounts.team_members(team);
            let immediate = |id: &AccountId| team.members.contains_key(id);
            let wanted = |id: &AccountId| match args.text("membership") {
                Some("IMMEDIATE") => immediate(id),
                Some("CHILD_TEAM") => !immediate(id),
                _ => true,
            };
            let role = |maintainer: bool| match args.text("role") {
                Some("MAINTAINER") => maintainer,
                Some("MEMBER") => !maintainer,
                _ => true,
            };
            let members = all.into_iter().filter(|(id, maintainer)| wanted(id) && role(*maintainer));
            let members = members.map(|(id, _)| Node::Account(id)).collect();
            return connection("members", "TeamMemberConnection", members, args);
        }
        _ => return Err(Trouble::UnknownField),
    })
}

pub(super) fn app(context: &Context<'_>, id: u64, name: &str) -> Resolved {
    let Some(app) = context.world.apps.get(&id) else { return Ok(Out::null()) };
    Ok(match name {
        "id" => format!("A_{id}").into(),
        "databaseId" => id.into(),
        "slug" | "name" => app.app.slug.clone().into(),
        _ => return Err(Trouble::UnknownField),
    })
}

/// Fields that edges have beside node and cursor: none of those that the sandbox knows.
pub(super) fn edge(_context: &Context<'_>, _node: &Node, _name: &str) -> Resolved {
    Err(Trouble::UnknownField)
}
