//! The store, every function on SQLite and on PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a story that cannot go on should stop where it is")]

mod answers;
mod approvals;
mod asks;
mod commands;
mod decisions;
mod directory;
mod dirty;
mod findings;
mod groups;
mod heads;
mod limits;
mod listing;
mod memory;
mod migrations;
mod model;
mod opening;
mod pages;
mod people;
mod projects;
mod publication;
mod readings;
mod receive;
mod suggestions;
mod witnessed;

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use seconder::gate::change::{Actor, ActorKind, ChangeState, HeadBranch};
use seconder::gate::detect::{Channel, Evidence, Level, Place, Strength};
use seconder::gate::ids::{AccountId, ChangeKey, CommitSha, Host, OwnerId, RepoId, WordId};
use seconder::gate::witnessed::{Concern, SeenChange, SeenRepository, Witness};
use seconder::store::{Decision, Delivery, Digests, HeadLease, HeadLock, KnownChange, MemoryKeys, Receipt, Store};

use crate::pg;

/// Runs each story on both databases.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let (store, _folder) = crate::store::sqlite().await;
                super::$name(store).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::store::postgres().await).await;
            })*
        }
    };
}
use on_both;

const LEASE: SignedDuration = SignedDuration::from_secs(60);

async fn sqlite() -> (Store, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&sqlite_url(&folder)).await.unwrap();
    (store, folder)
}

fn sqlite_url(folder: &tempfile::TempDir) -> String {
    format!("sqlite:{}", folder.path().join("seconder.db").display())
}

async fn postgres() -> Store {
    Store::open(&pg::database().await).await.unwrap()
}

/// So many seconds into the story.
fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn host() -> Host {
    "github.com".parse().unwrap()
}

fn acme() -> OwnerId {
    OwnerId::new(host(), 900)
}

fn repo(id: i64) -> RepoId {
    RepoId::new(host(), id)
}

fn change(number: i64) -> ChangeKey {
    ChangeKey { repo: repo(1), number }
}

/// A commit name that repeats this character.
fn sha(digit: char) -> CommitSha {
    digit.to_string().repeat(40).parse().unwrap()
}

fn account(id: i64) -> AccountId {
    AccountId::new(host(), id)
}

fn actor(id: i64, login: &str) -> Actor {
    Actor { account: account(id), login: login.into(), kind: ActorKind::User }
}

fn branch(name: &str) -> HeadBranch {
    HeadBranch { name: name.into(), repo: Some(repo(1)) }
}

fn seen_repository(id: i64) -> SeenRepository {
    SeenRepository {
        repo: repo(id),
        owner: acme(),
        name: format!("acme/r{id}"),
        installation: 77,
        default_branch: Some("main".into()),
        is_public: None,
    }
}

fn seen_change(number: i64, head: CommitSha) -> SeenChange {
    SeenChange {
        key: change(number),
        state: ChangeState::Open,
        head,
        before: None,
        head_branch: branch("feature"),
        base_branch: "main".into(),
        stack_base: None,
        pusher: None,
    }
}

fn known(number: i64, head: CommitSha, read_at: Timestamp) -> KnownChange {
    KnownChange {
        key: change(number),
        state: ChangeState::Open,
        head,
        head_branch: branch("feature"),
        base_branch: "main".into(),
        stack_base: None,
        read_at,
    }
}

/// A delivery about repository 1 with these facts and concerns.
fn delivery(guid: &str, witnessed: Vec<Witness>, concerns: Vec<Concern>) -> Delivery {
    let mut facts = vec![Witness::Repository(seen_repository(1))];
    facts.extend(witnessed);
    Delivery {
        host: host(),
        guid: guid.into(),
        event: "pull_request".into(),
        action: Some("synchronize".into()),
        owner: Some(acme()),
        owner_login: Some("acme".into()),
        installation: Some(77),
        witnessed: facts,
        concerns,
        listings: vec![],
        urgent: false,
        hurry: false,
    }
}

/// Has the store learn of repository 1, without making anything dirty.
async fn introduce(store: &Store) {
    let receipt = store.receive(&delivery("introduction", vec![], vec![]), at(0)).await.unwrap();
    assert_eq!(receipt, Receipt::New { dirtied: 0 });
}

async fn dirty(store: &Store, number: i64, now: Timestamp) {
    assert_eq!(store.mark_dirty(&[Concern::Change(change(number))], false, now).await.unwrap(), 1);
}

async fn hold(store: &Store, head: &CommitSha, now: Timestamp) -> HeadLease {
    match store.lock_head(&repo(1), head, now, LEASE).await.unwrap() {
        HeadLock::Held(lease) => lease,
        HeadLock::Busy { until } => panic!("{head} is busy until {until}"),
    }
}

fn keys(commits: &[(char, char)]) -> MemoryKeys {
    let commits = commits.iter().map(|(commit, tree)| (sha(*commit), Some(sha(*tree)))).collect();
    MemoryKeys { commits, earlier: Vec::new(), branch: branch("feature") }
}

fn trailer(commit: char) -> Evidence {
    Evidence {
        channel: Channel::Trailer,
        tool: "claude-code".into(),
        place: Place::CommitMessage { commit: sha(commit), line: 3, in_trailers: true },
        text: "Co-authored-by: Claude".into(),
        strength: Strength::Attributed,
        gates: true,
        autonomous: false,
    }
}

/// A waiting decision about change `number` at head `a`.
fn decision(number: i64, decided_at: Timestamp) -> Decision {
    Decision {
        change: change(number),
        head: sha('a'),
        outcome: "waiting".into(),
        level: Level::Assisted,
        digests: Digests {
            facts: "facts".into(),
            policy: "policy".into(),
            roster: "roster".into(),
            catalogue: "catalogue".into(),
            check: "check".into(),
        },
        record: serde_json::json!({ "v": 1, "by": "p_1" }),
        snapshot_number: 4,
        decided_at,
        known: Some(known(number, sha('a'), decided_at)),
        evidence: vec![],
        contributors: BTreeSet::new(),
        first_seen: vec![],
        dismisses: vec![],
        look_again_at: None,
        memory_keys: Some(keys(&[('a', 'b')])),
        page: None,
    }
}
