//! Letting a change pass in an emergency: by whom, for how long, and what is left behind.

use jiff::SignedDuration;

use crate::world::{Change, Scene, World};

const POLICY: &str = "version: 1\noverride: { by: { tier: \">= principal\" }, hours: 4 }\n";

/// A floor like the built-in one that lets principals override.
fn floor() -> String {
    let rule = "  - { name: ai-needs-senior, when: { assistance: \">= assisted\" }, \
                require: { approvals: 1, tier: \">= senior\" } }";
    POLICY.replace("version: 1\n", &format!("version: 1\nrules:\n{rule}\n"))
}

/// So long that whoever comments can have seen the head that carries our check.
async fn seen_for_a_while(s: &Scene) -> Change {
    let change = s.assisted_change().await;
    s.forge.advance(SignedDuration::from_mins(6));
    change
}

#[test]
fn a_principal_overrides_for_a_while_and_its_end_is_looked_at_in_time() {
    World::new().floor(&floor()).run(async |s| {
        let change = seen_for_a_while(s).await;
        let comment = s.say("pat", &change, "/seconder override Payments are down").await;
        s.expect_pass(&change);
        s.expect_answer(&change, comment, "+1", "until");
        s.forge.advance(SignedDuration::from_hours(3));
        s.quiet().await;
        s.expect_pass(&change);
        s.forge.advance(SignedDuration::from_hours(1));
        s.quiet().await;
        s.expect_held(&change, "Needs 1 approval");
        s.expect_answer(&change, comment, "+1", "until");
    });
}

#[test]
fn an_override_that_ends_while_the_server_is_down_is_looked_at_when_it_starts() {
    World::new().floor(&floor()).run(async |s| {
        let change = seen_for_a_while(s).await;
        s.say("pat", &change, "/seconder override Payments are down").await;
        s.expect_pass(&change);
        s.server_down().await;
        s.forge.advance(SignedDuration::from_hours(5));
        s.restart().await;
        s.expect_held(&change, "Needs 1 approval");
    });
}

#[test]
fn an_organisation_does_not_override_the_servers_floor() {
    World::new().run(async |s| {
        s.organisation_policy(POLICY).await;
        let change = seen_for_a_while(s).await;
        let comment = s.say("pat", &change, "/seconder override Payments are down").await;
        s.expect_answer(&change, comment, "+1", "this changes nothing");
        s.expect_held(&change, "Needs 1 approval");
    });
}

#[test]
fn nobody_overrides_where_no_policy_lets_anybody() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        let comment = s.say("pat", &change, "/seconder override Payments are down").await;
        s.expect_answer(&change, comment, "confused", "no policy");
        s.expect_held(&change, "Needs 1 approval");
    });
}
