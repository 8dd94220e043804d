//! Readings: whole or none, kept over a restart, and good for a while.

use seconder::sandbox::{Fault, Matching};

use super::{GROUP, STRANGER, crowd, directory, people};
use crate::world::World;

/// Every call about groups fails.
fn groups() -> Matching {
    Matching::rest("GET", "/api/v4/groups/")
}

#[test]
fn a_list_that_breaks_off_leaves_everybody_as_they_were() {
    World::new().on_gitlab().directory(&directory("")).run(async |s| {
        // More than a page of them, so that the last one is on the second.
        let all = crowd(101);
        s.forge.team(&s.organisation("acme"), "seniors", &[]);
        s.join_silently(&all);
        s.members_are_read().await;
        let change = s.assisted_change().await;
        s.approve(&all[100], &change).await;
        s.expect_pass(&change);
        s.forge.remove_role(GROUP, &s.who("senior-0"));
        let second_page = Matching::route("GET", "/api/v4/groups/{id}/members").after(1);
        s.forge.faults().next(1, second_page, Fault::Status(500));
        s.members_are_read().await;
        assert_eq!(s.members().await, 101, "half a list is none");
        s.expect_pass(&change);
        s.patience().await;
        assert_eq!(s.members().await, 100);
        s.expect_pass(&change);
    });
}

#[test]
fn a_renamed_group_is_known_by_its_number_and_whoever_takes_its_path_is_not_it() {
    World::new().on_gitlab().directory(&directory("")).run(async |s| {
        s.seniors(&["ana"]).await;
        s.forge.rename_group(GROUP, "leads");
        s.seniors(&["kim"]).await;
        s.members_are_read().await;
        let change = s.assisted_change().await;
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", STRANGER);
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        s.forge.remove_role("acme/leads", &s.who("ana"));
        s.members_are_read().await;
        s.expect_refused(&change, "ana", STRANGER);
    });
}

#[test]
fn a_group_that_was_deleted_and_made_anew_is_another_one() {
    World::new().on_gitlab().directory(&directory("")).run(async |s| {
        s.seniors(&["ana"]).await;
        s.forge.delete_group(GROUP);
        s.seniors(&["kim"]).await;
        s.members_are_read().await;
        let change = s.assisted_change().await;
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", STRANGER);
        // What was read before it was deleted holds as long as any reading.
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        s.hours_pass(49).await;
        s.expect_refused(&change, "ana", STRANGER);
        // Somebody who means the new one names it by its number.
        s.new_directory(&directory("").replace(GROUP, &s.forge.group_id(GROUP).to_string())).await;
        s.expect_refused(&change, "ana", STRANGER);
        s.approve("kim", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a_gitlab_that_is_down_for_too_long_leaves_nobody_in_its_groups_and_everybody_else() {
    let kim = "- { id: jo, accounts: [${jo}] }\n- { id: kim, accounts: [${kim}], attributes: { level: L6 } }\n";
    let text = people("", kim) + "- { id: level, attribute: level, matches: L6, tier: senior }\n";
    World::new().on_gitlab().directory(&text).run(async |s| {
        s.seniors(&["ana"]).await;
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        s.forge.faults().next(usize::MAX, groups(), Fault::Status(503));
        s.members_are_read().await;
        s.hours_pass(47).await;
        s.expect_pass(&change);
        s.hours_pass(2).await;
        s.expect_refused(&change, "ana", STRANGER);
        let other = s.assisted_change().await;
        s.approve("kim", &other).await;
        s.expect_pass(&other);
        s.forge.faults().clear();
        s.patience().await;
        s.members_are_read().await;
        s.expect_pass(&change);
    });
}

#[test]
fn max_age_is_how_long_a_reading_is_good_for() {
    World::new().on_gitlab().directory(&(directory("") + "max_age: 4h\n")).run(async |s| {
        s.seniors(&["ana"]).await;
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.hours_pass(3).await;
        s.expect_pass(&change);
        s.hours_pass(2).await;
        s.expect_refused(&change, "ana", STRANGER);
        s.members_are_read().await;
        s.expect_pass(&change);
    });
}

#[test]
fn a_server_that_starts_begins_with_what_was_read_before() {
    World::new().on_gitlab().directory(&directory("")).run(async |s| {
        s.seniors(&["ana"]).await;
        let change = s.assisted_change().await;
        s.server_down().await;
        s.forge.faults().next(usize::MAX, groups(), Fault::Status(503));
        s.restart().await;
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        s.forge.faults().clear();
        s.patience().await;
    });
}

#[test]
fn another_server_takes_over_what_one_has_read() {
    World::new().on_gitlab().on_postgres().directory(&directory("")).run(async |s| {
        s.seniors(&["ana"]).await;
        let other = s.another_server().await;
        assert_eq!(other.engine.snapshot().digest, s.engine.snapshot().digest, "it begins with what is on record");
        s.seniors(&["kim"]).await;
        let before = other.engine.snapshot().digest;
        other.engine.reload_directory().await;
        assert_ne!(before, other.engine.snapshot().digest);
        assert_eq!(other.engine.snapshot().digest, s.engine.snapshot().digest);
        // It does so while it cannot read the files.
        s.write_directory("version: 1\npeople: [");
        s.leaves("ana").await;
        assert_ne!(other.engine.snapshot().digest, s.engine.snapshot().digest);
        other.engine.reload_directory().await;
        assert_eq!(other.engine.snapshot().digest, s.engine.snapshot().digest);
    });
}

#[test]
fn somebody_who_leaves_does_not_stay_because_a_file_is_broken() {
    World::new().on_gitlab().directory(&directory("")).run(async |s| {
        s.seniors(&["ana", "kim"]).await;
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        s.new_directory("version: 1\npeople: [").await;
        s.expect_pass(&change);
        s.leaves("ana").await;
        s.expect_refused(&change, "ana", STRANGER);
        s.forge.remove_role(GROUP, &s.who("kim"));
        s.members_are_read().await;
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", STRANGER);
    });
}

#[test]
fn a_group_that_is_named_later_is_read_at_once() {
    World::new().on_gitlab().run(async |s| {
        s.seniors(&["lou"]).await;
        let change = s.assisted_change().await;
        s.approve("lou", &change).await;
        s.expect_refused(&change, "lou", STRANGER);
        s.new_directory(&directory("")).await;
        s.approve("lou", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a_group_of_a_host_that_is_not_configured_is_refused() {
    World::new().on_gitlab().run(async |s| {
        let before = s.engine.snapshot().digest;
        s.new_directory(&directory("").replace("${host}", "gitlab.elsewhere.example")).await;
        assert_eq!(s.engine.snapshot().digest, before);
    });
}
