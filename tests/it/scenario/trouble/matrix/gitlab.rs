//! The same for a GitLab: every kind of call, and short stories that need them.

use seconder::sandbox::{Edition, Fault, NewCommit, VerdictJob};

use super::episodes::{self, BY_LOGIN, Episode, Told, held, passes};
use super::{GITLAB, each_of};
use crate::world::{PUBLIC_URL, REPOSITORY, Scene, claude};

/// Every kind of call to GitLab: operations of the REST interface, queries by their names.
pub(super) const KINDS: [&str; 41] = [
    "Authors",
    "Change",
    "GET /groups/{id}",
    "GET /groups/{id}/hooks",
    "GET /groups/{id}/hooks/{hook_id}/events",
    "GET /groups/{id}/members",
    "GET /groups/{id}/members/all",
    "GET /groups/{id}/projects",
    "GET /namespaces/{id}",
    "GET /personal_access_tokens/self",
    "GET /projects/{id}",
    "GET /projects/{id}/approval_rules",
    "GET /projects/{id}/events",
    "GET /projects/{id}/hooks",
    "GET /projects/{id}/members/all/{user_id}",
    "GET /projects/{id}/merge_requests",
    "GET /projects/{id}/merge_requests/{merge_request_iid}",
    "GET /projects/{id}/merge_requests/{merge_request_iid}/approvals",
    "GET /projects/{id}/merge_requests/{merge_request_iid}/commits",
    "GET /projects/{id}/merge_requests/{merge_request_iid}/diffs",
    "GET /projects/{id}/merge_requests/{merge_request_iid}/notes",
    "GET /projects/{id}/merge_requests/{merge_request_iid}/pipelines",
    "GET /projects/{id}/merge_requests/{merge_request_iid}/resource_state_events",
    "GET /projects/{id}/merge_requests/{merge_request_iid}/status_checks",
    "GET /projects/{id}/merge_requests/{merge_request_iid}/versions",
    "GET /projects/{id}/repository/commits/{sha}/merge_requests",
    "GET /projects/{id}/repository/commits/{sha}/statuses",
    "GET /projects/{id}/repository/compare",
    "GET /users",
    "Kinds",
    "More",
    "POST /groups/{id}/hooks/{hook_id}/events/{hook_event_id}/resend",
    "POST /groups/{id}/hooks/{hook_id}/test/{trigger}",
    "POST /projects/{id}/jobs/{job_id}/retry",
    "POST /projects/{id}/merge_requests/{merge_request_iid}/approve",
    "POST /projects/{id}/merge_requests/{merge_request_iid}/notes",
    "POST /projects/{id}/merge_requests/{merge_request_iid}/notes/{note_id}/award_emoji",
    "POST /projects/{id}/merge_requests/{merge_request_iid}/status_check_responses",
    "POST /projects/{id}/merge_requests/{merge_request_iid}/unapprove",
    "POST /projects/{id}/statuses/{sha}",
    "PUT /projects/{id}/merge_requests/{merge_request_iid}/notes/{note_id}",
];

/// An episode in the usual world of GitLab.
macro_rules! episode {
    ($tell:path) => {
        episode!($tell, |world| world.on_gitlab())
    };
    ($tell:path, $set:expr) => {
        Episode { name: stringify!($tell), set: $set, tell: |s| Box::pin($tell(s)) }
    };
}

pub(super) static EPISODES: [Episode; 15] = [
    episode!(episodes::approved),
    episode!(approved_and_pushed_to),
    episode!(episodes::in_a_hundred_steps),
    episode!(pushed_away_by_others),
    episode!(episodes::pushed_unseen),
    episode!(episodes::unheard_of),
    episode!(sent_again),
    episode!(looked_after),
    episode!(asked_by_a_job, |world| world.on_edition(Edition::Free)),
    episode!(passed_by_a_status, |world| world.on_edition(Edition::Free)),
    episode!(shown_in_a_status_check, |world| world.on_edition(Edition::Ultimate)),
    episode!(by_members_of_groups, |world| world.on_gitlab().directory(BY_GROUPS)),
    episode!(episodes::approved_by_command),
    episode!(episodes::answered_by_and_by),
    episode!(episodes::by_people_listed_by_login, |world| world.on_gitlab().directory(BY_LOGIN)),
];

/// jo is a junior. Who is a senior, two groups of the GitLab say.
const BY_GROUPS: &str = "\
version: 1
tiers: [junior, mid, senior, principal]
people:
- { id: jo, accounts: [${jo}] }
groups:
- { id: seniors, vouched: true, gitlab: { host: \"${host}\", group: acme/seniors } }
- { id: all, vouched: true, gitlab: { host: \"${host}\", group: acme/seniors, members: all } }
tier_rules:
- { id: are-senior, groups: [seniors], tier: senior }
";

/// Nothing but a commit's status says that it passes.
async fn passed_by_a_status(s: &mut Scene) -> Told {
    let change = s.assisted_change().await;
    s.approve("ana", &change).await;
    passes(change)
}

/// A status check shows each verdict.
async fn shown_in_a_status_check(s: &mut Scene) -> Told {
    s.forge.status_check(REPOSITORY, "seconder");
    let change = s.assisted_change().await;
    s.approve("ana", &change).await;
    s.patience().await;
    s.request_changes("kim", &change).await;
    s.patience().await;
    assert_eq!(s.forge.status_check_answer(REPOSITORY, change.number), "failed");
    s.approve("kim", &change).await;
    s.patience().await;
    assert_eq!(s.forge.status_check_answer(REPOSITORY, change.number), "passed");
    passes(change)
}

/// Whoever approves is known by a group alone.
async fn by_members_of_groups(s: &mut Scene) -> Told {
    s.seniors(&["ana", "kim"]).await;
    for _ in 0..2 {
        s.members_are_read().await;
        s.patience().await;
    }
    let change = s.assisted_change().await;
    s.approve("ana", &change).await;
    passes(change)
}

/// Our approval is taken back, and given again.
async fn approved_and_pushed_to(s: &mut Scene) -> Told {
    let change = s.assisted_change().await;
    s.approve("ana", &change).await;
    s.push("jo", &change, "Five times").await;
    s.patience().await;
    s.approve("ana", &change).await;
    passes(change)
}

/// What a job was told before is no longer true, so that it runs again.
async fn asked_by_a_job(s: &mut Scene) -> Told {
    s.forge.verdict_job(REPOSITORY, VerdictJob::of(&s.url, PUBLIC_URL));
    let change = s.assisted_change().await;
    s.approve("ana", &change).await;
    s.forge.unapprove(&s.who("ana"), REPOSITORY, change.number);
    s.quiet().await;
    s.approve("ana", &change).await;
    s.push("jo", &change, "Five times").await;
    s.approve("ana", &change).await;
    passes(change)
}

/// Its webhook was disabled, and when its token ends is asked.
async fn looked_after(s: &mut Scene) -> Told {
    s.expect_refusals();
    s.shows_deliveries();
    let change = s.assisted_change().await;
    s.patience().await;
    s.forge.disable_hook(s.forge.hooks("acme")[0].0);
    for _ in 0..4 {
        s.engine.look_at_tokens().await;
        s.minutes_pass(31).await;
        s.patience().await;
    }
    s.approve("ana", &change).await;
    passes(change)
}

/// A delivery is lost, and asked for again.
async fn sent_again(s: &mut Scene) -> Told {
    s.expect_refusals();
    s.shows_deliveries();
    let change = s.assisted_change().await;
    s.patience().await;
    s.minutes_pass(31).await;
    s.forge.faults().lose_webhooks(1);
    s.approve("ana", &change).await;
    s.minutes_pass(6).await;
    passes(change)
}

/// kim wrote what is gone before anybody looked.
async fn pushed_away_by_others(s: &mut Scene) -> Told {
    let change = s.change("jo").with(NewCommit::new(claude("Retry")).file("src/a.rs", "// a\n")).open().await;
    let hidden = NewCommit::new("More").by("kim <kim@example.com>").file("src/b.rs", "// b\n");
    s.forge.push(&s.who("jo"), &change.home, &change.branch, hidden);
    s.force_push("jo", &change, NewCommit::new("Retry once").file("src/c.rs", "// c\n")).await;
    s.approve("kim", &change).await;
    held(change, "contributed to this change (commit author)")
}

#[test]
fn a_bad_gateway() {
    each_of(&GITLAB, |_| Fault::Status(502));
}

#[test]
fn no_answer_after_the_effect() {
    each_of(&GITLAB, |_| Fault::HangAfterEffect);
}

#[test]
fn a_connection_that_breaks() {
    each_of(&GITLAB, |_| Fault::ConnectionLost);
}

#[test]
fn too_much_at_once() {
    each_of(&GITLAB, |_| Fault::SecondaryLimit { status: 429, retry_after: 90 });
}
