//! Limits that GitHub names to one server hold for all of them, and after a restart.

use jiff::SignedDuration;
use seconder::sandbox::{Fault, Matching, Reset};

use crate::world::{Change, Scene, World};

/// GitHub wants no more calls for half an hour, and says so when ana approves.
async fn limited(s: &Scene, change: &Change, matching: Matching) {
    let reset = Reset(s.forge.now() + SignedDuration::from_mins(30));
    s.forge.faults().next(1, matching, Fault::PrimaryLimit(reset));
    s.approve("ana", change).await;
    assert_eq!(s.calls().await.iter().filter(|call| call.faulty).count(), 1);
}

#[test]
fn a_limit_holds_for_another_server() {
    World::new().on_github().on_postgres().run(async |s| {
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
    for matching in [Matching::graphql(), Matching::rest("PATCH", "/repos/acme/pay/check-runs")] {
        World::new().on_github().run(async |s| {
            let change = s.assisted_change().await;
            limited(s, &change, matching.clone()).await;
            s.server_down().await;
            s.restart().await;
            // Whatever is asked for meanwhile, it is not asked of this installation.
            s.forge.advance(SignedDuration::from_mins(10));
            s.quiet().await;
            assert_eq!(s.forge.faults().calls_before_reset(), 0);
            s.patience().await;
            s.expect_pass(&change);
        });
    }
}
