//! Logs and metrics: every metric name stands in this file, and nowhere else.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64};
use std::time::Duration;

use jiff::Timestamp;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use tracing_subscriber::EnvFilter;

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Starts logging to standard error. `filter` is in the syntax of `RUST_LOG`, e.g. `info,seconder=debug`; it is all that
/// can be wrong.
pub fn start_logging(format: LogFormat, filter: &str) -> Result<(), tracing_subscriber::filter::ParseError> {
    let filter = EnvFilter::try_new(filter)?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Where a line cannot be written, its disk being full, a complaint about it would end the work that it is about.
    let lines = lines.log_internal_errors(false);
    // A second call (tests) keeps the first subscriber.
    let _ = match format {
        LogFormat::Text => lines.with_target(false).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    Ok(())
}

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
pub enum DeliveryResult {
    /// Stored, and something will be looked at again.
    Accepted,
    /// Authentic, but nothing that matters to the gate.
    Ignored,
    /// Seen before.
    Duplicate,
    /// Not authentic, not for an owner we serve, or not readable.
    Refused,
    /// Could not be stored; the forge was told so.
    Unavailable,
}

/// Labels of [`Metrics::deliveries`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct DeliveryLabels {
    /// `github` or `gitlab`.
    pub forge: &'static str,
    /// The forge's name of the event, or `other` for one that no forge documents.
    pub event: String,
    /// What became of it.
    pub result: DeliveryResult,
}

/// Labels of [`Metrics::evaluations`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct EvaluationLabels {
    /// `pass`, `waiting`, `held`, `error`, `ungoverned`, or `retry` when the forge or the store did not let us finish.
    pub outcome: String,
}

/// Labels of [`Metrics::publications`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct PublicationLabels {
    /// `created`, `updated` or `unchanged`.
    pub action: String,
}

/// Labels of [`Metrics::found`] and [`Metrics::open_findings`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct FindingLabels {
    /// What was found, e.g. `foreign_status`.
    pub kind: String,
}

/// Labels of [`Metrics::answers`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct AnswerLabels {
    /// `sent`, `refused` (it is given up), or `put_off`.
    pub result: String,
}

/// Labels of [`Metrics::token_expires`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct HostLabels {
    /// `gitlab.com`
    pub host: String,
}

/// Labels of [`Metrics::disabled_hooks`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct HookLabels {
    /// `revived`, or `failed`: its test did not succeed.
    pub result: String,
}

/// Labels of [`Metrics::group`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct GroupLabels {
    /// The group's id in the directory.
    pub group: String,
}

/// Everything that is counted.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Webhook deliveries by forge, event and result.
    pub deliveries: Family<DeliveryLabels, Counter>,
    /// Evaluations by outcome.
    pub evaluations: Family<EvaluationLabels, Counter>,
    /// Checks written to the forge, or found to be right already.
    pub publications: Family<PublicationLabels, Counter>,
    /// Answers to commands by result.
    pub answers: Family<AnswerLabels, Counter>,
    /// Seconds from the first event that made a change dirty to the check that answers it.
    pub event_to_check: Histogram,
    /// Changes waiting to be looked at.
    pub dirty_changes: Gauge<i64, AtomicI64>,
    /// Age in seconds of the oldest of them.
    pub oldest_dirty: Gauge<f64, AtomicU64>,
    /// Lists that are owed.
    pub lists_owed: Gauge<i64, AtomicI64>,
    /// Deliveries that were missed and asked for again.
    pub redeliveries: Counter,
    /// How often something was found that somebody should look at. Counted in the store: all replicas tell the same.
    pub found: Family<FindingLabels, Counter>,
    /// Findings that are neither put right nor dealt with.
    pub open_findings: Family<FindingLabels, Gauge<i64, AtomicI64>>,
    /// Webhooks that the forge had disabled, and that were tested so that it enables them again.
    pub disabled_hooks: Family<HookLabels, Counter>,
    /// Unix time at which the token of a GitLab ends; nothing of one that does not end.
    pub token_expires: Family<HostLabels, Gauge<i64, AtomicI64>>,
    /// Number of the directory snapshot in use.
    pub directory_snapshot: Gauge<i64, AtomicI64>,
    /// Unix time of the directory snapshot in use.
    pub directory_taken_at: Gauge<i64, AtomicI64>,
    /// Unix time at which the members of a group that a forge keeps were read.
    pub group_read_at: Family<GroupLabels, Gauge<i64, AtomicI64>>,
    /// 1 while a reading of the group waits until somebody lets it through.
    pub group_held: Family<GroupLabels, Gauge<i64, AtomicI64>>,
}

impl Metrics {
    /// All metrics at zero.
    pub fn new() -> Arc<Self> {
        let mut registry = Registry::with_prefix("seconder");
        let deliveries = Family::default();
        registry.register("deliveries", "Webhook deliveries by forge, event and result", deliveries.clone());
        let evaluations = Family::default();
        registry.register("evaluations", "Evaluations by outcome", evaluations.clone());
        let publications = Family::default();
        registry.register("publications", "Checks written, or found to be right already", publications.clone());
        let answers = Family::default();
        registry.register("answers", "Answers to commands by result", answers.clone());
        let event_to_check = Histogram::new([0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 3600.0]);
        registry.register_with_unit(
            "event_to_check",
            "From the first event that concerned a change to the check that answers it",
            Unit::Seconds,
            event_to_check.clone(),
        );
        let dirty_changes = Gauge::default();
        registry.register("dirty_changes", "Changes waiting to be looked at", dirty_changes.clone());
        let oldest_dirty = Gauge::default();
        let help = "Age of the change that has waited longest";
        registry.register_with_unit("oldest_dirty_age", help, Unit::Seconds, oldest_dirty.clone());
        let lists_owed = Gauge::default();
        registry.register(
            "lists_owed",
            "Lists of what there is at a forge that are still to be asked for",
            lists_owed.clone(),
        );
        let redeliveries = Counter::default();
        registry.register("redeliveries", "Missed deliveries that were asked for again", redeliveries.clone());
        let found = Family::default();
        let help = "Things found that somebody should look at, counted in the store: all replicas tell the same";
        registry.register("findings", help, found.clone());
        let open_findings = Family::default();
        registry.register("open_findings", "Findings that are not put right", open_findings.clone());
        let disabled_hooks = Family::default();
        let help = "Webhooks that GitLab had disabled, and that were tested to be enabled again";
        registry.register("disabled_hooks", help, disabled_hooks.clone());
        let token_expires = Family::default();
        let help = "Unix time at which the token of the server's account at a GitLab ends";
        registry.register_with_unit("gitlab_token_expires_timestamp", help, Unit::Seconds, token_expires.clone());
        let directory_snapshot = Gauge::default();
        registry.register("directory_snapshot", "Number of the directory snapshot in use", directory_snapshot.clone());
        let directory_taken_at = Gauge::default();
        let help = "Unix time at which the directory snapshot in use was taken";
        registry.register_with_unit("directory_taken_at", help, Unit::Seconds, directory_taken_at.clone());
        let group_read_at = Family::default();
        let help = "Unix time at which the members of a group of the directory were read at their GitLab";
        registry.register_with_unit("directory_group_read_at", help, Unit::Seconds, group_read_at.clone());
        let group_held = Family::default();
        let help = "1 while many joined or left a group of the directory at once, and nobody has let that through";
        registry.register("directory_group_held", help, group_held.clone());
        Arc::new(Self {
            registry,
            deliveries,
            evaluations,
            publications,
            answers,
            event_to_check,
            dirty_changes,
            oldest_dirty,
            lists_owed,
            redeliveries,
            found,
            open_findings,
            disabled_hooks,
            token_expires,
            directory_snapshot,
            directory_taken_at,
            group_read_at,
            group_held,
        })
    }

    /// Counts a delivery.
    pub fn delivery(&self, forge: &'static str, event: &str, result: DeliveryResult) {
        self.deliveries.get_or_create(&DeliveryLabels { forge, event: event.to_owned(), result }).inc();
    }

    /// Counts an evaluation.
    pub fn evaluation(&self, outcome: &str) {
        self.evaluations.get_or_create(&EvaluationLabels { outcome: outcome.to_owned() }).inc();
    }

    /// Counts a check that was written, or found to be right already.
    pub fn publication(&self, action: &str) {
        self.publications.get_or_create(&PublicationLabels { action: action.to_owned() }).inc();
    }

    /// Counts deliveries that were asked for again.
    pub fn redeliveries(&self, count: usize) {
        self.redeliveries.inc_by(u64::try_from(count).unwrap_or(u64::MAX));
    }

    /// Notes how many findings of a kind there are.
    pub fn findings(&self, kind: &str, found: u64, open: u64) {
        let labels = FindingLabels { kind: kind.to_owned() };
        self.found.get_or_create(&labels).inner().store(found, std::sync::atomic::Ordering::Relaxed);
        self.open_findings.get_or_create(&labels).set(i64::try_from(open).unwrap_or(i64::MAX));
    }

    /// Counts an answer to a command, or an attempt at one.
    pub fn answer(&self, result: &str) {
        self.answers.get_or_create(&AnswerLabels { result: result.to_owned() }).inc();
    }

    /// Counts webhooks that were disabled, and tested.
    pub fn disabled_hooks(&self, result: &str, count: u64) {
        self.disabled_hooks.get_or_create(&HookLabels { result: result.to_owned() }).inc_by(count);
    }

    /// Notes when the token of a host ends.
    pub fn token(&self, host: &str, ends_at: Option<Timestamp>) {
        let labels = HostLabels { host: host.to_owned() };
        match ends_at {
            Some(ends_at) => drop(self.token_expires.get_or_create(&labels).set(ends_at.as_second())),
            None => drop(self.token_expires.remove(&labels)),
        }
    }

    /// Notes the directory snapshot in use.
    pub fn directory(&self, number: i64, taken_at: Timestamp) {
        self.directory_snapshot.set(number);
        self.directory_taken_at.set(taken_at.as_second());
    }

    /// Notes when a group of the directory was read at its forge, if it ever was, and whether a reading is held.
    pub fn group(&self, group: &str, read_at: Option<Timestamp>, is_held: bool) {
        let labels = GroupLabels { group: group.to_owned() };
        self.group_read_at.get_or_create(&labels).set(read_at.map_or(0, Timestamp::as_second));
        self.group_held.get_or_create(&labels).set(i64::from(is_held));
    }

    /// Notes how long a check took.
    pub fn took(&self, since_first_event: Duration) {
        self.event_to_check.observe(since_first_event.as_secs_f64());
    }

    /// All metrics in the OpenMetrics text format.
    pub fn encode(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
