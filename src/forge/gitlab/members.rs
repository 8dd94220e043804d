//! Who is in a group: whole, or an error. A list that broke off must never look like a smaller company.
//!
//! <https://docs.gitlab.com/api/members/>

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::client::{Call, GitLab, path};
use super::query::{self, QueryFailure, User, global_id};
use crate::forge::Error;
use crate::gate::membership::Reach;

/// As many as GitLab gives at once.
const PER_PAGE: usize = 100;

/// More members than these are no group whose members mean something.
const MOST_PAGES: u32 = 500;

/// A member, as lists show them. What a list leaves out counts against the member.
#[derive(Debug, Deserialize)]
struct Member {
    id: i64,
    state: Option<String>,
    /// `awaiting`, where somebody has to admit them first.
    membership_state: Option<String>,
    /// The day on which the membership ends.
    expires_at: Option<String>,
}

#[derive(Debug, Deserialize)]
struct KindsAnswer {
    users: Option<Users>,
}

#[derive(Debug, Deserialize)]
struct Users {
    nodes: Option<Vec<Option<User>>>,
}

impl Member {
    /// Whether it is a member today: neither blocked nor deactivated, nor yet to be admitted, nor ended.
    fn is_active(&self, today: Date) -> bool {
        let ends_on = |text: &String| text.get(..10).and_then(|day| day.parse::<Date>().ok());
        // An end that is not understood may have come.
        let has_ended = self.expires_at.as_ref().is_some_and(|end| ends_on(end).is_none_or(|day| day <= today));
        self.state.as_deref() == Some("active")
            && self.membership_state.as_deref().is_none_or(|state| state == "active")
            && !has_ended
    }
}

impl GitLab {
    /// The number of the group that has this path now. Where a path was given up and leads on to a new one, nobody has it.
    pub async fn group_number(&self, group: &str) -> Result<i64, Error> {
        let found = self.group_at(group).await?;
        if found.path.eq_ignore_ascii_case(group) {
            return Ok(found.id);
        }
        Err(Error::NotFound { what: format!("the group {group}") })
    }

    /// The accounts of the people who are members of a group now, by number.
    pub async fn group_members(&self, group: i64, reach: Reach) -> Result<BTreeSet<i64>, Error> {
        let what = format!("the members of group {group}");
        let today = self.now().to_zoned(TimeZone::UTC).date();
        let listed = self.all_members(group, reach, &what).await?;
        let active = listed.into_iter().filter(|member| member.is_active(today)).map(|member| member.id).collect();
        self.people_among(active, &what).await
    }

    /// All pages, and proof that they are all: as many as GitLab says there are, and the same number on each page, as
    /// somebody who leaves meanwhile moves others to a page that was read already.
    async fn all_members(&self, group: i64, reach: Reach, what: &str) -> Result<Vec<Member>, Error> {
        let group = group.to_string();
        let mut segments = vec!["groups", group.as_str(), "members"];
        segments.extend((reach == Reach::All).then_some("all"));
        let moved = || Error::Transient {
            what: what.to_owned(),
            why: "the list changed while it was read".to_owned(),
            is_heavy: false,
        };
        let mut all: Vec<Member> = Vec::new();
        let mut total = None;
        for page in 1..=MOST_PAGES {
            let (number, per_page) = (page.to_string(), PER_PAGE.to_string());
            let asked = [("per_page", per_page.as_str()), ("page", number.as_str())];
            let answer = self.send(&Call::get(path(&segments, &asked), what)).await?;
            let members: Vec<Member> = answer.json(what)?;
            // GitLab leaves the total out where there are very many.
            let said = answer.total();
            if page > 1 && said != total {
                return Err(moved());
            }
            total = said;
            let (is_full, next) = (members.len() >= PER_PAGE, answer.next_page());
            all.extend(members);
            // A full page may be followed by another, whatever a proxy left of the headers.
            if next.is_none() && !is_full {
                let distinct = all.iter().map(|member| member.id).collect::<BTreeSet<_>>().len();
                let is_whole = total.is_none_or(|total| total == distinct) && distinct == all.len();
                return if is_whole { Ok(all) } else { Err(moved()) };
            }
        }
        Err(Error::broken(what, "the list does not end"))
    }

    /// Of these accounts, those of people. Lists of members do not say which are bots; what an account is never changes.
    async fn people_among(&self, accounts: BTreeSet<i64>, what: &str) -> Result<BTreeSet<i64>, Error> {
        let kinds = &self.shared.kinds;
        let unknown: Vec<i64> = accounts.iter().copied().filter(|id| !kinds.contains_key(id)).collect();
        for some in unknown.chunks(PER_PAGE) {
            self.ask_kinds(some, what).await?;
        }
        let mut people = BTreeSet::new();
        for id in accounts {
            match kinds.get(&id) {
                Some(true) => _ = people.insert(id),
                Some(false) => {}
                None => return Err(Error::broken(what, "GitLab does not say which of them are bots")),
            }
        }
        Ok(people)
    }

    async fn ask_kinds(&self, accounts: &[i64], what: &str) -> Result<(), Error> {
        let ids: Vec<Value> = accounts.iter().map(|id| global_id("User", *id).into()).collect();
        let variables = Map::from_iter([("ids".to_owned(), Value::Array(ids))]);
        let asked = self.query_with_types::<KindsAnswer>(what, &variables, query::kinds).await;
        let answer = asked.map_err(|failure| match failure {
            QueryFailure::Call(error) => error,
            QueryFailure::Incomplete(why) => Error::Transient { what: what.to_owned(), why, is_heavy: false },
            QueryFailure::NoTypes => Error::broken(what, "GitLab does not know types of accounts"),
        })?;
        for user in answer.users.and_then(|users| users.nodes).into_iter().flatten().flatten() {
            // Where neither is told, it is not known.
            let Some((id, is_bot)) = query::number(&user.id).zip(user.bot) else { continue };
            let is_person = !is_bot && user.kind.as_deref().is_none_or(|kind| kind == "HUMAN");
            self.shared.kinds.insert(id, is_person);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_active_only_where_everything_says_so() {
        let today: Date = "2026-11-23".parse().unwrap();
        let member = |state: Option<&str>, membership: Option<&str>, ends: Option<&str>| Member {
            id: 1,
            state: state.map(str::to_owned),
            membership_state: membership.map(str::to_owned),
            expires_at: ends.map(str::to_owned),
        };
        for (member, is_active) in [
            (member(Some("active"), None, None), true),
            (member(Some("active"), Some("active"), Some("2026-11-24")), true),
            (member(Some("active"), Some("active"), Some("2026-11-23")), false),
            (member(Some("active"), Some("active"), Some("2026-11-24T00:00:00.000Z")), true),
            (member(Some("active"), Some("active"), Some("soon")), false),
            (member(Some("active"), Some("awaiting"), None), false),
            (member(Some("active"), Some("created"), None), false),
            (member(Some("blocked"), Some("active"), None), false),
            (member(Some("deactivated"), None, None), false),
            (member(Some("blocked_pending_approval"), None, None), false),
            (member(None, Some("active"), None), false),
        ] {
            assert_eq!(member.is_active(today), is_active, "{member:?}");
        }
    }
}
