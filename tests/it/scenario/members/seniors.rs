//! Who is a senior by a group, and who no longer.

use super::{GROUP, STRANGER, directory, people};
use crate::world::World;

/// Two seniors must approve.
const TWO_SENIORS: &str = "version: 1\nrules:\n- name: two-seniors\n  require: { approvals: 2, tier: '>= senior' }\n";

#[test]
fn a_member_is_a_senior_until_he_leaves() {
    World::new().on_gitlab().directory(&directory("")).run(async |s| {
        s.seniors(&["ana", "kim"]).await;
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        s.leaves("ana").await;
        s.expect_refused(&change, "ana", STRANGER);
        s.approve("ana", &change).await;
        s.expect_refused(&change, "ana", STRANGER);
        s.approve("kim", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn somebody_who_joins_counts_as_soon_as_gitlab_tells_of_it() {
    World::new().on_gitlab().directory(&directory("")).run(async |s| {
        s.seniors(&["ana"]).await;
        let change = s.assisted_change().await;
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", STRANGER);
        s.seniors(&["kim"]).await;
        // As after a promotion: what was said before does not grow with who said it.
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
        s.approve("kim", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn what_gitlab_did_not_tell_is_found_within_minutes() {
    World::new().on_gitlab().directory(&directory("")).run(async |s| {
        s.seniors(&["ana", "kim"]).await;
        let change = s.assisted_change().await;
        s.approve("lee", &change).await;
        s.forge.set_role(GROUP, &s.who("lee"), 30);
        s.quiet().await;
        s.expect_refused(&change, "lee", STRANGER);
        s.members_are_read().await;
        s.approve("lee", &change).await;
        s.expect_pass(&change);
        s.forge.remove_role(GROUP, &s.who("lee"));
        s.members_are_read().await;
        s.expect_refused(&change, "lee", STRANGER);
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn an_author_is_as_senior_as_the_group_says() {
    World::new().on_gitlab().directory(&directory("")).run(async |s| {
        s.seniors(&["ana"]).await;
        let change = s.assisted_change().await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
        s.seniors(&["jo"]).await;
        s.expect_pass(&change);
        s.leaves("jo").await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
    });
}

#[test]
fn accounts_that_are_not_active_and_members_who_are_not_admitted_do_not_count() {
    World::new().on_gitlab().directory(&directory("")).run(async |s| {
        s.seniors(&["ana", "kim", "lee", "pat"]).await;
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        s.forge.set_state(&s.who("ana"), "blocked");
        s.forge.set_state(&s.who("kim"), "deactivated");
        s.forge.set_membership(GROUP, &s.who("lee"), "awaiting");
        s.members_are_read().await;
        // Of accounts that are not active, approvals do not count in any case; that they are no members shows in the store.
        s.expect_refused(&change, "ana", "not a person's account");
        assert_eq!(s.members().await, 1);
        s.approve("lee", &change).await;
        s.expect_refused(&change, "lee", STRANGER);
        s.approve("pat", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a_bot_is_no_person_whatever_group_it_is_in() {
    World::new().on_gitlab().directory(&directory("")).run(async |s| {
        s.seniors(&["ana", "group_7_bot_deploy[bot]"]).await;
        let readings = s.store.readings().await.unwrap();
        let members: Vec<i64> = readings[0].kept.reading.members.iter().copied().collect();
        assert_eq!(members, [i64::try_from(s.who("ana").id).unwrap()]);
    });
}

#[test]
fn robots_and_people_who_have_left_stay_what_the_files_say() {
    let more = "- { id: jo, accounts: [${jo}] }\n- { id: kim, accounts: [${kim}], active: false }\n\
        - { id: deploy, accounts: [${deploy}], employment: service }\n";
    let text = people("", more) + "robots: [${scanner}]\n";
    World::new().on_gitlab().directory(&text).run(async |s| {
        s.seniors(&["ana", "kim", "deploy", "scanner"]).await;
        let change = s.assisted_change().await;
        for login in ["kim", "deploy", "scanner"] {
            s.approve(login, &change).await;
        }
        s.expect_refused(&change, "kim", "does not meet `ai-needs-senior`");
        s.expect_refused(&change, "deploy", "not a person's account");
        s.expect_refused(&change, "scanner", "not a person's account");
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn two_accounts_of_one_person_in_a_group_count_once() {
    let more = "- { id: jo, accounts: [${jo}] }\n\
        - { id: kim, accounts: [${kim}, { host: \"${host}\", login: kim-at-home }] }\n";
    World::new().on_gitlab().directory(&people("", more)).floor(TWO_SENIORS).run(async |s| {
        s.who("kim-at-home");
        s.seniors(&["ana", "kim", "kim-at-home"]).await;
        let change = s.assisted_change().await;
        s.approve("kim", &change).await;
        s.approve("kim-at-home", &change).await;
        s.expect_held(&change, "Needs 1 approval for two-seniors");
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn members_of_groups_above_count_only_where_all_are_asked_for() {
    for (reach, counts) in [("", false), (", members: all", true)] {
        World::new().on_gitlab().directory(&directory(reach)).run(async |s| {
            s.seniors(&["ana"]).await;
            let acme = s.organisation("acme");
            s.forge.member(&acme, &s.who("kim"));
            s.members_are_read().await;
            let change = s.assisted_change().await;
            s.approve("kim", &change).await;
            if counts {
                s.expect_pass(&change);
            } else {
                s.expect_refused(&change, "kim", STRANGER);
            }
        });
    }
}
