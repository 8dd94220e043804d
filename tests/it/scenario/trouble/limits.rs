//! Limits that GitHub names to one server hold for all of them, and after a restart.

use jiff::SignedDuration;
use seconder::sandbox::{Fault, Matching, Reset};

use crate::world::{Change, Scene, World};

/// GitHub wants no more calls for half an hour, and says so when ana approves.
async fn limited(s: &Scene, change: &Change, matching: Matching) {
    let reset = Reset(s.forge.now() + SignedDuration::from_mins(30));
    s.forge.faults().next(1, matching, Fault::PrimaryLimit(reset));
    s.approve("ana", change).await;
    // Of a GitLab, five things are asked at once.
    let refused = s.calls().await.iter().filter(|call| call.faulty).count();
    assert!((1..=if s.is_gitlab() { 5 } else { 1 }).contains(&refused), "{refused} calls were refused");
}

#[test]
fn a_limit_holds_for_another_server() {
    World::new().on_postgres().run(async |s| {
        let (first, second) = (s.assisted_change().await, s.assisted_change().await);
        let other = s.another_server().await;
        limited(s, &first, Matching::graphql()).await;
        s.forge.label(&s.who("mia"), &second.repository, second.number, "payments");
        s.forge.settled().await;
        other.engine.run_until_idle().await.unwrap();
        assert!(s.calls().await.is_empty(), "nobody asks before the reset");
        s.patience().await;
        s.expect_pass(&first);
    });
}

#[test]
fn a_limit_holds_after_a_restart() {
    for is_read in [true, false] {
        World::new().run(async |s| {
            let change = s.assisted_change().await;
            limited(s, &change, if is_read { Matching::graphql() } else { s.publishing_again() }).await;
            let on_their_way = s.forge.faults().calls_before_reset();
            s.server_down().await;
            s.restart().await;
            // Whatever is asked for meanwhile, it is not asked of this installation.
            s.forge.advance(SignedDuration::from_mins(10));
            s.quiet().await;
            assert_eq!(s.forge.faults().calls_before_reset(), on_their_way);
            s.patience().await;
            s.expect_pass(&change);
        });
    }
}
