//! Native stacks: changes that build on each other, each held to the rules of the branch below them all.

use crate::world::{Change, REPOSITORY, Scene, World};

const TRUNK: &str = "version: 1\nrules: [{ name: trunk, require: { tier: '>= principal' } }]\n";

/// Two changes, the upper going to the branch of the lower. Not a stack yet.
async fn two(s: &Scene) -> (Change, Change) {
    let lower = s.change("jo").branch("lower").open().await;
    let upper = s.change("sam").branch("upper").to("lower").open().await;
    s.expect_no_check(&upper);
    (lower, upper)
}

async fn stack(s: &Scene, changes: &[&Change]) {
    let numbers: Vec<u64> = changes.iter().map(|change| change.number).collect();
    s.forge.stack(&s.who("jo"), REPOSITORY, &numbers);
    s.quiet().await;
}

#[test]
fn a_change_in_the_middle_of_a_stack_is_held_to_the_rules_of_its_trunk() {
    World::new().on_github().run(async |s| {
        s.policy(TRUNK).await;
        let (lower, middle) = two(s).await;
        let upper = s.change("mia").branch("top").to("upper").open().await;
        stack(s, &[&lower, &middle, &upper]).await;
        for change in [&lower, &middle, &upper] {
            s.expect_held(change, "Needs 1 or more approvals for 2 rules");
        }
        s.approve("ana", &middle).await;
        s.expect_held(&middle, "Needs 1 approval for trunk");
        s.approve("pat", &middle).await;
        s.expect_pass(&middle);
        s.expect_held(&lower, "Needs 1 or more approvals for 2 rules");
        s.expect_held(&upper, "Needs 1 or more approvals for 2 rules");
    });
}

#[test]
fn a_policy_on_the_branch_below_does_not_replace_the_trunks() {
    World::new().on_github().run(async |s| {
        s.policy(TRUNK).await;
        let (lower, upper) = two(s).await;
        s.write(REPOSITORY, "lower", ".github/seconder.yml", "version: 1\nrules: []\n").await;
        stack(s, &[&lower, &upper]).await;
        s.approve("ana", &upper).await;
        s.expect_held(&upper, "Needs 1 approval for trunk");
    });
}

#[test]
fn when_the_lower_one_is_merged_the_upper_one_goes_to_the_trunk_and_is_approved_anew() {
    World::new().on_github().run(async |s| {
        let (lower, upper) = two(s).await;
        stack(s, &[&lower, &upper]).await;
        s.approve("ana", &lower).await;
        s.approve("ana", &upper).await;
        s.expect_pass(&lower);
        s.expect_pass(&upper);
        s.forge.merge(&s.who("jo"), REPOSITORY, lower.number).unwrap();
        s.quiet().await;
        s.expect_refused(&upper, "ana", "given before the base branch changed");
        s.approve("ana", &upper).await;
        s.expect_pass(&upper);
        s.forge.merge(&s.who("sam"), REPOSITORY, upper.number).unwrap();
        s.quiet().await;
    });
}

#[test]
fn a_stack_that_is_dissolved_leaves_nothing_green_behind() {
    World::new().on_github().run(async |s| {
        let (lower, upper) = two(s).await;
        stack(s, &[&lower, &upper]).await;
        s.approve("ana", &upper).await;
        s.expect_pass(&upper);
        s.forge.unstack(&s.who("jo"), REPOSITORY, lower.number);
        s.quiet().await;
        assert_eq!(s.title(&upper), "No open change with a governed base");
        s.expect_held(&lower, "Needs 1 approval for ai-needs-senior");
    });
}

#[test]
fn a_new_policy_on_the_trunk_reaches_the_whole_stack() {
    World::new().on_github().run(async |s| {
        let (lower, upper) = two(s).await;
        stack(s, &[&lower, &upper]).await;
        s.approve("ana", &upper).await;
        s.expect_pass(&upper);
        s.policy(TRUNK).await;
        s.expect_held(&upper, "Needs 1 approval for trunk");
    });
}

#[test]
fn a_part_of_a_stack_passes_as_part_of_a_merge_group() {
    World::new().on_github().run(async |s| {
        let (lower, upper) = two(s).await;
        stack(s, &[&lower, &upper]).await;
        s.approve("ana", &lower).await;
        let group = s.queue(&[&lower, &upper]).await;
        s.expect_group_held(&group, &format!("#{}: Needs 1 approval for ai-needs-senior", upper.number));
        s.approve("kim", &upper).await;
        s.expect_group_passes(&group);
    });
}
