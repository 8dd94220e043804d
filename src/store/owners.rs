//! Whose installations are served. Anybody can install a public App; only these owners get anything from it.

use std::collections::BTreeMap;
use std::sync::RwLock;

use jiff::Timestamp;

use super::error::Error;
use super::{Pin, Store};
use crate::gate::ids::{Login, OwnerId};

/// Whether an owner is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It is.
    Served,
    /// It is not configured.
    NotServed,
    /// Its login is configured, but belongs to another account than when it was first seen.
    Changed,
}

/// The owners of one host, and the numbers that their logins were first seen with.
///
/// A login can be given up and taken by somebody else. So whatever first shows a configured login pins its number in
/// the store, and anything from another number under the same login is refused.
#[derive(Debug)]
pub struct Owners {
    configured: Vec<Configured>,
    pinned: RwLock<BTreeMap<i64, String>>,
}

#[derive(Debug)]
enum Configured {
    Login(Login),
    Id(i64),
}

impl Owners {
    /// Takes logins, or numbers where a login should not be trusted even the first time.
    pub fn new(configured: &[String]) -> Self {
        let parse = |owner: &String| match owner.parse() {
            Ok(id) => Configured::Id(id),
            Err(_) => Configured::Login(Login::from(owner.as_str())),
        };
        Self { configured: configured.iter().map(parse).collect(), pinned: RwLock::default() }
    }

    /// What [`Owners::admit`] would say; nothing is pinned.
    pub async fn would_admit(&self, owner: &OwnerId, login: &Login, store: &Store) -> Result<Admission, Error> {
        if self.has_id(owner.id) {
            return Ok(Admission::Served);
        }
        if !self.has_login(login) {
            return Ok(Admission::NotServed);
        }
        let pinned = store.pinned_owner(&owner.host, login.as_str()).await?;
        Ok(if pinned.is_none_or(|pinned| pinned == owner.id) { Admission::Served } else { Admission::Changed })
    }

    /// Whether this owner is served. A configured login is pinned to the number that it is first seen with.
    pub async fn admit(
        &self,
        owner: &OwnerId,
        login: &Login,
        store: &Store,
        now: Timestamp,
    ) -> Result<Admission, Error> {
        if self.has_id(owner.id) || self.is_pinned(owner.id) {
            return Ok(Admission::Served);
        }
        if !self.has_login(login) {
            return Ok(Admission::NotServed);
        }
        match store.pin_owner(&owner.host, login.as_str(), owner.id, now).await? {
            Pin::Ours => {
                self.pin(owner.id, login);
                Ok(Admission::Served)
            }
            Pin::Conflict { .. } => Ok(Admission::Changed),
        }
    }

    /// Whether something that is known by its owner's login only may turn out to be of one of these. Numbers may be
    /// anybody's.
    pub fn may_hold(&self, login: &Login) -> bool {
        self.has_login(login) || self.configured.iter().any(|one| matches!(one, Configured::Id(_)))
    }

    /// Whether one of these is the owner, by its number or by the number that its login was pinned to.
    pub async fn hold(&self, owner: &OwnerId, store: &Store) -> Result<bool, Error> {
        for configured in &self.configured {
            let id = match configured {
                Configured::Id(id) => Some(*id),
                Configured::Login(login) => store.pinned_owner(&owner.host, login.as_str()).await?,
            };
            if id == Some(owner.id) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn has_id(&self, id: i64) -> bool {
        self.configured.iter().any(|configured| matches!(configured, Configured::Id(known) if *known == id))
    }

    fn has_login(&self, login: &Login) -> bool {
        self.configured.iter().any(|configured| matches!(configured, Configured::Login(known) if known == login))
    }

    fn is_pinned(&self, id: i64) -> bool {
        self.pinned.read().is_ok_and(|pinned| pinned.contains_key(&id))
    }

    fn pin(&self, id: i64, login: &Login) {
        if let Ok(mut pinned) = self.pinned.write() {
            pinned.insert(id, login.to_string());
        }
    }
}
