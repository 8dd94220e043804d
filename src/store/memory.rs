//! What sticks to a change: evidence and contributors, by commit, tree and head branch across
//! the changes of a repository; the level of a change, which only rises; what approvers could do when first seen.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::backend::Tx;
use super::error::Error;
use super::{Store, columns};
use crate::gate::change::HeadBranch;
use crate::gate::contributors::{Contribution, Role, Who};
use crate::gate::detect::{Evidence, Level};
use crate::gate::ids::{AccountId, ChangeKey, CommitSha, RepoId, WordId};
use crate::gate::people::Standing;

/// By what a change is recognised when its content comes back in another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryKeys {
    /// Its commits with their trees, oldest first. The last one is the head.
    pub commits: Vec<(CommitSha, Option<CommitSha>)>,
    /// Commits of heads that were pushed away before anybody looked.
    pub earlier: Vec<CommitSha>,
    /// Its head branch.
    pub branch: HeadBranch,
}

/// What earlier decisions left behind for a change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remembered {
    /// The highest level that the change was ever given. `unknown` is not kept: it alone can fall.
    pub level: Level,
    /// Evidence found in this change, or in others with one of its commits or trees or with its branch.
    pub evidence: Vec<Evidence>,
    /// Evidence found in commits that were ever in this change, whether they are now or not.
    pub own: Vec<Evidence>,
    /// Contributors of the same.
    pub contributors: BTreeSet<Contribution>,
    /// What the author of each approval could do when it was first seen, by review or command.
    pub first_seen: BTreeMap<WordId, Standing>,
}

/// What a decision adds to the memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct Addition<'a> {
    pub(super) change: &'a ChangeKey,
    pub(super) keys: &'a MemoryKeys,
    pub(super) level: Level,
    pub(super) evidence: &'a [Evidence],
    pub(super) contributors: &'a BTreeSet<Contribution>,
    pub(super) first_seen: &'a [(WordId, Standing)],
}

impl Store {
    /// Forgets what sticks to a branch, because its work was merged: whoever uses the name next begins anew. What sticks
    /// to commits and trees stays.
    pub async fn forget_branch(&self, repo: &RepoId, branch: &HeadBranch) -> Result<(), Error> {
        let Some(key) = branch_key(branch) else { return Ok(()) };
        let mut tx = self.backend.write_tx().await?;
        for statement in [
            "DELETE FROM remembered_evidence WHERE host = $1 AND repo_id = $2 AND seen_on = $3",
            "DELETE FROM remembered_contributor WHERE host = $1 AND repo_id = $2 AND seen_on = $3",
            "DELETE FROM applied_suggestion WHERE host = $1 AND repo_id = $2 AND seen_on = $3",
        ] {
            execute!(tx, sqlx::query(statement).bind(repo.host.as_str()).bind(repo.id).bind(key.as_str()))?;
        }
        tx.commit().await
    }

    /// What is remembered of this change, or of anything that it holds.
    pub async fn remembered(&self, change: &ChangeKey, keys: &MemoryKeys) -> Result<Remembered, Error> {
        let seen_on = columns::to_json(&all_keys(change, keys))?;
        Ok(Remembered {
            level: self.level(change).await?,
            evidence: self.evidence_on(change, &seen_on).await?,
            own: self.evidence_on(change, &columns::to_json(&[own_key(change)])?).await?,
            contributors: self.contributors_on(change, &seen_on).await?,
            first_seen: self.first_standings(change).await?,
        })
    }

    /// Who is on record as having opened this change, or one that it goes on from; nobody before its first decision.
    pub async fn openers(&self, change: &ChangeKey) -> Result<BTreeSet<AccountId>, Error> {
        let seen_on = columns::to_json(&[number_key(change)])?;
        let all = self.contributors_on(change, &seen_on).await?.into_iter();
        Ok(all
            .filter_map(|done| match done {
                Contribution { who: Who::Account(account), role: Role::Opener } => Some(account),
                _ => None,
            })
            .collect())
    }

    async fn level(&self, change: &ChangeKey) -> Result<Level, Error> {
        let level = read!(
            self,
            fetch_optional,
            sqlx::query_scalar::<_, i64>(
                "SELECT level FROM change_level WHERE host = $1 AND repo_id = $2 AND number = $3"
            )
            .bind(change.repo.host.as_str())
            .bind(change.repo.id)
            .bind(change.number)
        )?;
        level.map_or(Ok(Level::None), level_of)
    }

    async fn first_standings(&self, change: &ChangeKey) -> Result<BTreeMap<WordId, Standing>, Error> {
        let rows = read!(
            self,
            fetch_all,
            sqlx::query_as::<_, (String, String)>(
                "SELECT word, standing FROM first_word WHERE host = $1 AND repo_id = $2 AND number = $3"
            )
            .bind(change.repo.host.as_str())
            .bind(change.repo.id)
            .bind(change.number)
        )?;
        rows.into_iter()
            .map(|(word, standing)| Ok((columns::word_id(&word)?, columns::from_json(&standing)?)))
            .collect()
    }

    async fn evidence_on(&self, change: &ChangeKey, seen_on: &str) -> Result<Vec<Evidence>, Error> {
        let (sqlite, postgres) =
            listed!("SELECT DISTINCT evidence FROM remembered_evidence WHERE host = $1 AND repo_id = $2 AND seen_on");
        let rows = read!(
            self,
            fetch_all,
            sqlx::query_scalar::<_, String>(self.backend.choose(sqlite, postgres))
                .bind(change.repo.host.as_str())
                .bind(change.repo.id)
                .bind(seen_on)
        )?;
        let evidence: BTreeSet<Evidence> =
            rows.iter().map(|json| columns::from_json(json)).collect::<Result<_, _>>()?;
        Ok(evidence.into_iter().collect())
    }

    async fn contributors_on(&self, change: &ChangeKey, seen_on: &str) -> Result<BTreeSet<Contribution>, Error> {
        let (sqlite, postgres) = listed!(
            "SELECT DISTINCT role, who FROM remembered_contributor WHERE host = $1 AND repo_id = $2 AND seen_on"
        );
        let rows = read!(
            self,
            fetch_all,
            sqlx::query_as::<_, (String, String)>(self.backend.choose(sqlite, postgres))
                .bind(change.repo.host.as_str())
                .bind(change.repo.id)
                .bind(seen_on)
        )?;
        rows.into_iter()
            .map(|(role, who)| Ok(Contribution { role: columns::variant(&role)?, who: who_from_column(&who)? }))
            .collect()
    }
}

/// The column that names this account, and no other.
pub(super) fn account_column(account: &AccountId) -> String {
    format!("account:{account}")
}

fn who_to_column(who: &Who) -> String {
    match who {
        Who::Account(account) => account_column(account),
        Who::Email(digest) => format!("email:{digest}"),
        Who::LinkedEmail(digest) => format!("linked:{digest}"),
        Who::Unknown => UNKNOWN.to_owned(),
    }
}

fn who_from_column(column: &str) -> Result<Who, Error> {
    match column.split_once(':') {
        Some(("account", account)) => {
            account.parse().map(Who::Account).map_err(|error| Error::broken(format!("{error}")))
        }
        Some(("email", digest)) => Ok(Who::Email(digest.to_owned())),
        Some(("linked", digest)) => Ok(Who::LinkedEmail(digest.to_owned())),
        _ if column == UNKNOWN => Ok(Who::Unknown),
        _ => Err(Error::broken(format!("a remembered contributor is {column:?}"))),
    }
}

/// How [`Who::Unknown`] is kept.
pub(super) const UNKNOWN: &str = "unknown";

/// Adds to the memory. Nothing in it is ever changed or lowered.
pub(super) async fn remember(tx: &mut Tx, addition: Addition<'_>, now_ms: i64) -> Result<(), Error> {
    raise_level(tx, addition.change, addition.level).await?;
    remember_evidence(tx, addition).await?;
    remember_contributors(tx, addition).await?;
    let change = addition.change;
    let standings =
        addition.first_seen.iter().map(|(word, standing)| Ok((word.to_string(), columns::to_json(standing)?)));
    let standings = standings.collect::<Result<Vec<_>, Error>>()?;
    insert_many!(
        *tx,
        "INSERT INTO first_word (host, repo_id, number, word, standing, seen_at) ",
        standings,
        |bind, row| {
            bind.push_bind(change.repo.host.as_str())
                .push_bind(change.repo.id)
                .push_bind(change.number)
                .push_bind(row.0.as_str())
                .push_bind(row.1.as_str())
                .push_bind(now_ms);
        },
        " ON CONFLICT (host, repo_id, number, word) DO NOTHING"
    );
    Ok(())
}

async fn raise_level(tx: &mut Tx, change: &ChangeKey, level: Level) -> Result<(), Error> {
    let Some(rank) = rank(level) else { return Ok(()) };
    execute!(
        *tx,
        sqlx::query(
            "INSERT INTO change_level (host, repo_id, number, level) VALUES ($1, $2, $3, $4)
             ON CONFLICT (host, repo_id, number) DO UPDATE SET level = excluded.level
             WHERE change_level.level < excluded.level"
        )
        .bind(change.repo.host.as_str())
        .bind(change.repo.id)
        .bind(change.number)
        .bind(rank)
    )?;
    Ok(())
}

async fn remember_evidence(tx: &mut Tx, addition: Addition<'_>) -> Result<(), Error> {
    let mut rows = BTreeSet::new();
    for evidence in addition.evidence {
        let json = columns::to_json(evidence)?;
        let digest = digest(&json);
        for seen_on in evidence_keys(addition.change, addition.keys, evidence) {
            rows.insert((seen_on, digest.clone(), json.clone()));
        }
    }
    let rows: Vec<_> = rows.into_iter().collect();
    insert_many!(
        *tx,
        "INSERT INTO remembered_evidence (host, repo_id, seen_on, digest, evidence) ",
        rows,
        |bind, row| {
            bind.push_bind(addition.change.repo.host.as_str())
                .push_bind(addition.change.repo.id)
                .push_bind(row.0.as_str())
                .push_bind(row.1.as_str())
                .push_bind(row.2.as_str());
        },
        " ON CONFLICT (host, repo_id, seen_on, digest) DO NOTHING"
    );
    Ok(())
}

/// SHA-256, hex: a key shorter than what it stands for.
fn digest(json: &str) -> String {
    Sha256::digest(json.as_bytes()).iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a `String` cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

async fn remember_contributors(tx: &mut Tx, addition: Addition<'_>) -> Result<(), Error> {
    let keys = head_keys(addition.change, addition.keys);
    let people = addition.contributors.iter().map(|done| Ok((columns::word(&done.role)?, who_to_column(&done.who))));
    let people = people.collect::<Result<Vec<_>, Error>>()?;
    let rows: Vec<_> = keys.iter().flat_map(|key| people.iter().map(move |person| (key, person))).collect();
    insert_many!(
        *tx,
        "INSERT INTO remembered_contributor (host, repo_id, seen_on, role, who) ",
        rows,
        |bind, row| {
            bind.push_bind(addition.change.repo.host.as_str())
                .push_bind(addition.change.repo.id)
                .push_bind(row.0.as_str())
                .push_bind(row.1.0.as_str())
                .push_bind(row.1.1.as_str());
        },
        " ON CONFLICT (host, repo_id, seen_on, role, who) DO NOTHING"
    );
    Ok(())
}

/// Everything by which a change is recognised, sorted.
fn all_keys(change: &ChangeKey, keys: &MemoryKeys) -> BTreeSet<String> {
    let mut all = change_keys(change, &keys.branch);
    for commit in &keys.commits {
        all.extend(commit_keys(commit));
    }
    all
}

/// Where that sticks which belongs to a whole change, such as its contributors: to the change, its branch, and its
/// head with the head's tree. Not to every commit: in a stack, the lower change's commits are in the upper one too, and
/// whoever built on a change did not thereby contribute to it.
fn head_keys(change: &ChangeKey, keys: &MemoryKeys) -> BTreeSet<String> {
    let mut some = change_keys(change, &keys.branch);
    some.extend(keys.commits.last().into_iter().flat_map(commit_keys));
    some
}

/// Where a piece of evidence sticks. A sign in a commit belongs to that commit, and to all that contains it: the
/// head, its tree, the branch, the change. Other commits of the change may well be free of it. Any other sign (an
/// opener, a description, a label) belongs to the whole change.
fn evidence_keys(change: &ChangeKey, keys: &MemoryKeys, evidence: &Evidence) -> BTreeSet<String> {
    let Some(place) = evidence.place.commit() else { return head_keys(change, keys) };
    let mut some = change_keys(change, &keys.branch);
    some.insert(format!("commit:{place}"));
    if keys.commits.iter().map(|(sha, _)| sha).chain(&keys.earlier).any(|commit| commit == place) {
        some.insert(own_key(change));
    }
    for commit in keys.commits.iter().filter(|(sha, _)| sha == place).chain(keys.commits.last()) {
        some.extend(commit_keys(commit));
    }
    some
}

/// Where that sticks which belongs to a change, whatever its commits are by now.
pub(super) fn change_keys(change: &ChangeKey, branch: &HeadBranch) -> BTreeSet<String> {
    branch_key(branch).into_iter().chain([number_key(change)]).collect()
}

fn number_key(change: &ChangeKey) -> String {
    format!("change:{}", change.number)
}

/// Where that sticks which stood in commits of the change itself, and in nothing that it only shares a name or content
/// with.
fn own_key(change: &ChangeKey) -> String {
    format!("own:{}", change.number)
}

/// The branches of deleted forks cannot be told apart, so nothing sticks to them.
fn branch_key(branch: &HeadBranch) -> Option<String> {
    branch.repo.as_ref().map(|repo| format!("branch:{repo}:{}", branch.name))
}

fn commit_keys((sha, tree): &(CommitSha, Option<CommitSha>)) -> impl Iterator<Item = String> {
    std::iter::once(format!("commit:{sha}")).chain(tree.iter().map(|tree| format!("tree:{tree}")))
}

/// The place of a level in the only order that matters here; `None` for what is not remembered.
fn rank(level: Level) -> Option<i64> {
    match level {
        Level::None | Level::Unknown => None,
        Level::Assisted => Some(1),
        Level::Autonomous => Some(2),
    }
}

fn level_of(rank: i64) -> Result<Level, Error> {
    match rank {
        1 => Ok(Level::Assisted),
        2 => Ok(Level::Autonomous),
        other => Err(Error::broken(format!("the level of a change is {other}"))),
    }
}
