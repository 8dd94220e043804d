//! Several workers, some of which die, dawdle or panic.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use jiff::SignedDuration;
use seconder::clock::Clock;
use seconder::config::EngineLimits;
use seconder::engine::Engine;
use seconder::gate::ids::{CommitSha, RepoId};
use seconder::sandbox::{Fault, NewCommit, OpenPull, Opinion};
use seconder::store::{HeadLease, HeadLock};
use tokio_util::sync::CancellationToken;

use super::check_runs;
use crate::world::{Change, REPOSITORY, Scene, World, claude};

const LEASE: SignedDuration = SignedDuration::from_secs(15);

fn place(s: &Scene, change: &Change) -> (RepoId, CommitSha) {
    (s.key(change).repo, s.head(change).parse().unwrap())
}

async fn lock(s: &Scene, change: &Change) -> HeadLock {
    let (repo, head) = place(s, change);
    s.store.lock_head(&repo, &head, s.forge.now(), LEASE).await.unwrap()
}

/// Another worker takes the head's lock, and is never heard of again.
async fn dies_holding(s: &Scene, change: &Change) -> HeadLease {
    match lock(s, change).await {
        HeadLock::Held(lease) => lease,
        HeadLock::Busy { until } => panic!("somebody holds it until {until}"),
    }
}

#[test]
fn a_dead_workers_head_is_taken_over_when_its_lease_ends() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        let lease = dies_holding(s, &change).await;
        s.approve("ana", &change).await;
        s.expect_held(&change, "Needs 1 approval");
        let ends = s.forge.now() + LEASE;
        s.patience().await;
        assert!(s.forge.now() >= ends - SignedDuration::from_secs(2));
        s.expect_pass(&change);
        assert!(!s.store.holds_head(&lease).await.unwrap());
    });
}

#[test]
fn whoever_takes_over_publishes_although_nothing_seems_to_change() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        dies_holding(s, &change).await;
        s.forge.advance(LEASE);
        s.calls().await;
        s.forge.label(&s.who("mia"), REPOSITORY, change.number, "payments");
        let calls = s.calls().await;
        assert_eq!(calls.iter().map(|call| call.method.as_str()).collect::<Vec<_>>(), ["POST", "PATCH"]);
        assert!(s.store.dirty_count().await.unwrap() == 1, "it looks once more");
        s.patience().await;
    });
}

#[test]
fn a_dead_workers_last_request_is_put_right_when_it_arrives_late() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        dies_holding(s, &change).await;
        s.forge.advance(LEASE);
        s.forge.label(&s.who("mia"), REPOSITORY, change.number, "payments");
        s.quiet().await;
        // Only now does GitHub take in what the dead worker sent.
        let app = s.forge.app();
        s.forge.report_check(&app, REPOSITORY, &s.head(&change), "seconder", "success");
        s.patience().await;
        s.expect_held(&change, "Needs 1 approval");
    });
}

/// A clock that stops its reader, once, at the first reading after it was told to.
#[derive(Default)]
struct Gate {
    /// Armed, somebody waits, let go.
    state: Mutex<(bool, bool, bool)>,
    moved: Condvar,
}

impl Gate {
    fn change(&self, change: impl FnOnce(&mut (bool, bool, bool))) {
        change(&mut self.state.lock().unwrap());
        self.moved.notify_all();
    }

    fn pass(&self) {
        let mut state = self.state.lock().unwrap();
        if !std::mem::take(&mut state.0) {
            return;
        }
        state.1 = true;
        self.moved.notify_all();
        while !state.2 {
            state = self.moved.wait(state).unwrap();
        }
    }

    fn wait_for_reader(&self) {
        let mut state = self.state.lock().unwrap();
        while !state.1 {
            state = self.moved.wait(state).unwrap();
        }
    }
}

/// Runs an engine on a thread of its own, which it may block.
fn on_its_own(engine: &Arc<Engine>) -> tokio::task::JoinHandle<()> {
    let (engine, runtime) = (Arc::clone(engine), tokio::runtime::Handle::current());
    tokio::task::spawn_blocking(move || runtime.block_on(engine.run_until_idle()).unwrap())
}

#[test]
fn a_worker_that_dawdled_and_was_overtaken_publishes_nothing() {
    World::new().run(async |s| {
        let gate = Arc::new(Gate::default());
        let (github, at_gate) = (s.forge.clone(), Arc::clone(&gate));
        let clock = Clock::from_fn(move || {
            // It stops when it has read the change, and before it says anything about it.
            if github.calls().iter().any(seconder::sandbox::Call::is_graphql) {
                at_gate.pass();
            }
            github.now()
        });
        let slow = s.server_with(s.config(), clock).await;
        let change = s.assisted_change().await;
        s.forge.review(&s.who("ana"), REPOSITORY, change.number, Opinion::Approve, None);
        s.forge.settled().await;
        s.forge.take_calls();
        gate.change(|state| state.0 = true);
        let dawdling = on_its_own(&slow.engine);
        let watched = Arc::clone(&gate);
        tokio::task::spawn_blocking(move || watched.wait_for_reader()).await.unwrap();
        // Its leases end, ana's approval is overruled, and another worker says so.
        s.forge.advance(LEASE);
        s.request_changes("kim", &change).await;
        s.patience().await;
        s.expect_held(&change, "@kim");
        let stands = s.check(&change);
        gate.change(|state| state.2 = true);
        dawdling.await.unwrap();
        assert_eq!(s.check(&change), stands);
        s.patience().await;
        s.expect_held(&change, "@kim");
        let passed = s.forge.check_runs(REPOSITORY, &s.head(&change), "seconder");
        assert!(passed.iter().all(|run| run.conclusion.as_deref() != Some("success")));
    });
}

/// At which of its readings of the clock, after it has read the change, a worker falls asleep; more than there are.
const READINGS: u32 = 12;

#[test]
fn a_worker_that_wakes_late_never_has_the_last_word() {
    for reading in 0..READINGS {
        World::new().run(async |s| wakes_late(s, reading).await);
    }
}

/// A worker read the change when ana had approved, sleeps at this reading of its clock, and is overtaken.
async fn wakes_late(s: &Scene, reading: u32) {
    let gate = Arc::new(Gate::default());
    let left = Arc::new(AtomicU32::new(u32::MAX));
    let (github, at_gate, counted) = (s.forge.clone(), Arc::clone(&gate), Arc::clone(&left));
    let clock = Clock::from_fn(move || {
        let is_armed = counted.load(Ordering::SeqCst) != u32::MAX;
        if is_armed && github.calls().iter().any(seconder::sandbox::Call::is_graphql) {
            match counted.load(Ordering::SeqCst) {
                0 => at_gate.pass(),
                n => counted.store(n - 1, Ordering::SeqCst),
            }
        }
        github.now()
    });
    let slow = s.server_with(s.config(), clock).await;
    let change = s.assisted_change().await;
    s.forge.review(&s.who("ana"), REPOSITORY, change.number, Opinion::Approve, None);
    s.forge.settled().await;
    s.forge.take_calls();
    gate.change(|state| state.0 = true);
    left.store(reading, Ordering::SeqCst);
    let mut dawdling = on_its_own(&slow.engine);
    let watched = Arc::clone(&gate);
    let asleep = tokio::task::spawn_blocking(move || watched.wait_for_reader());
    tokio::select! {
        sleeps = asleep => {
            sleeps.unwrap();
            s.forge.advance(LEASE);
            s.request_changes("kim", &change).await;
            s.patience().await;
            s.expect_held(&change, "kim asked for changes");
            gate.change(|state| state.2 = true);
            dawdling.await.unwrap();
            s.patience().await;
            s.expect_held(&change, "kim asked for changes");
        }
        // It was done before it read the clock so often.
        done = &mut dawdling => {
            done.unwrap();
            gate.change(|state| *state = (false, true, true));
        }
    }
}

#[test]
fn a_head_stays_locked_however_long_its_work_takes() {
    World::new().run(async |s| {
        let limits =
            EngineLimits { workers: 1, request_timeout: Duration::from_secs(4), lease: Duration::from_secs(3) };
        let slow = s.server_with(seconder::config::Config { engine: limits, ..s.config() }, s.clock()).await;
        let change = s.assisted_change().await;
        s.forge.review(&s.who("ana"), REPOSITORY, change.number, Opinion::Approve, None);
        s.forge.settled().await;
        s.forge.take_calls();
        s.forge.faults().next(1, s.reading(), Fault::HangAfterEffect);
        let engine = Arc::clone(&slow.engine);
        let working = tokio::spawn(async move { engine.run_until_idle().await.unwrap() });
        while !s.forge.calls().iter().any(seconder::sandbox::Call::is_graphql) {
            tokio::task::yield_now().await;
        }
        let HeadLock::Busy { until: first } = lock(s, &change).await else { panic!("nobody locked the head") };
        // Time passes, but less than a lease; the worker, which waits for GitHub, prolongs it.
        s.forge.advance(SignedDuration::from_secs(1));
        loop {
            match lock(s, &change).await {
                HeadLock::Busy { until } if until > first => break,
                HeadLock::Busy { .. } => tokio::task::yield_now().await,
                HeadLock::Held(_) => panic!("the lease ended"),
            }
        }
        working.await.unwrap();
        s.patience().await;
        s.expect_pass(&change);
    });
}

#[test]
fn a_panic_ends_neither_the_worker_nor_the_change() {
    World::new().run(async |s| {
        let (left, github) = (Arc::new(AtomicU32::new(u32::MAX)), s.forge.clone());
        let counting = Arc::clone(&left);
        let clock = Clock::from_fn(move || {
            assert!(counting.fetch_sub(1, Ordering::SeqCst) != 0, "the clock fell off the wall");
            github.now()
        });
        let shaky = s.server_with(s.config(), clock).await;
        let change = s.assisted_change().await;
        for readings in 3..8 {
            s.push("jo", &change, &format!("Attempt {readings}")).await;
            s.forge.review(&s.who("ana"), REPOSITORY, change.number, Opinion::Approve, None);
            s.forge.settled().await;
            // The first readings are for limits, for what is due and for the claim; of the others, each falls into the work on
            // the change.
            left.store(readings, Ordering::SeqCst);
            shaky.engine.run_until_idle().await.unwrap();
            left.store(u32::MAX, Ordering::SeqCst);
            s.patience().await;
            s.expect_pass(&change);
        }
    });
}

#[test]
fn two_changes_on_one_head_are_never_judged_at_the_same_time() {
    World::new().run(async |s| {
        let other = s.another_server().await;
        s.forge.push_commit(&s.who("kim"), REPOSITORY, "release", &s.forge.tip(REPOSITORY, "main").unwrap());
        s.forge.require_check(REPOSITORY, "release", "seconder", Some(s.forge.app().id));
        for n in 0..5 {
            let change = s.change("jo").branch(&format!("both-{n}")).open_at_once();
            let twin = OpenPull::new(change.branch.clone(), "The same, for the release").to("release");
            s.forge.open_pull(&s.who("jo"), REPOSITORY, twin);
            s.forge.settled().await;
            let (ours, theirs) = tokio::join!(s.engine.run_until_idle(), other.engine.run_until_idle());
            ours.and(theirs).unwrap();
            s.patience().await;
            assert_eq!(check_runs(s, &change).len(), 1);
            s.expect_held(&change, "Needs 1 approval");
        }
    });
}

#[test]
fn what_was_begun_is_finished_before_the_engine_stops() {
    World::new().on_github().run(async |s| {
        let change = s.change("jo").commit(&claude("Retry")).open_at_once();
        s.forge.push_commit(&s.who("kim"), REPOSITORY, "elsewhere", &s.head(&change));
        s.forge.settled().await;
        s.forge.faults().latency(Duration::from_millis(50));
        let (engine, stop) = (Arc::clone(&s.engine), CancellationToken::new());
        let stopped = stop.clone();
        let working = tokio::spawn(async move { engine.run(stopped).await });
        while !s.forge.calls().iter().any(seconder::sandbox::Call::is_graphql) {
            tokio::task::yield_now().await;
        }
        stop.cancel();
        working.await.unwrap();
        s.expect_held(&change, "Needs 1 approval");
        assert_eq!(s.store.dirty_count().await.unwrap(), 0);
    });
}

#[test]
fn a_store_that_is_away_for_a_moment_stops_nobody() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        let broken = s.another_server().await;
        broken.store.close().await;
        let (engine, stop) = (Arc::clone(&broken.engine), CancellationToken::new());
        let (stopped, ended) = (stop.clone(), Arc::new(AtomicBool::new(false)));
        let told = Arc::clone(&ended);
        let working = tokio::spawn(async move {
            engine.run(stopped).await;
            told.store(true, Ordering::SeqCst);
        });
        s.push_commit("jo", &change, NewCommit::new("More").file("c", "c")).await;
        s.expect_held(&change, "Needs 1 approval");
        assert!(!ended.load(Ordering::SeqCst));
        stop.cancel();
        working.await.unwrap();
    });
}
