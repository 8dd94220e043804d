//! Commands in comments: kept as they were first told of, with what became of the comments since.
//!
//! Which head a command is about is settled once, here, against the heads on record when it came. Nothing that comes
//! later changes that, and a comment's fate only gets worse.

use jiff::{SignedDuration, Timestamp};
use sqlx::FromRow;

use super::backend::Tx;
use super::error::Error;
use super::{Store, columns, findings, ms};
use crate::gate::change::Actor;
use crate::gate::command::{About, Ask, Command, Fate};
use crate::gate::finding::{By, Finding, Kind, Place};
use crate::gate::ids::{AccountId, ChangeKey, CommitSha, Login, RepoId};
use crate::gate::witnessed::{Misplaced, SeenCommand, Witness};

/// For how long our check must have stood on a head before a command without a commit can mean that head.
const STOOD_LONG_ENOUGH: SignedDuration = SignedDuration::from_mins(5);

/// A command as it is kept, with what is needed to read its comment again.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptCommand {
    /// The command. Whether it came by e-mail is not on record: only a fresh read tells.
    pub command: Command,
    /// The forge's name for the comment in its own queries.
    pub node: String,
    /// SHA-256 of the comment's text, hex.
    pub body_digest: String,
    /// Digests of the evidence that it was found to dismiss when it was first weighed. It never dismisses any other.
    pub covers: Option<Vec<String>>,
    /// When we heard of it, by our own clock.
    pub received_at: Timestamp,
}

#[derive(Debug, FromRow)]
struct CommandRow {
    comment_id: i64,
    node: String,
    author_id: i64,
    login: String,
    kind: String,
    via_app: Option<i64>,
    said_at: i64,
    said: String,
    body_digest: String,
    about: String,
    is_witnessed: bool,
    fate: String,
    covers: Option<String>,
    url: Option<String>,
    received_at: i64,
}

impl CommandRow {
    fn into_kept(self, change: &ChangeKey) -> Result<KeptCommand, Error> {
        Ok(KeptCommand {
            command: Command {
                comment: self.comment_id,
                author: actor(change, self.author_id, &self.login, &self.kind)?,
                via_app: self.via_app,
                by_email: false,
                said_at: columns::time(self.said_at)?,
                said: columns::from_json(&self.said)?,
                about: columns::from_json(&self.about)?,
                is_witnessed: self.is_witnessed,
                fate: columns::variant(&self.fate)?,
                url: self.url,
            },
            node: self.node,
            body_digest: self.body_digest,
            covers: self.covers.as_deref().map(columns::from_json).transpose()?,
            received_at: columns::time(self.received_at)?,
        })
    }
}

#[derive(Debug, FromRow)]
struct MisplacedRow {
    place: String,
    id: i64,
    author_id: i64,
    login: String,
    kind: String,
    said: String,
    url: Option<String>,
    said_at: i64,
}

impl MisplacedRow {
    fn into_misplaced(self, change: &ChangeKey) -> Result<Misplaced, Error> {
        Ok(Misplaced {
            change: change.clone(),
            place: columns::variant(&self.place)?,
            id: self.id,
            author: actor(change, self.author_id, &self.login, &self.kind)?,
            said: columns::from_json(&self.said)?,
            said_at: columns::time(self.said_at)?,
            url: self.url,
        })
    }
}

fn actor(change: &ChangeKey, id: i64, login: &str, kind: &str) -> Result<Actor, Error> {
    let account = AccountId::new(change.repo.host.clone(), id);
    Ok(Actor { account, login: Login::from(login), kind: columns::variant(kind)? })
}

impl Store {
    /// Keeps commands that were found, and not told of.
    pub async fn keep_commands(&self, found: &[SeenCommand], now: Timestamp) -> Result<(), Error> {
        let mut tx = self.backend.write_tx().await?;
        for seen in found {
            keep(&mut tx, seen, now).await?;
        }
        tx.commit().await
    }

    /// Every command on the change, in the order in which the forge numbered the comments.
    pub async fn commands(&self, change: &ChangeKey) -> Result<Vec<KeptCommand>, Error> {
        let rows = read!(
            self,
            fetch_all,
            sqlx::query_as::<_, CommandRow>(
                "SELECT comment_id, node, author_id, login, kind, via_app, said_at, said, body_digest, about,
                        is_witnessed, fate, covers, url, received_at
                 FROM command WHERE host = $1 AND repo_id = $2 AND number = $3 ORDER BY comment_id"
            )
            .bind(change.repo.host.as_str())
            .bind(change.repo.id)
            .bind(change.number)
        )?;
        rows.into_iter().map(|row| row.into_kept(change)).collect()
    }

    /// Commands on the change that were written where none is obeyed, and that nobody has answered.
    pub async fn unanswered_misplaced(&self, change: &ChangeKey) -> Result<Vec<Misplaced>, Error> {
        let rows = read!(
            self,
            fetch_all,
            sqlx::query_as::<_, MisplacedRow>(
                "SELECT m.place, m.id, m.author_id, m.login, m.kind, m.said, m.url, m.said_at
                 FROM misplaced_command m
                 WHERE m.host = $1 AND m.repo_id = $2 AND m.number = $3 AND NOT EXISTS (
                     SELECT 1 FROM answer a WHERE a.host = m.host AND a.repo_id = m.repo_id
                         AND a.place = m.place AND a.comment_id = m.id)
                 ORDER BY m.said_at, m.place, m.id"
            )
            .bind(change.repo.host.as_str())
            .bind(change.repo.id)
            .bind(change.number)
        )?;
        rows.into_iter().map(|row| row.into_misplaced(change)).collect()
    }

    /// Keeps what a fresh read showed of comments. What was edited or deleted stays so.
    pub async fn note_fates(&self, repo: &RepoId, fates: &[(i64, Fate)]) -> Result<(), Error> {
        let mut tx = self.backend.write_tx().await?;
        for (comment, fate) in fates {
            worsen(&mut tx, repo, *comment, *fate).await?;
        }
        tx.commit().await
    }
}

/// Keeps what deliveries told about comments. To be called once their heads are on record.
pub(super) async fn witness(tx: &mut Tx, facts: &[(&Witness, Timestamp)]) -> Result<(), Error> {
    for (fact, now) in facts {
        match fact {
            Witness::Command(seen) => keep(tx, seen, *now).await?,
            Witness::Misplaced(seen) => keep_misplaced(tx, seen, *now).await?,
            Witness::CommentFate { repo, comment, fate, by } => {
                if let Some(by) = by {
                    note_tampering(tx, repo, *comment, by, *now).await?;
                }
                remember_fate(tx, repo, *comment, *fate, *now).await?;
                worsen(tx, repo, *comment, *fate).await?;
            }
            Witness::Repository(_)
            | Witness::Change(_)
            | Witness::Push(_)
            | Witness::Group(_)
            | Witness::Finding(_)
            | Witness::Rules(_)
            | Witness::Gone(_)
            | Witness::Project(_)
            | Witness::Approval(_)
            | Witness::Described(_) => {}
        }
    }
    Ok(())
}

pub(super) async fn keep(tx: &mut Tx, seen: &SeenCommand, now: Timestamp) -> Result<(), Error> {
    let repo = &seen.change.repo;
    let about = about(tx, seen).await?;
    let fate = within!(
        *tx,
        fetch_optional,
        sqlx::query_scalar::<_, String>(
            "SELECT fate FROM comment_fate WHERE host = $1 AND repo_id = $2 AND comment_id = $3"
        )
        .bind(repo.host.as_str())
        .bind(repo.id)
        .bind(seen.comment)
    )?;
    execute!(
        *tx,
        sqlx::query(
            "INSERT INTO command (host, repo_id, comment_id, number, node, author_id, login, kind, via_app, said_at,
                 said, body_digest, about, is_witnessed, fate, url, received_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
             ON CONFLICT (host, repo_id, comment_id) DO UPDATE SET
                 number = excluded.number, node = excluded.node, author_id = excluded.author_id,
                 login = excluded.login, kind = excluded.kind, via_app = excluded.via_app,
                 said_at = excluded.said_at, said = excluded.said, body_digest = excluded.body_digest,
                 about = excluded.about, is_witnessed = excluded.is_witnessed, url = excluded.url,
                 received_at = excluded.received_at
             WHERE excluded.is_witnessed AND NOT command.is_witnessed"
        )
        .bind(repo.host.as_str())
        .bind(repo.id)
        .bind(seen.comment)
        .bind(seen.change.number)
        .bind(&seen.node)
        .bind(seen.author.account.id)
        .bind(seen.author.login.as_str())
        .bind(columns::word(&seen.author.kind)?)
        .bind(seen.via_app)
        .bind(ms(seen.said_at))
        .bind(columns::to_json(&seen.said)?)
        .bind(&seen.body_digest)
        .bind(columns::to_json(&about)?)
        .bind(seen.is_witnessed)
        .bind(fate.map_or_else(|| columns::word(&Fate::Stands), Ok)?)
        .bind(&seen.url)
        .bind(ms(now))
    )?;
    Ok(())
}

async fn keep_misplaced(tx: &mut Tx, seen: &Misplaced, now: Timestamp) -> Result<(), Error> {
    execute!(
        *tx,
        sqlx::query(
            "INSERT INTO misplaced_command
                 (host, repo_id, place, id, number, author_id, login, kind, said, url, said_at, received_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
             ON CONFLICT (host, repo_id, place, id) DO NOTHING"
        )
        .bind(seen.change.repo.host.as_str())
        .bind(seen.change.repo.id)
        .bind(columns::word(&seen.place)?)
        .bind(seen.id)
        .bind(seen.change.number)
        .bind(seen.author.account.id)
        .bind(seen.author.login.as_str())
        .bind(columns::word(&seen.author.kind)?)
        .bind(columns::to_json(&seen.said)?)
        .bind(&seen.url)
        .bind(ms(seen.said_at))
        .bind(ms(now))
    )?;
    Ok(())
}

/// The head that a command is about, by the heads on record now.
async fn about(tx: &mut Tx, seen: &SeenCommand) -> Result<About, Error> {
    match &seen.said.ask {
        Ask::Approve { named: Some(named) } => named_head(tx, &seen.change, named).await,
        _ => current_head(tx, &seen.change, seen.said_at).await,
    }
}

async fn named_head(tx: &mut Tx, change: &ChangeKey, named: &str) -> Result<About, Error> {
    if named.is_empty() || !named.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Ok(About::Unmatched);
    }
    let heads = within!(
        *tx,
        fetch_all,
        sqlx::query_scalar::<_, String>(
            "SELECT head FROM change_head WHERE host = $1 AND repo_id = $2 AND number = $3 AND head LIKE $4 LIMIT 2"
        )
        .bind(change.repo.host.as_str())
        .bind(change.repo.id)
        .bind(change.number)
        .bind(format!("{named}%"))
    )?;
    match heads.as_slice() {
        [head] => Ok(About::Named(columns::sha(head)?)),
        _ => Ok(About::Unmatched),
    }
}

async fn current_head(tx: &mut Tx, change: &ChangeKey, said_at: Timestamp) -> Result<About, Error> {
    let newest = within!(
        *tx,
        fetch_optional,
        sqlx::query_scalar::<_, String>(
            "SELECT head FROM change_head WHERE host = $1 AND repo_id = $2 AND number = $3
             ORDER BY last_seen_at DESC, first_seen_at DESC, head LIMIT 1"
        )
        .bind(change.repo.host.as_str())
        .bind(change.repo.id)
        .bind(change.number)
    )?;
    let Some(head) = newest else { return Ok(About::Unknown) };
    let head = columns::sha(&head)?;
    let had_stood = had_stood(tx, &change.repo, &head, said_at).await?;
    Ok(About::Current { head, had_stood })
}

/// Whether our check had stood on the head for long enough by then.
async fn had_stood(tx: &mut Tx, repo: &RepoId, head: &CommitSha, said_at: Timestamp) -> Result<bool, Error> {
    let since = within!(
        *tx,
        fetch_one,
        sqlx::query_scalar::<_, Option<i64>>(
            "SELECT MAX(stood_since) FROM publication WHERE host = $1 AND repo_id = $2 AND head = $3"
        )
        .bind(repo.host.as_str())
        .bind(repo.id)
        .bind(head.as_str())
    )?;
    let Some(since) = since else { return Ok(false) };
    let long_enough = columns::time(since)?.saturating_add(STOOD_LONG_ENOUGH);
    Ok(long_enough.is_ok_and(|long_enough| long_enough <= said_at))
}

/// Keeps what commands were found to dismiss. What was found first stays.
pub(super) async fn cover(tx: &mut Tx, repo: &RepoId, dismisses: &[(i64, Vec<String>)]) -> Result<(), Error> {
    for (comment, evidence) in dismisses {
        execute!(
            *tx,
            sqlx::query(
                "UPDATE command SET covers = $4
                 WHERE host = $1 AND repo_id = $2 AND comment_id = $3 AND covers IS NULL"
            )
            .bind(repo.host.as_str())
            .bind(repo.id)
            .bind(comment)
            .bind(columns::to_json(evidence)?)
        )?;
    }
    Ok(())
}

/// Puts on record that somebody edited or deleted another's command.
async fn note_tampering(tx: &mut Tx, repo: &RepoId, comment: i64, by: &AccountId, now: Timestamp) -> Result<(), Error> {
    let number = within!(
        *tx,
        fetch_optional,
        sqlx::query_scalar::<_, i64>(
            "SELECT number FROM command WHERE host = $1 AND repo_id = $2 AND comment_id = $3 AND author_id <> $4"
        )
        .bind(repo.host.as_str())
        .bind(repo.id)
        .bind(comment)
        .bind(by.id)
    )?;
    let Some(number) = number else { return Ok(()) };
    let finding = Finding {
        kind: Kind::CommandTampered,
        repo: repo.clone(),
        place: Place::Comment { number, comment },
        by: Some(By::Account(by.clone())),
        at: now,
    };
    findings::record(tx, &finding).await?;
    Ok(())
}

/// For a command whose creation we may yet hear of.
async fn remember_fate(tx: &mut Tx, repo: &RepoId, comment: i64, fate: Fate, now: Timestamp) -> Result<(), Error> {
    execute!(
        *tx,
        sqlx::query(
            "INSERT INTO comment_fate (host, repo_id, comment_id, fate, received_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (host, repo_id, comment_id) DO UPDATE SET
                 fate = excluded.fate, received_at = excluded.received_at
             WHERE comment_fate.fate = 'edited'"
        )
        .bind(repo.host.as_str())
        .bind(repo.id)
        .bind(comment)
        .bind(columns::word(&fate)?)
        .bind(ms(now))
    )?;
    Ok(())
}

async fn worsen(tx: &mut Tx, repo: &RepoId, comment: i64, fate: Fate) -> Result<(), Error> {
    let sql = match fate {
        Fate::Stands => return Ok(()),
        Fate::Edited => {
            "UPDATE command SET fate = 'edited'
             WHERE host = $1 AND repo_id = $2 AND comment_id = $3 AND fate = 'stands'"
        }
        Fate::Deleted => "UPDATE command SET fate = 'deleted' WHERE host = $1 AND repo_id = $2 AND comment_id = $3",
    };
    execute!(*tx, sqlx::query(sql).bind(repo.host.as_str()).bind(repo.id).bind(comment))?;
    Ok(())
}
