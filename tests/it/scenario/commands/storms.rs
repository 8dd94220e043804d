//! Many commands at once: everybody is answered, within what the forge allows.

use jiff::{SignedDuration, Timestamp};

use crate::world::{REPOSITORY, Scene, World};

/// When each comment and reaction of ours was made, by the forge's clock, in the order of the calls since the last
/// question.
async fn written(s: &Scene) -> Vec<Timestamp> {
    let calls = s.calls().await;
    let is_content = |path: &str| path.ends_with("/comments") || path.ends_with("/reactions");
    let content = calls.iter().filter(|call| call.method == "POST" && is_content(&call.path));
    content.map(|call| call.response.as_ref().unwrap()["created_at"].as_str().unwrap().parse().unwrap()).collect()
}

/// How many of these fall into a span of this length at most.
fn most_within(times: &[Timestamp], span: SignedDuration) -> usize {
    let from = |start: &Timestamp| times.iter().filter(|time| **time >= *start && **time < *start + span).count();
    times.iter().map(from).max().unwrap_or_default()
}

#[test]
fn no_more_is_written_in_a_minute_or_an_hour_than_is_well_below_the_limit() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.calls().await;
        let jo = s.who("jo");
        s.forge.faults().hold_webhooks();
        let asked: Vec<u64> =
            (0..180).map(|_| s.forge.comment(&jo, REPOSITORY, change.number, "/seconder why")).collect();
        s.forge.faults().release_webhooks(|_| {});
        let mut times = written(s).await;
        while s.replies(&change).len() < asked.len() {
            s.forge.advance(SignedDuration::from_mins(1));
            times.extend(written(s).await);
        }
        assert_eq!(times.len(), 2 * asked.len(), "a reaction and a reply each");
        // 40 and 300 are taken, and the sandbox's clock moves a little between the taking and the writing.
        assert!(most_within(&times, SignedDuration::from_mins(1)) <= 44);
        assert!(most_within(&times, SignedDuration::from_hours(1)) <= 304);
        for comment in asked {
            s.expect_answer(&change, comment, "eyes", "@jo");
        }
    });
}

#[test]
fn checks_do_not_wait_until_everybody_is_answered() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        let jo = s.who("jo");
        s.forge.faults().hold_webhooks();
        for _ in 0..60 {
            s.forge.comment(&jo, REPOSITORY, change.number, "/seconder help");
        }
        s.forge.faults().release_webhooks(|_| {});
        s.quiet().await;
        assert!(s.replies(&change).len() < 60, "there is more to say than fits");
        let approval = s.approve_by_command("ana", &change).await;
        s.expect_pass(&change);
        s.patience().await;
        s.expect_reaction(&change, approval, "+1");
        assert_eq!(s.replies(&change).len(), 60);
    });
}
