//! The loop: claim a dirty change, read it, evaluate, record, publish, and go on until nothing is dirty.
//!
//! Level-triggered: an event only says "look again", so a lost, doubled or late one changes nothing for good. Reading,
//! evaluating and publishing are serialised per head commit. What fails is tried again, for ever, at a
//! time that the forge named or that grows with every attempt.

mod answers;
mod backoff;
mod commands;
mod credentials;
mod directory;
mod dry;
mod facts;
mod group;
mod head;
mod hidden;
mod jobs;
mod law;
mod lease;
mod limits;
mod listing;
mod merges;
mod notes;
mod pages;
mod readings;
mod record;
mod rules;
mod tools;
mod updates;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use crate::clock::Clock;
use crate::forge::{self, Forge};
use crate::gate::ids::Host;
use crate::gate::link::LinkKey;
use crate::store::{self, Claim, Finish, Owners, Store};
use crate::telemetry::Metrics;
use crate::wake::Wake;

pub use directory::{People, SetupError, Sources};
pub use dry::{DryVerdict, Evaluation, EvaluationError};
pub use facts::Known;
pub use law::{Floor, OrganisationPolicy};
pub use tools::{Tools, ToolsError};

/// How long a worker sleeps when nothing is due and nobody wakes it: another replica may have made something dirty.
const POLL_EVERY: std::time::Duration = std::time::Duration::from_secs(2);

/// How often the directory's files are looked at, and whether anything is to be listed.
const RELOAD_EVERY: std::time::Duration = std::time::Duration::from_secs(30);

/// How often the forges are asked who is in the groups that the directory takes members from.
const MEMBERS_EVERY: SignedDuration = SignedDuration::from_mins(5);

/// For how long deliveries are remembered. A GitHub Enterprise Server sends them again for up to 7 days.
const DELIVERIES_KEPT: SignedDuration = SignedDuration::from_hours(8 * 24);

/// How the engine works.
#[derive(Debug, Clone)]
pub struct Options {
    /// Changes evaluated at the same time.
    pub workers: usize,
    /// How long one API request may take: what is on the wire for longer has failed or taken effect.
    pub request_timeout: SignedDuration,
    /// How long a change or a head may be held without renewing.
    pub lease: SignedDuration,
    /// The check's name.
    pub check_name: String,
    /// Whether checks name people who could approve.
    pub names_candidates: bool,
    /// What a missing organisation policy means.
    pub organisation_policy: OrganisationPolicy,
    /// How often everything is listed, to find what no delivery told of.
    pub list_every: SignedDuration,
    /// How often the forge is asked for deliveries that were missed.
    pub deliveries_every: SignedDuration,
    /// Where people reach the pages, without a trailing slash.
    pub public_url: String,
}

/// Everything that the loop works with.
#[derive(Debug)]
pub struct Engine {
    store: Store,
    notes: notes::Notes,
    forges: BTreeMap<Host, Arc<Forge>>,
    owners: BTreeMap<Host, Arc<Owners>>,
    people: People,
    policies: law::Compiled,
    hidden: hidden::Read,
    updates: updates::Read,
    kept: limits::Kept,
    tools: Tools,
    metrics: Arc<Metrics>,
    clock: Clock,
    wake: Arc<Wake>,
    options: Options,
    link_key: LinkKey,
    shows_tiers: Arc<Owners>,
    /// Whether the lists that a start owes are on record.
    has_swept: AtomicBool,
    asked: credentials::Asked,
}

/// The parts of an engine.
#[derive(Debug)]
pub struct Parts {
    /// Where everything is kept.
    pub store: Store,
    /// The forges, by host.
    pub forges: BTreeMap<Host, Arc<Forge>>,
    /// Whose installations are served, by host.
    pub owners: BTreeMap<Host, Arc<Owners>>,
    /// The directory and the floor.
    pub people: People,
    /// The AI tools that are looked for.
    pub tools: Tools,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// The time.
    pub clock: Clock,
    /// Called by whoever makes something due.
    pub wake: Arc<Wake>,
    /// How to work.
    pub options: Options,
    /// What links to pages are signed with.
    pub link_key: LinkKey,
    /// Owners whose signed pages show tiers.
    pub shows_tiers: Arc<Owners>,
}

/// What a worker does.
#[derive(Debug, Clone, Copy)]
enum Duty {
    /// It judges dirty changes.
    Changes,
    /// It asks for lists that are owed.
    Lists,
}

/// Why a change could not be dealt with now.
#[derive(Debug, thiserror::Error)]
enum Obstacle {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Forge(#[from] forge::Error),
    #[error("another worker holds its head commit")]
    Busy { until: Timestamp },
    #[error("the change could not be read completely: {why}")]
    Incomplete { why: String },
    #[error("its head moves faster than it can be read")]
    Moving,
    #[error("another worker has taken over its head commit")]
    Lost,
    #[error("judging it ended in a panic")]
    Panicked,
    #[error("no forge is configured for {0}")]
    UnknownHost(Host),
}

impl Obstacle {
    /// Whether an attempt was made in vain. Waiting for one's turn is none.
    fn is_failure(&self) -> bool {
        !matches!(self, Self::Busy { .. } | Self::Lost | Self::Forge(forge::Error::RateLimited { .. }))
    }

    /// Whether the forge does not let us.
    fn is_refusal(&self) -> bool {
        use forge::Error as E;
        matches!(self, Self::Forge(E::Forbidden { .. } | E::Unauthorized { .. } | E::NotFound { .. }))
    }
}

impl Engine {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> Arc<Self> {
        let Parts { store, forges, owners, people, tools, metrics, clock, wake, options, link_key, shows_tiers } =
            parts;
        let policies = law::Compiled::default();
        let notes = notes::Notes::into(&store);
        let hidden = hidden::Read::default();
        let updates = updates::Read::default();
        let kept = limits::Kept::default();
        tools.say();
        people.tell(&metrics);
        let has_swept = AtomicBool::new(false);
        Arc::new(Self {
            store,
            notes,
            forges,
            owners,
            people,
            policies,
            hidden,
            updates,
            kept,
            tools,
            metrics,
            clock,
            wake,
            options,
            link_key,
            shows_tiers,
            has_swept,
            asked: credentials::Asked::default(),
        })
    }

    /// Works until `stop` is cancelled; then finishes what was begun and returns.
    pub async fn run(self: &Arc<Self>, stop: CancellationToken) {
        self.catch_up().await;
        let tasks = TaskTracker::new();
        for _ in 0..self.options.workers {
            let (engine, stop) = (Arc::clone(self), stop.clone());
            tasks.spawn(async move { engine.work(&stop, Duty::Changes).await });
        }
        // Lists have a worker of their own: neither waits until the other has nothing left to do.
        let (engine, stopped) = (Arc::clone(self), stop.clone());
        tasks.spawn(async move { engine.work(&stopped, Duty::Lists).await });
        let (engine, stopped) = (Arc::clone(self), stop.clone());
        tasks.spawn(async move { engine.keep_up(&stopped).await });
        tasks.close();
        tasks.wait().await;
    }

    /// Reads the files of the directory and of AI tools again every now and then, and when somebody asks for it; and does what else is to be
    /// done twice a minute.
    async fn keep_up(&self, stop: &CancellationToken) {
        let call = || tokio::time::timeout(RELOAD_EVERY, self.wake.directory_due());
        while let Some(call) = stop.run_until_cancelled(call()).await {
            if lease::caught(Box::pin(self.reload_directory())).await.is_err() {
                tracing::error!("reading the directory again ended in a panic; the one in use stays");
            } else if call.is_ok() {
                tracing::info!("the directory's files were read again, as a signal asked");
            }
            if lease::caught(Box::pin(self.reload_agents())).await.is_err() {
                tracing::error!("reading the AI tools again ended in a panic; those in use stay");
            }
            let rest = async {
                self.forget_old_deliveries().await;
                self.sweep().await;
                self.look_at_tokens().await;
            };
            if lease::caught(Box::pin(rest)).await.is_err() {
                tracing::error!("looking for what is to be listed ended in a panic; it is tried again");
            }
        }
    }

    /// Has the one task that reads the directory's files again do so now, once [`Engine::run`] has begun.
    pub fn reload_directory_soon(&self) {
        self.wake.directory();
    }

    /// Deliveries are remembered for longer than any forge sends them again.
    async fn forget_old_deliveries(&self) {
        let before = backoff::later(self.clock.now(), -DELIVERIES_KEPT);
        if let Err(error) = self.store.sweep_deliveries(before).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "old deliveries were not forgotten");
        }
        // A group that ended is remembered for as long as a delivery may still speak of it.
        if let Err(error) = self.store.sweep_groups(before).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "old merge groups were not forgotten");
        }
        // No link opens them any more, and they hold personal data.
        let before = backoff::later(self.clock.now(), -store::PAGES_KEPT);
        if let Err(error) = self.store.sweep_pages(before).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "old pages were not deleted");
        }
    }

    /// Takes one step after the other, and sleeps while there is nothing to do.
    async fn work(&self, stop: &CancellationToken, duty: Duty) {
        while !stop.is_cancelled() {
            // A call that comes while we look is kept, so that what becomes due in between still wakes us.
            let woken = match duty {
                Duty::Changes => self.wake.changes_due(),
                Duty::Lists => self.wake.lists_due(),
            };
            let worked = match duty {
                Duty::Changes => lease::caught(Box::pin(self.due_step())).await,
                Duty::Lists => lease::caught(Box::pin(self.within_limits(self.list_step()))).await,
            };
            match worked {
                Ok(Ok(true)) => {}
                Ok(Ok(false)) => {
                    let sleep = self.until_due(duty).await;
                    stop.run_until_cancelled(async { tokio::time::timeout(sleep, woken).await.ok() }).await;
                }
                Ok(Err(error)) => {
                    tracing::error!(error = &error as &dyn std::error::Error, "the store is not available");
                    stop.run_until_cancelled(tokio::time::sleep(POLL_EVERY)).await;
                }
                Err(_) => {
                    tracing::error!("a worker panicked; it goes on");
                    stop.run_until_cancelled(tokio::time::sleep(POLL_EVERY)).await;
                }
            }
        }
    }

    /// Until there is something of this duty to do: what waits for another worker must not keep this one awake.
    async fn until_due(&self, duty: Duty) -> std::time::Duration {
        let now = self.clock.now();
        let due = match duty {
            Duty::Changes => vec![self.store.next_due(now).await, self.store.next_answer(now).await],
            Duty::Lists => vec![self.store.next_listing(now).await],
        };
        match due.into_iter().filter_map(Result::ok).flatten().min() {
            Some(due) => std::time::Duration::try_from(due.duration_since(now)).unwrap_or_default().min(POLL_EVERY),
            None => POLL_EVERY,
        }
    }

    /// Deals with dirty changes, and with lists that are owed, until none is due.
    pub async fn run_until_idle(&self) -> Result<(), store::Error> {
        while Box::pin(self.due_step()).await? || Box::pin(self.within_limits(self.list_step())).await? {}
        Ok(())
    }

    /// As [`Engine::step`], where nearly always nothing is due, and that is found out by one question.
    async fn due_step(&self) -> Result<bool, store::Error> {
        Ok(self.store.is_anything_due(self.clock.now()).await? && Box::pin(self.within_limits(self.step())).await?)
    }

    /// Deals with one dirty change; without any, with rules or a push that are to be looked at, or sends one answer. False
    /// when nothing is due.
    async fn step(&self) -> Result<bool, store::Error> {
        let now = self.clock.now();
        // Before anything else: a pass that has ended must not outlast the work that never ends.
        self.store.mark_due(now).await?;
        let Some(claim) = self.store.claim(now, self.options.lease).await? else {
            return Ok(self.answer_one().await?
                || Box::pin(self.read_due_rules()).await?
                || Box::pin(self.look_at_due_landing()).await?);
        };
        // There may be more, for somebody else.
        self.wake.changes();
        let span = tracing::info_span!("change", change = %claim.change, repository = claim.repository.name);
        self.deal_with(&claim).instrument(span).await?;
        Ok(true)
    }

    async fn deal_with(&self, claim: &Claim) -> Result<(), store::Error> {
        let renew = || self.store.renew(claim, self.clock.now(), self.options.lease);
        let settled = lease::caught(self.holding(renew, Box::pin(self.settle(claim)))).await;
        match settled.unwrap_or(Err(Obstacle::Panicked)) {
            Ok(settled) => self.finish(claim, settled).await,
            Err(obstacle) => self.put_off(claim, &obstacle).await,
        }
    }

    async fn finish(&self, claim: &Claim, settled: head::Settled) -> Result<(), store::Error> {
        self.metrics.evaluation(settled.outcome);
        if settled.action != "unchanged" {
            let took = self.clock.now().duration_since(claim.dirty_since);
            self.metrics.took(std::time::Duration::try_from(took).unwrap_or_default());
        }
        let again = match settled.publish_again_at {
            // A request of a former holder may still take effect: look once more when it cannot any longer.
            Some(at) => {
                self.store.defer(claim, at, "another worker's request may still have been on its way").await?;
                "later"
            }
            None => match self.store.finish(claim, self.clock.now()).await? {
                Finish::Clean => {
                    self.correct_jobs(claim).await?;
                    "no"
                }
                Finish::DirtyAgain => "yes",
                Finish::Lost => "lost",
            },
        };
        tracing::info!(outcome = settled.outcome, action = settled.action, again, "change judged");
        Ok(())
    }

    async fn put_off(&self, claim: &Claim, obstacle: &Obstacle) -> Result<(), store::Error> {
        let now = self.clock.now();
        self.metrics.evaluation("retry");
        let at = self.retry_at(obstacle, claim.attempts, now);
        tracing::warn!(reason = %obstacle, %at, attempts = claim.attempts, "change postponed");
        if obstacle.is_failure() {
            self.store.postpone(claim, at, &obstacle.to_string()).await?;
        } else {
            self.store.defer(claim, at, &obstacle.to_string()).await?;
        }
        if obstacle.is_refusal() {
            // A token carries the rights of the time when it was made: the next try needs one with those granted since.
            if let Some(forge) = self.forges.get(&claim.change.repo.host) {
                forge.forget_installation(claim.repository.installation).await;
            }
        }
        Ok(())
    }

    fn retry_at(&self, obstacle: &Obstacle, attempts: i64, now: Timestamp) -> Timestamp {
        match obstacle {
            Obstacle::Busy { until } => {
                backoff::not_before((*until).min(backoff::later(now, SignedDuration::from_secs(1))))
            }
            Obstacle::Lost => backoff::not_before(backoff::later(now, SignedDuration::from_secs(1))),
            Obstacle::Forge(forge::Error::RateLimited { until }) => backoff::not_before(*until),
            // People have to grant or set up something first.
            Obstacle::UnknownHost(_) => backoff::after_refusal(now),
            obstacle if obstacle.is_refusal() => backoff::after_refusal(now),
            // What may still be on the wire cannot be recalled; after the timeout, what stands there can be read.
            Obstacle::Forge(forge::Error::Uncertain { .. }) => {
                backoff::not_before(backoff::later(now, self.options.request_timeout))
            }
            Obstacle::Store(_)
            | Obstacle::Forge(_)
            | Obstacle::Incomplete { .. }
            | Obstacle::Moving
            | Obstacle::Panicked => backoff::after_failure(now, attempts),
        }
    }

    fn forge(&self, host: &Host) -> Result<&Forge, Obstacle> {
        self.forges.get(host).map(AsRef::as_ref).ok_or_else(|| Obstacle::UnknownHost(host.clone()))
    }
}
