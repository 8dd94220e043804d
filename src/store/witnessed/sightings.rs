//! Facts of one or many deliveries, folded by key and stored together.
//!
//! The folding makes a burst cheap, and the order of the keys keeps two transactions on PostgreSQL from waiting for
//! each other in a circle.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{RepositoryRow, SELECT_REPOSITORY};
use crate::gate::change::Actor;
use crate::gate::ids::{ChangeKey, CommitSha, OwnerId, RepoId};
use crate::gate::witnessed::{SeenChange, SeenGroup, SeenProject, SeenPush, SeenRepository, Witness};
use crate::store::backend::Tx;
use crate::store::error::Error;
use crate::store::{columns, groups, listing, ms};

/// What is about to be stored.
#[derive(Debug, Default)]
pub(in crate::store) struct Sightings<'a> {
    owners: BTreeMap<&'a OwnerId, &'a str>,
    repositories: BTreeMap<&'a RepoId, (SeenRepository, i64)>,
    projects: Vec<(&'a SeenProject, Timestamp)>,
    changes: BTreeMap<&'a ChangeKey, Sighted<'a>>,
    heads: BTreeMap<(&'a ChangeKey, &'a CommitSha), Head<'a>>,
    pushes: BTreeMap<(&'a RepoId, &'a CommitSha, i64), Pushed<'a>>,
    groups: Vec<(&'a SeenGroup, i64)>,
}

#[derive(Debug, Clone, Copy)]
struct Sighted<'a> {
    newest: &'a SeenChange,
    /// Whether any delivery showed it as part of a stack: once is enough to ask the forge about it.
    was_stacked: bool,
    at: i64,
}

#[derive(Debug, Clone, Copy)]
struct Head<'a> {
    before: Option<&'a CommitSha>,
    first_seen_at: i64,
    last_seen_at: i64,
}

#[derive(Debug)]
struct Pushed<'a> {
    pusher: &'a Actor,
    branch: &'a str,
    before: Option<&'a CommitSha>,
    received_at: i64,
}

impl<'a> Sightings<'a> {
    /// Adds an owner's present login.
    pub(in crate::store) fn owner(&mut self, owner: &'a OwnerId, login: &'a str) {
        self.owners.insert(owner, login);
    }

    /// Adds what a delivery witnessed. Deliveries are added in the order of their receipt.
    pub(in crate::store) fn fact(&mut self, fact: &'a Witness, now: Timestamp) {
        match fact {
            Witness::Repository(seen) => self.repository(seen, ms(now)),
            Witness::Project(seen) => self.projects.push((seen, now)),
            Witness::Change(seen) => self.change(seen, ms(now)),
            Witness::Push(SeenPush { repo, branch, before, after: Some(after), pusher }) if !after.is_zero() => {
                let pushed = Pushed { pusher, branch, before: real(before.as_ref()), received_at: ms(now) };
                self.push(repo, after, pushed);
            }
            Witness::Group(seen) => self.groups.push((seen, ms(now))),
            // A deletion makes nothing the head of anything. What rests on other facts is stored after all of them, and a
            // repository that is gone is forgotten last.
            Witness::Push(_)
            | Witness::Command(_)
            | Witness::Misplaced(_)
            | Witness::CommentFate { .. }
            | Witness::Finding(_)
            | Witness::Rules(_)
            | Witness::Gone(_)
            | Witness::Approval(_)
            | Witness::Described(_) => {}
        }
    }

    /// Adds a head that a change had.
    pub(super) fn head(&mut self, change: &'a ChangeKey, head: &'a CommitSha, first_seen_at: i64, last_seen_at: i64) {
        self.add_head(change, head, Head { before: None, first_seen_at, last_seen_at });
    }

    fn repository(&mut self, seen: &'a SeenRepository, now: i64) {
        let mut newest = seen.clone();
        if let Some((earlier, _)) = self.repositories.remove(&seen.repo) {
            newest.default_branch = newest.default_branch.or(earlier.default_branch);
            // That it is private is believed, whichever of them came last.
            newest.is_public = if earlier.is_public == Some(false) { earlier.is_public } else { newest.is_public };
        }
        self.repositories.insert(&seen.repo, (newest, now));
    }

    fn change(&mut self, seen: &'a SeenChange, now: i64) {
        let was_stacked = self.changes.get(&seen.key).is_some_and(|earlier| earlier.was_stacked);
        let was_stacked = was_stacked || seen.stack_base.is_some();
        self.changes.insert(&seen.key, Sighted { newest: seen, was_stacked, at: now });
        let before = real(seen.before.as_ref());
        if let Some(before) = before {
            // It was a head once; since when, nobody told us.
            self.add_head(&seen.key, before, Head { before: None, first_seen_at: now, last_seen_at: 0 });
        }
        self.add_head(&seen.key, &seen.head, Head { before, first_seen_at: now, last_seen_at: now });
        if let Some(pusher) = &seen.pusher {
            let pushed = Pushed { pusher, branch: &seen.head_branch.name, before, received_at: now };
            self.push(&seen.key.repo, &seen.head, pushed);
        }
    }

    fn add_head(&mut self, change: &'a ChangeKey, head: &'a CommitSha, seen: Head<'a>) {
        let known = self.heads.entry((change, head)).or_insert(seen);
        known.before = known.before.or(seen.before);
        known.last_seen_at = known.last_seen_at.max(seen.last_seen_at);
    }

    fn push(&mut self, repo: &'a RepoId, head: &'a CommitSha, pushed: Pushed<'a>) {
        self.pushes.entry((repo, head, pushed.pusher.account.id)).or_insert(pushed);
    }

    /// Stores all of it.
    pub(in crate::store) async fn store(self, tx: &mut Tx) -> Result<(), Error> {
        for (owner, login) in self.owners {
            store_owner(tx, owner, login).await?;
        }
        for (seen, now) in self.repositories.into_values() {
            store_repository(tx, &seen, now).await?;
        }
        for (seen, now) in self.projects {
            listing::sighted(tx, seen, now).await?;
        }
        store_changes(tx, self.changes).await?;
        store_heads(tx, self.heads).await?;
        store_pushes(tx, self.pushes).await?;
        for (seen, now) in self.groups {
            groups::store(tx, seen, now).await?;
        }
        Ok(())
    }
}

/// The commit, unless it is the forge's way of saying that there is none.
fn real(commit: Option<&CommitSha>) -> Option<&CommitSha> {
    commit.filter(|commit| !commit.is_zero())
}

async fn store_owner(tx: &mut Tx, owner: &OwnerId, login: &str) -> Result<(), Error> {
    // Asked first: an upsert would lock the row that all deliveries of one owner share, although it hardly changes.
    let known = within!(
        *tx,
        fetch_optional,
        sqlx::query_scalar::<_, Option<String>>("SELECT login FROM owner WHERE host = $1 AND owner_id = $2")
            .bind(owner.host.as_str())
            .bind(owner.id)
    )?;
    if known.flatten().as_deref() == Some(login) {
        return Ok(());
    }
    execute!(
        *tx,
        sqlx::query(
            "INSERT INTO owner (host, owner_id, login) VALUES ($1, $2, $3)
             ON CONFLICT (host, owner_id) DO UPDATE SET login = excluded.login"
        )
        .bind(owner.host.as_str())
        .bind(owner.id)
        .bind(login)
    )?;
    Ok(())
}

pub(in crate::store) async fn store_repository(tx: &mut Tx, seen: &SeenRepository, now: i64) -> Result<(), Error> {
    let known = within!(
        *tx,
        fetch_optional,
        sqlx::query_as::<_, RepositoryRow>(SELECT_REPOSITORY).bind(seen.repo.host.as_str()).bind(seen.repo.id)
    )?;
    // A delivery may be late, or sent again: it can close pages to the public, and only a read opens them. What was read
    // under another owner is not believed any more.
    let is_public = seen.is_public.filter(|is_public| !is_public);
    if let Some(known) = known.map(|row| row.into_seen(&seen.repo)) {
        let default_branch = seen.default_branch.clone().or_else(|| known.default_branch.clone());
        let is_public = is_public.or(known.is_public);
        if known == (SeenRepository { default_branch, is_public, ..seen.clone() }) {
            return Ok(());
        }
    }
    execute!(
        *tx,
        sqlx::query(
            "INSERT INTO repository (host, repo_id, owner_id, name, installation, default_branch, seen_at, is_public,
                 visibility_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT (host, repo_id) DO UPDATE SET
                 owner_id = excluded.owner_id, name = excluded.name, installation = excluded.installation,
                 default_branch = COALESCE(excluded.default_branch, repository.default_branch),
                 is_public = CASE WHEN excluded.owner_id = repository.owner_id
                             THEN COALESCE(excluded.is_public, repository.is_public) ELSE excluded.is_public END,
                 visibility_at = CASE WHEN excluded.owner_id = repository.owner_id
                                 THEN COALESCE(excluded.visibility_at, repository.visibility_at)
                                 ELSE excluded.seen_at END,
                 seen_at = excluded.seen_at"
        )
        .bind(seen.repo.host.as_str())
        .bind(seen.repo.id)
        .bind(seen.owner.id)
        .bind(&seen.name)
        .bind(seen.installation)
        .bind(&seen.default_branch)
        .bind(now)
        .bind(is_public)
        .bind(is_public.map(|_| now))
    )?;
    Ok(())
}

async fn store_changes(tx: &mut Tx, changes: BTreeMap<&ChangeKey, Sighted<'_>>) -> Result<(), Error> {
    let mut rows = Vec::with_capacity(changes.len());
    for (key, sighted) in changes {
        let head_repo = sighted.newest.head_branch.repo.as_ref().map(ToString::to_string);
        rows.push((key, sighted, columns::word(&sighted.newest.state)?, head_repo));
    }
    insert_many!(
        *tx,
        "INSERT INTO known_change (host, repo_id, number, state, head, head_branch, head_repo, base_branch, \
         stack_base, was_stacked, seen_at) ",
        rows,
        |bind, row| {
            let (key, sighted, state, head_repo) = row;
            let seen = sighted.newest;
            bind.push_bind(key.repo.host.as_str())
                .push_bind(key.repo.id)
                .push_bind(key.number)
                .push_bind(state.as_str())
                .push_bind(seen.head.as_str())
                .push_bind(seen.head_branch.name.as_str())
                .push_bind(head_repo.as_deref())
                .push_bind(seen.base_branch.as_str())
                .push_bind(seen.stack_base.as_deref())
                .push_bind(sighted.was_stacked)
                .push_bind(sighted.at);
        },
        " ON CONFLICT (host, repo_id, number) DO UPDATE SET
             was_stacked = known_change.was_stacked OR excluded.was_stacked,
             state = CASE WHEN known_change.read_at IS NULL THEN excluded.state ELSE known_change.state END,
             head = CASE WHEN known_change.read_at IS NULL THEN excluded.head ELSE known_change.head END,
             head_branch = CASE WHEN known_change.read_at IS NULL THEN excluded.head_branch ELSE known_change.head_branch END,
             head_repo = CASE WHEN known_change.read_at IS NULL THEN excluded.head_repo ELSE known_change.head_repo END,
             base_branch = CASE WHEN known_change.read_at IS NULL THEN excluded.base_branch ELSE known_change.base_branch END,
             stack_base = CASE WHEN known_change.read_at IS NULL THEN excluded.stack_base ELSE known_change.stack_base END,
             seen_at = CASE WHEN known_change.read_at IS NULL THEN excluded.seen_at ELSE known_change.seen_at END"
    );
    Ok(())
}

async fn store_heads(tx: &mut Tx, heads: BTreeMap<(&ChangeKey, &CommitSha), Head<'_>>) -> Result<(), Error> {
    let rows: Vec<_> = heads.into_iter().collect();
    insert_many!(
        *tx,
        "INSERT INTO change_head (host, repo_id, number, head, before, first_seen_at, last_seen_at) ",
        rows,
        |bind, row| {
            let ((change, head), seen) = row;
            bind.push_bind(change.repo.host.as_str())
                .push_bind(change.repo.id)
                .push_bind(change.number)
                .push_bind(head.as_str())
                .push_bind(seen.before.map(CommitSha::as_str))
                .push_bind(seen.first_seen_at)
                .push_bind(seen.last_seen_at);
        },
        " ON CONFLICT (host, repo_id, number, head) DO UPDATE SET
             before = COALESCE(change_head.before, excluded.before),
             last_seen_at = CASE WHEN excluded.last_seen_at > change_head.last_seen_at
                            THEN excluded.last_seen_at ELSE change_head.last_seen_at END"
    );
    Ok(())
}

async fn store_pushes(tx: &mut Tx, pushes: BTreeMap<(&RepoId, &CommitSha, i64), Pushed<'_>>) -> Result<(), Error> {
    let mut rows = Vec::with_capacity(pushes.len());
    for (key, seen) in pushes {
        rows.push((key, columns::word(&seen.pusher.kind)?, seen));
    }
    insert_many!(
        *tx,
        "INSERT INTO push (host, repo_id, head, account_id, login, kind, branch, before, received_at) ",
        rows,
        |bind, row| {
            let ((repo, head, account), kind, seen) = row;
            bind.push_bind(repo.host.as_str())
                .push_bind(repo.id)
                .push_bind(head.as_str())
                .push_bind(*account)
                .push_bind(seen.pusher.login.as_str())
                .push_bind(kind.as_str())
                .push_bind(seen.branch)
                .push_bind(seen.before.map(CommitSha::as_str))
                .push_bind(seen.received_at);
        },
        " ON CONFLICT (host, head, repo_id, account_id) DO NOTHING"
    );
    Ok(())
}
