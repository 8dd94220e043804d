//! A5, A6 and A28 once more: what was pushed away, lost or merged still counts.

use seconder::sandbox::{Fault, Matching, NewCommit};

use crate::world::{REPOSITORY, World, claude};

#[test]
fn a28_a_hidden_head_that_the_forge_is_slow_to_show_still_counts() {
    World::new().run(async |s| {
        let change = s.change("jo").with(NewCommit::new("Retry").file("src/a.rs", "// a\n")).open().await;
        s.expect_pass(&change);
        s.forge.faults().next(1, Matching::rest("GET", "/repos/acme/pay/compare"), Fault::Status(404));
        let hidden = NewCommit::new(claude("More")).file("src/b.rs", "// b\n");
        s.forge.push(&s.who("jo"), &change.home, &change.branch, hidden);
        s.force_push("jo", &change, NewCommit::new("Retry once").file("src/c.rs", "// c\n")).await;
        s.patience().await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
    });
}

#[test]
fn a05_a_lost_push_below_the_head_of_a_fork_costs_one_approval_more() {
    World::new().on_github().run(async |s| {
        s.expect_refusals();
        let change = s.change("jo").commit(&claude("Retry")).in_a_fork().open().await;
        s.forge.faults().lose_webhooks(1);
        let jo = s.who("jo");
        let as_jo = NewCommit::new("More").by(&format!("jo <{}>", jo.email)).file("src/b.rs", "// b\n");
        s.forge.grant(&change.home, &s.who("kim"), seconder::sandbox::Permission::Write);
        s.push_commit("kim", &change, as_jo).await;
        s.push("jo", &change, "Even more").await;
        s.approve("kim", &change).await;
        s.expect_held(&change, "1 of 2 approvals");
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a28_a_later_event_of_a_merged_change_does_not_clear_its_branch() {
    World::new().run(async |s| {
        let first = s.change("jo").commit("Retry").branch("develop").open().await;
        s.forge.merge(&s.who("ana"), REPOSITORY, first.number).unwrap();
        s.quiet().await;
        let second = s.change("jo").commit(&claude("More")).branch("develop").open().await;
        s.expect_held(&second, "Assistance: assisted");
        s.forge.edit_body(&s.who("jo"), REPOSITORY, first.number, "An afterthought");
        s.forge.close(&s.who("jo"), REPOSITORY, second.number);
        s.quiet().await;
        let clean = NewCommit::new("Rewritten").file("src/z.rs", "// z\n");
        s.forge.force_push(&s.who("jo"), REPOSITORY, "develop", clean);
        let pull = seconder::sandbox::OpenPull::new("develop", "Rewritten");
        let third = s.forge.open_pull(&s.who("jo"), REPOSITORY, pull);
        s.quiet().await;
        s.expect_held(&crate::world::Change { number: third, ..second }, "Assistance: assisted");
    });
}

#[test]
fn a06_a_bot_of_ones_own_is_not_forgotten_by_squashing() {
    let directory = "version: 1\n\
        tiers: [junior, senior]\n\
        people:\n\
        - { id: jo, accounts: [${jo}] }\n\
        - { id: kim, accounts: [${kim}, ${helper[bot]}], groups: [seniors] }\n\
        groups:\n\
        - { id: seniors, vouched: true }\n\
        tier_rules:\n\
        - { id: are-senior, groups: [seniors], tier: senior }\n";
    World::new().directory(directory).run(async |s| {
        let bot = s.who("helper[bot]");
        let change = s.assisted_change().await;
        let by_bot = NewCommit::new("By the bot").file("src/b.rs", "// b\n");
        s.forge.push(&bot, &change.home, &change.branch, by_bot);
        s.quiet().await;
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", "this change");
        s.force_push("jo", &change, NewCommit::new("Squashed").file("src/b.rs", "// b\n")).await;
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", "this change");
    });
}
