//! Short stories, each of which needs kinds of calls that no other needs.

use std::pin::Pin;

use seconder::sandbox::{Fault, Matching, MergeGroup, NewCommit};
use serde_json::json;

use crate::scenario::trouble::{check_runs, check_runs_on};
use crate::world::{Change, REPOSITORY, Scene, World, claude, note_of};

/// A story, and in which world it is told.
pub(super) struct Episode {
    pub(super) name: &'static str,
    pub(super) set: fn(World) -> World,
    pub(super) tell: for<'a> fn(&'a mut Scene) -> Pin<Box<dyn Future<Output = Told> + 'a>>,
}

impl Episode {
    pub(super) fn world(&self) -> World {
        (self.set)(World::new().impatient())
    }
}

/// What came of a story.
pub(super) struct Told {
    pub(super) change: Change,
    /// What the check says if it is not green.
    pub(super) held: Option<&'static str>,
    /// A merge group that passes.
    pub(super) group: Option<MergeGroup>,
    /// How many replies stand on the change.
    pub(super) replies: usize,
}

impl Told {
    pub(super) fn expect(&self, s: &Scene) {
        match self.held {
            None => s.expect_pass(&self.change),
            Some(says) => s.expect_held(&self.change, says),
        }
        if let Some(group) = &self.group {
            s.expect_group_passes(group);
            assert_eq!(check_runs_on(s, &self.change, &group.head_sha).len(), 1);
        }
        // What passes on GitLab and never was anything else needs no note.
        let checks = check_runs(s, &self.change).len();
        assert!(checks == 1 || (s.is_gitlab() && checks == 0), "{checks}");
        assert_eq!(s.replies(&self.change).len(), self.replies, "{:?}", s.replies(&self.change));
    }
}

pub(super) fn passes(change: Change) -> Told {
    Told { change, held: None, group: None, replies: 0 }
}

pub(super) fn held(change: Change, says: &'static str) -> Told {
    Told { change, held: Some(says), group: None, replies: 0 }
}

/// An episode in the usual world of GitHub.
macro_rules! episode {
    ($name:ident) => {
        episode!($name, |world| world.on_github())
    };
    ($name:ident, $set:expr) => {
        Episode { name: stringify!($name), set: $set, tell: |s| Box::pin($name(s)) }
    };
}

pub(super) static EPISODES: [Episode; 20] = [
    episode!(approved),
    episode!(with_notes),
    episode!(for_a_release),
    episode!(for_a_protected_branch),
    episode!(after_a_push_past_every_change),
    episode!(in_a_hundred_steps),
    episode!(by_many_hands),
    episode!(with_renamed_files),
    episode!(pushed_away),
    episode!(pushed_unseen),
    episode!(of_the_policy),
    episode!(in_a_stack),
    episode!(unreadable_for_long),
    episode!(unheard_of),
    episode!(queued),
    episode!(approved_by_command),
    episode!(answered_by_and_by),
    episode!(brought_up_to_date),
    episode!(helped_by_a_suggestion, |world| world.on_github().floor(SUGGESTIONS)),
    episode!(by_people_listed_by_login, |world| world.on_github().directory(BY_LOGIN)),
];

/// What almost every change needs.
pub(super) async fn approved(s: &mut Scene) -> Told {
    let change = s.assisted_change().await;
    s.approve("ana", &change).await;
    passes(change)
}

/// A note says that an agent wrote lines, and nothing else does.
async fn with_notes(s: &mut Scene) -> Told {
    let change = s.noted_change("jo", "Retry", &note_of("claude", "1-12")).await;
    held(change, "wrote 12 lines")
}

pub(super) async fn for_a_release(s: &mut Scene) -> Told {
    s.branch("release");
    s.forge.require_check(REPOSITORY, "release", "seconder", Some(s.forge.app().id));
    let change = s.change("jo").to("release").open().await;
    s.approve("ana", &change).await;
    passes(change)
}

async fn for_a_protected_branch(s: &mut Scene) -> Told {
    s.branch("release");
    s.forge.protect(&s.who("pat"), REPOSITORY, "release", "seconder", Some(s.forge.app().id));
    let change = s.change("jo").to("release").open().await;
    s.approve("ana", &change).await;
    passes(change)
}

/// Whose push it was is asked when no merge accounts for it.
async fn after_a_push_past_every_change(s: &mut Scene) -> Told {
    s.put("main", "src/ledger.rs", "").await;
    s.forge.advance(jiff::SignedDuration::from_mins(6));
    s.quiet().await;
    let change = s.assisted_change().await;
    s.approve("ana", &change).await;
    passes(change)
}

pub(super) async fn in_a_hundred_steps(s: &mut Scene) -> Told {
    let mut change = s.change("jo").commit(&claude("Step 0"));
    for n in 1..101 {
        change = change.commit(&format!("Step {n}"));
    }
    let change = change.open().await;
    s.approve("ana", &change).await;
    passes(change)
}

/// The last of more co-authors than come along with a commit is kim.
async fn by_many_hands(s: &mut Scene) -> Told {
    let kim = s.who("kim");
    let others = (0..25).map(|n| format!("Co-authored-by: Friend {n} <friend-{n}@example.com>\n"));
    let message = format!("{}\n{}Co-authored-by: kim <{}>", claude("Retry"), others.collect::<String>(), kim.email);
    let change = s.change("jo").commit(&message).open().await;
    s.approve("kim", &change).await;
    held(change, "contributed to this change (co-author)")
}

/// What was renamed was under guard before.
async fn with_renamed_files(s: &mut Scene) -> Told {
    s.put("main", ".github/workflows/test.yml", "on: push\n").await;
    let commit = NewCommit::new("Tidy up").without(".github/workflows/test.yml").file("ci/test.yml", "on: push\n");
    let main = s.forge.tip(REPOSITORY, "main").unwrap();
    let change = s.change("jo").with(commit.onto(main)).open().await;
    s.approve("mia", &change).await;
    held(change, "Needs 1 approval for guarded-files")
}

/// A commit that an agent had a hand in was there, and is gone before anybody looked.
pub(super) async fn pushed_away(s: &mut Scene) -> Told {
    let change = s.change("jo").with(NewCommit::new("Retry").file("src/a.rs", "// a\n")).open().await;
    let hidden = NewCommit::new(claude("More")).file("src/b.rs", "// b\n");
    s.forge.push(&s.who("jo"), &change.home, &change.branch, hidden);
    s.force_push("jo", &change, NewCommit::new("Retry once").file("src/c.rs", "// c\n")).await;
    held(change, "Needs 1 approval")
}

/// kim pushed under jo's name, and no delivery told of it.
pub(super) async fn pushed_unseen(s: &mut Scene) -> Told {
    s.expect_refusals();
    let change = s.assisted_change().await;
    s.forge.faults().lose_webhooks(3);
    let as_jo = NewCommit::new("Five times").by("jo <jo@example.com>").file("src/a.rs", "// a\n");
    s.push_commit("kim", &change, as_jo).await;
    s.push("jo", &change, "Six times").await;
    s.approve("kim", &change).await;
    held(change, "contributed to this change (pusher)")
}

/// The change itself would change the policy.
async fn of_the_policy(s: &mut Scene) -> Told {
    let commit = NewCommit::new("Ask for more").file(".github/seconder.yml", "version: 1\n");
    let change = s.change("jo").with(commit).open().await;
    s.approve("pat", &change).await;
    passes(change)
}

/// It was part of a stack, as only a delivery tells.
async fn in_a_stack(s: &mut Scene) -> Told {
    let change = s.assisted_change().await;
    let opened = s.forge.deliveries().into_iter().rfind(|one| one.event == "pull_request").unwrap();
    let mut payload = opened.payload();
    payload["action"] = json!("stacked");
    payload["pull_request"]["stack"] =
        json!({ "id": 1, "number": 2, "size": 2, "position": 1, "base": { "ref": "main", "sha": "0".repeat(40) } });
    assert_eq!(s.deliver("pull_request", &payload).await, 202);
    s.approve("ana", &change).await;
    passes(change)
}

/// For so long that the check says it. Nothing that is read tells then which check stands.
async fn unreadable_for_long(s: &mut Scene) -> Told {
    let change = s.assisted_change().await;
    s.patience().await;
    let nothing = Fault::SilentNull(vec!["repository".to_owned()]);
    s.forge.faults().next(5, Matching::operation("Change"), nothing);
    s.approve("ana", &change).await;
    passes(change)
}

/// Deliveries are lost, and then the server is away.
pub(super) async fn unheard_of(s: &mut Scene) -> Told {
    s.expect_refusals();
    let change = s.assisted_change().await;
    s.patience().await;
    s.minutes_pass(31).await;
    s.forge.faults().lose_webhooks(1);
    s.push("jo", &change, "Five times").await;
    s.server_down().await;
    s.approve("ana", &change).await;
    s.restart().await;
    passes(change)
}

/// The merge queue tests a commit of its own.
async fn queued(s: &mut Scene) -> Told {
    let change = s.assisted_change().await;
    s.approve("ana", &change).await;
    let group = s.queue(&[&change]).await;
    Told { group: Some(group), ..passes(change) }
}

pub(super) async fn approved_by_command(s: &mut Scene) -> Told {
    let change = s.assisted_change().await;
    s.approve_by_command("ana", &change).await;
    s.say("ana", &change, "/seconder help").await;
    Told { replies: 1, ..passes(change) }
}

/// Nobody knows whether a reply arrived.
pub(super) async fn answered_by_and_by(s: &mut Scene) -> Told {
    let change = s.assisted_change().await;
    s.forge.faults().next(1, s.replying(), Fault::StatusAfterEffect(502));
    s.say("ana", &change, "/seconder help").await;
    s.approve("ana", &change).await;
    Told { replies: 1, ..passes(change) }
}

/// kim had no hand in what the button did for her.
async fn brought_up_to_date(s: &mut Scene) -> Told {
    let change = s.assisted_change().await;
    s.put("main", "src/other.rs", "// other\n").await;
    s.forge.update_branch(&s.who("kim"), REPOSITORY, change.number);
    s.quiet().await;
    s.approve("kim", &change).await;
    passes(change)
}

/// The built-in rule, and small suggestions make nobody a contributor.
const SUGGESTIONS: &str = "version: 1
rules:
- name: ai-needs-senior
  when: { assistance: \">= unknown\", author_tier: \"< senior\" }
  require: { approvals: 1, tier: \">= senior\" }
suggestions: { lines: 10 }
";

async fn helped_by_a_suggestion(s: &mut Scene) -> Told {
    let commit = NewCommit::new(claude("Retry")).file("src/retry.rs", "let a = 1;\nlet b = 2;\nlet c = 3;\n");
    let change = s.change("jo").with(commit).open().await;
    let kim = s.who("kim");
    let suggestion = s.forge.suggest(&kim, REPOSITORY, change.number, "src/retry.rs", 2..=2, "let b = 20;\n");
    s.forge.apply_suggestions(&s.who("jo"), REPOSITORY, change.number, &[suggestion]);
    s.quiet().await;
    s.approve("kim", &change).await;
    passes(change)
}

pub(super) const BY_LOGIN: &str = "version: 1
tiers: [junior, senior]
people:
- { id: ana, accounts: [{ host: \"${host}\", login: ana }], groups: [seniors] }
groups:
- { id: seniors, vouched: true }
tier_rules:
- { id: are-senior, groups: [seniors], tier: senior }
default: { employee: junior, contractor: junior }
";

pub(super) async fn by_people_listed_by_login(s: &mut Scene) -> Told {
    s.who("ana");
    let change = s.assisted_change().await;
    s.approve("ana", &change).await;
    passes(change)
}
