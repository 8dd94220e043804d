//! Every kind of call that the product makes, failing once in every way: the right verdict in the end, no call before
//! the time that the forge named, one check, nothing left dirty.
//!
//! An episode is a short story that needs certain kinds of calls. The first needs what almost every change needs; in the
//! others, the kinds fail that they need besides. A matrix names all of them: whoever teaches the product a new kind of call
//! adds it there, and an episode that needs it; until then, every story that makes such a call fails.

mod episodes;
mod gitlab;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, OnceLock};

use jiff::SignedDuration;
use seconder::sandbox::{Call, Fault, Matching, Reset};

use crate::world::Scene;
use episodes::{EPISODES, Episode};

/// The kinds of calls to a forge, and the episodes that need them.
struct Matrix {
    kinds: &'static [&'static str],
    episodes: &'static [Episode],
    /// Which kinds fail in which episode.
    plan: OnceLock<Vec<(&'static Episode, Vec<String>)>>,
}

impl Matrix {
    const fn new(kinds: &'static [&'static str], episodes: &'static [Episode]) -> Self {
        Self { kinds, episodes, plan: OnceLock::new() }
    }
}

static GITHUB: Matrix = Matrix::new(&KINDS, &EPISODES);
static GITLAB: Matrix = Matrix::new(&gitlab::KINDS, &gitlab::EPISODES);

/// Every kind of call to GitHub: operations of the REST interface as GitHub's description names them, queries by their names.
const KINDS: [&str; 29] = [
    "Authors",
    "Change",
    "Change, further pages",
    "GET /app/hook/deliveries",
    "GET /app/installations",
    "GET /app/installations/{installation_id}",
    "GET /installation/repositories",
    "GET /repos/{owner}/{repo}/activity",
    "GET /repos/{owner}/{repo}/branches/{branch}",
    "GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls",
    "GET /repos/{owner}/{repo}/commits/{ref}/check-runs",
    "GET /repos/{owner}/{repo}/compare/{basehead}",
    "GET /repos/{owner}/{repo}/issues/comments",
    "GET /repos/{owner}/{repo}/issues/{issue_number}/comments",
    "GET /repos/{owner}/{repo}/pulls/{pull_number}",
    "GET /repos/{owner}/{repo}/pulls/{pull_number}/files",
    "GET /repos/{owner}/{repo}/rules/branches/{branch}",
    "MergeQueue",
    "OpenChanges",
    "PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}",
    "POST /app/hook/deliveries/{delivery_id}/attempts",
    "POST /app/installations/{installation_id}/access_tokens",
    "POST /repos/{owner}/{repo}/check-runs",
    "POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions",
    "POST /repos/{owner}/{repo}/issues/{issue_number}/comments",
    "Policy",
    "Records",
    "Suggestions",
    "Users",
];

fn kind(call: &Call) -> String {
    let is_further = || call.request.as_ref().is_some_and(|body| body["variables"]["start"] == false);
    match call.operation() {
        Some("Change") if is_further() => "Change, further pages".to_owned(),
        Some(operation) => operation.to_owned(),
        None if call.path.starts_with("/api/v4/") => {
            crate::sandbox::conformance::gitlab::operation_of(call).unwrap_or_else(|| call.path.clone())
        }
        None => crate::sandbox::conformance::operation_of(call).unwrap_or_else(|| call.path.clone()),
    }
}

/// The calls of this kind.
fn matching(s: &Scene, kind: &str) -> Matching {
    match kind.split_once(' ') {
        Some((method, template)) if s.is_gitlab() => Matching::route(method, &format!("/api/v4{template}")),
        Some((method, template)) if template.starts_with('/') => Matching::route(method, template),
        Some(_) => Matching::operation("Change").with("start", false),
        None if kind == "Change" => s.reading(),
        None => Matching::operation(kind),
    }
}

/// The keys of a GitLab's id tokens are no part of its API: `gitlab::issuer` has them fail. Its settings are changed by people.
fn is_ours(call: &Call, is_gitlab: bool) -> bool {
    let is_setting = ["/external_status_checks", "/approval_rules/"].iter().any(|part| call.path.contains(part));
    let is_hook = (call.method == "PUT" && call.path.contains("/hooks/"))
        || (call.method == "POST" && call.path.ends_with("/hooks"));
    let is_of_people = is_setting || is_hook;
    !is_gitlab || (call.path.starts_with("/api/") && !is_of_people)
}

/// Kinds of calls that no episode is known to need.
pub(crate) fn uncovered(calls: &[Call], is_gitlab: bool) -> BTreeSet<String> {
    let known = if is_gitlab { GITLAB.kinds } else { GITHUB.kinds };
    calls
        .iter()
        .filter(|call| is_ours(call, is_gitlab))
        .map(kind)
        .filter(|kind| !known.contains(&kind.as_str()))
        .collect()
}

/// The kinds of calls that an episode makes when nothing goes wrong.
fn kinds_of(episode: &Episode) -> BTreeSet<String> {
    let kinds = Mutex::default();
    episode.world().run(async |s| {
        // The world has begun, and has made no call yet.
        let told = (episode.tell)(s).await;
        s.patience().await;
        told.expect(s);
        let is_gitlab = s.is_gitlab();
        *kinds.lock().unwrap() = s.forge.calls().iter().filter(|call| is_ours(call, is_gitlab)).map(kind).collect();
    });
    kinds.into_inner().unwrap()
}

impl Matrix {
    fn plan(&self) -> &[(&'static Episode, Vec<String>)] {
        self.plan.get_or_init(|| {
            let usual = kinds_of(&self.episodes[0]);
            let unusual = |episode| kinds_of(episode).difference(&usual).cloned().collect();
            let others = self.episodes[1..].iter().map(|episode| (episode, unusual(episode)));
            std::iter::once((&self.episodes[0], usual.iter().cloned().collect())).chain(others).collect()
        })
    }

    /// Every kind of call has an episode that needs it.
    fn is_whole(&self) {
        let found: BTreeSet<&str> =
            self.plan().iter().flat_map(|(_, kinds)| kinds.iter().map(String::as_str)).collect();
        assert_eq!(found, self.kinds.iter().copied().collect());
    }
}

#[test]
fn every_kind_of_call_has_an_episode_that_needs_it() {
    GITHUB.is_whole();
    GITLAB.is_whole();
}

/// In every episode on GitHub, one call of every kind of its own fails like this.
fn each_fails_once(fault: impl Fn(&Scene) -> Fault) {
    each_of(&GITHUB, fault);
}

fn each_of(matrix: &Matrix, fault: impl Fn(&Scene) -> Fault) {
    let mut wrong = BTreeMap::new();
    for (episode, kinds) in matrix.plan() {
        for kind in kinds {
            let played = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| fails_once(episode, kind, &fault)));
            if let Err(why) = played {
                let why = why.downcast_ref::<String>().cloned().unwrap_or_default();
                wrong.insert((episode.name, kind), why);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn fails_once(episode: &Episode, kind: &str, fault: impl Fn(&Scene) -> Fault) {
    episode.world().run(async |s| {
        s.forge.faults().next(1, matching(s, kind), fault(s));
        let told = (episode.tell)(s).await;
        s.patience().await;
        told.expect(s);
        let hit: Vec<String> =
            s.forge.calls().iter().filter(|call| call.faulty).map(self::kind).filter(|hit| hit == kind).collect();
        assert!(!hit.is_empty(), "no call was hit");
    });
}

#[test]
fn a_bad_gateway() {
    each_fails_once(|_| Fault::Status(502));
}

#[test]
fn a_gateway_that_gives_up_after_the_effect() {
    each_fails_once(|_| Fault::StatusAfterEffect(504));
}

#[test]
fn no_answer_after_the_effect() {
    each_fails_once(|_| Fault::HangAfterEffect);
}

#[test]
fn a_connection_that_breaks() {
    each_fails_once(|_| Fault::ConnectionLost);
}

#[test]
fn half_an_answer() {
    each_fails_once(|_| Fault::BrokenAnswer);
}

#[test]
fn a_token_that_is_refused() {
    each_fails_once(|_| Fault::Status(401));
}

#[test]
fn a_used_up_budget() {
    each_fails_once(|s| Fault::PrimaryLimit(Reset(s.forge.now() + SignedDuration::from_mins(10))));
}

#[test]
fn too_much_at_once() {
    each_fails_once(|_| Fault::SecondaryLimit { status: 429, retry_after: 90 });
}

#[test]
fn too_much_at_once_in_other_words() {
    each_fails_once(|_| Fault::SecondaryLimit { status: 403, retry_after: 90 });
}
