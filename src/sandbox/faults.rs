//! Trouble on demand: what a real forge does on a bad day.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::handle::Sandbox;
use super::tap::{Call, Credential, Resource, operation_name};

/// Which calls a fault hits. Everything set must match.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matching {
    method: Option<String>,
    path: Option<String>,
    is_graphql: bool,
    template: Option<String>,
    operation: Option<String>,
    variable: Option<(String, Value)>,
    skipped: usize,
}

impl Matching {
    /// Every call.
    pub fn any() -> Self {
        Self::default()
    }

    /// REST calls with this method whose path starts like this.
    pub fn rest(method: &str, path_prefix: &str) -> Self {
        Self { method: Some(method.to_owned()), path: Some(path_prefix.to_owned()), ..Self::default() }
    }

    /// REST calls of one operation: its method, and its path as GitHub's description has it, such as
    /// `/repos/{owner}/{repo}/pulls/{pull_number}`.
    pub fn route(method: &str, template: &str) -> Self {
        Self { method: Some(method.to_owned()), template: Some(template.to_owned()), ..Self::default() }
    }

    /// Every GraphQL call.
    pub fn graphql() -> Self {
        Self { is_graphql: true, ..Self::default() }
    }

    /// GraphQL calls of the operation with this name.
    pub fn operation(name: &str) -> Self {
        Self { operation: Some(name.to_owned()), ..Self::graphql() }
    }

    /// Of GraphQL calls, those that give this variable this value.
    #[must_use]
    pub fn with(mut self, variable: &str, value: impl Into<Value>) -> Self {
        self.variable = Some((variable.to_owned(), value.into()));
        self
    }

    /// Not the first so many of them.
    #[must_use]
    pub fn after(mut self, calls: usize) -> Self {
        self.skipped = calls;
        self
    }

    fn matches(&self, method: &str, path: &str, request: Option<&Value>) -> bool {
        let operation = || request.and_then(|body| body["query"].as_str()).and_then(operation_name);
        self.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && self.path.as_deref().is_none_or(|wanted| path.starts_with(wanted))
            && (!self.is_graphql || path.ends_with("/graphql"))
            && self.template.as_deref().is_none_or(|wanted| fits(wanted, path))
            && self.operation.as_deref().is_none_or(|wanted| operation() == Some(wanted))
            && self
                .variable
                .as_ref()
                .is_none_or(|(name, wanted)| request.is_some_and(|body| body["variables"][name] == *wanted))
    }
}

/// Parameters that may hold slashes, at the end of a path: names of branches and files.
const OPEN_PARAMETERS: [&str; 4] = ["{path}", "{branch}", "{basehead}", "{ref}"];

/// Whether a path was made from this template.
fn fits(template: &str, path: &str) -> bool {
    let (wanted, given): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    let is_open = wanted.last().is_some_and(|last| OPEN_PARAMETERS.contains(last));
    let is_as_long = given.len() == wanted.len() || (is_open && given.len() > wanted.len());
    is_as_long && wanted.iter().zip(&given).all(|(wanted, given)| wanted.starts_with('{') || wanted == given)
}

/// What goes wrong with a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// This HTTP status; nothing was done.
    Status(u16),
    /// This HTTP status, although it was done.
    StatusAfterEffect(u16),
    /// No answer ever, although it was done.
    HangAfterEffect,
    /// The answer ends in the middle, although it was done. Of one that is not JSON, only the connection tells so.
    BrokenAnswer,
    /// The connection is lost in the middle of the answer, although it was done.
    ConnectionLost,
    /// The caller's hourly budget, of REST or GraphQL, is used up. Its calls before the reset are refused too, and
    /// counted.
    PrimaryLimit(Reset),
    /// Too much at once: refused, with `retry-after` in seconds.
    SecondaryLimit {
        /// 403 or 429.
        status: u16,
        /// Seconds.
        retry_after: u32,
    },
    /// GraphQL: partial data. What stands at this path (names and list positions) is null, and an error says so.
    Partial(Vec<String>),
    /// GraphQL: what stands at this path is null, and nothing says so.
    SilentNull(Vec<String>),
    /// GraphQL: what stands at this path is null, and an error says that there is no such thing: a copy of the data that
    /// lags behind.
    NotYetThere(Vec<String>),
}

/// When a used-up budget is filled again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reset(pub Timestamp);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Send,
    Lose,
    Double,
    Hold,
}

#[derive(Debug, Default)]
pub(crate) struct Plan {
    calls: Vec<(usize, Matching, Fault)>,
    pub(crate) latency: Duration,
    /// Who was told to wait some seconds, and until when. Such calls are counted, not refused: GitHub would refuse some.
    pub(crate) told_to_wait: BTreeMap<Credential, Timestamp>,
    /// Whose budget is used up, and until when.
    pub(crate) limited: BTreeMap<(Credential, Resource), Timestamp>,
    calls_before_reset: usize,
    limits_named: usize,
    lose: usize,
    double: usize,
    hold: bool,
    /// Deliveries held back, by index.
    pub(crate) held: VecDeque<usize>,
}

impl Plan {
    /// The fault that hits this call, which thereby has hit.
    pub(crate) fn take(&mut self, method: &str, path: &str, request: Option<&Value>) -> Option<Fault> {
        let hit =
            self.calls.iter_mut().find(|(left, matching, _)| *left > 0 && matching.matches(method, path, request))?;
        if hit.1.skipped > 0 {
            hit.1.skipped -= 1;
            return None;
        }
        hit.0 -= 1;
        let fault = hit.2.clone();
        self.limits_named += usize::from(matches!(fault, Fault::PrimaryLimit(_) | Fault::SecondaryLimit { .. }));
        self.calls.retain(|(left, ..)| *left > 0);
        Some(fault)
    }

    /// The reset that a call made now does not wait for.
    pub(crate) fn still_limited(&mut self, call: &Call, now: Timestamp) -> Option<Timestamp> {
        let told = self.told_to_wait.get(&call.credential).is_some_and(|until| now < *until);
        self.calls_before_reset += usize::from(told);
        let payer = (call.credential, call.resource());
        let until = self.limited.get(&payer).copied().filter(|until| now < *until);
        match until {
            Some(_) => self.calls_before_reset += 1,
            None => {
                self.limited.remove(&payer);
            }
        }
        until
    }

    pub(crate) fn fate(&mut self) -> Fate {
        if self.hold {
            Fate::Hold
        } else if self.lose > 0 {
            self.lose -= 1;
            Fate::Lose
        } else if self.double > 0 {
            self.double -= 1;
            Fate::Double
        } else {
            Fate::Send
        }
    }
}

/// Sets up trouble. Everything set up takes effect at once and is shared by all handles.
#[derive(Debug)]
pub struct Faults<'a>(pub(crate) &'a Sandbox);

impl Faults<'_> {
    /// The next `count` calls that match fail like this.
    pub fn next(&self, count: usize, matching: Matching, fault: Fault) {
        self.0.world().faults.calls.push((count, matching, fault));
    }

    /// Every call takes at least this long.
    pub fn latency(&self, latency: Duration) {
        self.0.world().faults.latency = latency;
    }

    /// Forgets all trouble with calls that was set up, limits included; what is held back stays held back.
    pub fn clear(&self) {
        let faults = &mut self.0.world().faults;
        faults.calls.clear();
        faults.latency = Duration::ZERO;
        faults.limited.clear();
        faults.told_to_wait.clear();
    }

    /// Calls made although a reset, or the end of a wait, that was named had not come yet by the sandbox's clock.
    pub fn calls_before_reset(&self) -> usize {
        self.0.world().faults.calls_before_reset
    }

    /// How often a limit was named.
    pub fn limits_named(&self) -> usize {
        self.0.world().faults.limits_named
    }

    /// The next webhooks never arrive (the forge records them as failed).
    pub fn lose_webhooks(&self, count: usize) {
        self.0.world().faults.lose += count;
    }

    /// Webhooks arrive again.
    pub fn lose_no_more_webhooks(&self) {
        self.0.world().faults.lose = 0;
    }

    /// The next webhooks arrive twice, with the same delivery id.
    pub fn double_webhooks(&self, count: usize) {
        self.0.world().faults.double += count;
    }

    /// Webhooks are held back until [`Faults::release_webhooks`].
    pub fn hold_webhooks(&self) {
        self.0.world().faults.hold = true;
    }

    /// Sends what was held back, in the order that `order` makes of the positions `0..n`, and holds no more.
    pub fn release_webhooks(&self, order: impl FnOnce(&mut Vec<usize>)) {
        {
            let mut world = self.0.world();
            world.faults.hold = false;
            let held: Vec<usize> = world.faults.held.drain(..).collect();
            let mut positions: Vec<usize> = (0..held.len()).collect();
            order(&mut positions);
            let released = positions.into_iter().filter_map(|position| held.get(position).copied());
            world.outbox.extend(released);
        }
        self.0.wake_senders();
    }
}

/// Puts a null at a path of a GraphQL answer, and an error of this type and message beside it.
pub(crate) fn spoil(answer: &mut Value, path: &[String], error: Option<(&str, &str)>) {
    let mut place = &mut answer["data"];
    for step in path {
        let next = match step.parse::<usize>() {
            Ok(index) => place.get_mut(index),
            Err(_) => place.get_mut(step),
        };
        match next {
            Some(next) => place = next,
            None => return,
        }
    }
    *place = Value::Null;
    if let Some((kind, message)) = error {
        let path: Vec<Value> =
            path.iter().map(|step| step.parse::<u64>().map_or_else(|_| json!(step), |index| json!(index))).collect();
        let mut error = json!({ "message": message, "path": path });
        if !kind.is_empty() {
            error["type"] = json!(kind);
        }
        answer["errors"] = json!([error]);
    }
}
