//! Users, bots, organisations and teams, and which e-mail address belongs to whom.

use std::collections::BTreeMap;

use super::git::Stamp;

pub(crate) type AccountId = u64;

/// The account in whose name GitHub commits what is done in its web interface.
pub(crate) const WEB_FLOW: AccountId = 19_864_447;
pub(crate) const WEB_FLOW_NAME: &str = "GitHub";
pub(crate) const WEB_FLOW_EMAIL: &str = "noreply@github.com";

/// What an account is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountKind {
    /// A person.
    User,
    /// A GitHub App's account, or one of GitHub's own agents.
    Bot,
    /// A placeholder made by an import.
    Mannequin,
    /// An organisation.
    Organization,
}

/// An account of the sandbox. A copy: renames and deletions that come later do not show in it, its id stays right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The number that never changes.
    pub id: u64,
    /// The login as REST and webhooks show it (`dependabot[bot]` for an App's bot).
    pub login: String,
    /// The opaque GraphQL id.
    pub node_id: String,
    /// The address that commits of this account carry, unless told otherwise.
    pub email: String,
    /// What it is.
    pub kind: AccountKind,
    pub(crate) graphql_login: String,
    pub(crate) emails: Vec<String>,
    pub(crate) deleted: bool,
    pub(crate) avatar: u64,
}

impl Account {
    pub(crate) fn rest_type(&self) -> &'static str {
        match self.kind {
            AccountKind::User => "User",
            AccountKind::Bot => "Bot",
            AccountKind::Mannequin => "Mannequin",
            AccountKind::Organization => "Organization",
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Team {
    pub(crate) id: u64,
    pub(crate) organization: AccountId,
    pub(crate) slug: String,
    pub(crate) name: String,
    pub(crate) parent: Option<u64>,
    /// Members with whether they are maintainers of the team.
    pub(crate) members: BTreeMap<AccountId, bool>,
}

#[derive(Debug, Default)]
pub(crate) struct Accounts {
    by_id: BTreeMap<AccountId, Account>,
    /// Members of organisations, with whether they own it.
    pub(crate) members: BTreeMap<(AccountId, AccountId), bool>,
    pub(crate) teams: BTreeMap<u64, Team>,
}

impl Accounts {
    pub(crate) fn add(&mut self, id: AccountId, login: &str, graphql_login: &str, kind: AccountKind) -> Account {
        let prefix = match kind {
            AccountKind::User => "U",
            AccountKind::Bot => "BOT",
            AccountKind::Mannequin => "M",
            AccountKind::Organization => "O",
        };
        let email = match kind {
            AccountKind::Bot => format!("{id}+{login}@users.noreply.github.com"),
            _ => format!("{login}@example.com"),
        };
        let account = Account {
            id,
            login: login.to_owned(),
            node_id: format!("{prefix}_{id}"),
            emails: vec![email.clone()],
            email,
            kind,
            graphql_login: graphql_login.to_owned(),
            deleted: false,
            avatar: id,
        };
        self.by_id.insert(id, account.clone());
        account
    }

    pub(crate) fn get(&self, id: AccountId) -> Option<&Account> {
        self.by_id.get(&id).filter(|account| !account.deleted)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Account> {
        self.by_id.values().filter(|account| !account.deleted)
    }

    pub(crate) fn get_mut(&mut self, id: AccountId) -> Option<&mut Account> {
        self.by_id.get_mut(&id)
    }

    /// Logins are compared without regard to case, as GitHub does.
    pub(crate) fn by_login(&self, login: &str) -> Option<&Account> {
        self.by_id.values().find(|account| !account.deleted && account.login.eq_ignore_ascii_case(login))
    }

    /// The account an e-mail address is verified for; the private address of an account (`ID+login@…`) is told by its
    /// number, so that it outlives a rename.
    pub(crate) fn by_email(&self, email: &str) -> Option<&Account> {
        if email.eq_ignore_ascii_case(WEB_FLOW_EMAIL) {
            return self.get(WEB_FLOW);
        }
        let private = email.split_once('@').filter(|(_, host)| host.eq_ignore_ascii_case("users.noreply.github.com"));
        if let Some((local, _)) = private {
            return match local.split_once('+') {
                Some((id, _)) => id.parse().ok().and_then(|id| self.get(id)),
                None => self.by_login(local),
            };
        }
        let verified = |account: &&Account| account.emails.iter().any(|own| own.eq_ignore_ascii_case(email));
        self.by_id.values().filter(|account| !account.deleted).find(verified)
    }

    /// The account GitHub links a commit's author or committer to: an e-mail match and nothing more.
    pub(crate) fn of_stamp(&self, stamp: &Stamp) -> Option<&Account> {
        self.by_email(&stamp.email)
    }

    pub(crate) fn is_member(&self, organization: AccountId, account: AccountId) -> bool {
        self.members.contains_key(&(organization, account))
    }

    pub(crate) fn is_owner(&self, organization: AccountId, account: AccountId) -> bool {
        self.members.get(&(organization, account)).copied().unwrap_or(false)
    }

    pub(crate) fn members_of(&self, organization: AccountId) -> Vec<&Account> {
        let ids = self.members.keys().filter(|(org, _)| *org == organization).map(|(_, account)| *account);
        ids.filter_map(|id| self.get(id)).collect()
    }

    pub(crate) fn team(&self, organization: AccountId, slug: &str) -> Option<&Team> {
        self.teams.values().find(|team| team.organization == organization && team.slug == slug)
    }

    pub(crate) fn teams_of(&self, organization: AccountId) -> Vec<&Team> {
        self.teams.values().filter(|team| team.organization == organization).collect()
    }

    /// Members of a team and of the teams below it.
    pub(crate) fn team_members(&self, team: &Team) -> BTreeMap<AccountId, bool> {
        let mut members = team.members.clone();
        for child in self.teams.values().filter(|child| child.parent == Some(team.id)) {
            for (id, maintainer) in self.team_members(child) {
                members.entry(id).or_insert(maintainer);
            }
        }
        members.retain(|id, _| self.get(*id).is_some());
        members
    }
}
