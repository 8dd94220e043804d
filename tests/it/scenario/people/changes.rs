//! The directory moves: people are promoted, demoted, leave; exceptions end; the file breaks or grows old.

use super::{directory, person};
use crate::world::World;

const NOT_QUALIFIED: &str = "does not meet `ai-needs-senior`";

fn sam(level: &str) -> String {
    directory(&person("sam", &format!("attributes: {{ level: {level} }}")), "")
}

#[test]
fn a_promotion_does_not_make_an_old_approval_count() {
    World::new().directory(&sam("L3")).run(async |s| {
        let change = s.assisted_change().await;
        s.approve("sam", &change).await;
        s.expect_refused(&change, "sam", NOT_QUALIFIED);
        s.new_directory(&sam("L6")).await;
        s.expect_refused(&change, "sam", NOT_QUALIFIED);
        s.approve("sam", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a_demotion_takes_an_approval_back() {
    World::new().directory(&sam("L6")).run(async |s| {
        let change = s.assisted_change().await;
        s.approve("sam", &change).await;
        s.expect_pass(&change);
        s.new_directory(&sam("L3")).await;
        s.expect_refused(&change, "sam", NOT_QUALIFIED);
    });
}

#[test]
fn a_demotion_while_the_server_was_down_takes_an_approval_back() {
    World::new().directory(&sam("L6")).run(async |s| {
        let change = s.assisted_change().await;
        s.approve("sam", &change).await;
        s.expect_pass(&change);
        s.restart_with_directory(&sam("L3")).await;
        s.expect_refused(&change, "sam", NOT_QUALIFIED);
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn leaving_takes_an_approval_back() {
    World::new().directory(&sam("L6")).run(async |s| {
        let change = s.assisted_change().await;
        s.approve("sam", &change).await;
        s.expect_pass(&change);
        s.new_directory(&directory(&person("sam", "attributes: { level: L6 }, active: false"), "")).await;
        s.expect_refused(&change, "sam", NOT_QUALIFIED);
        s.new_directory(&directory("", "")).await;
        s.expect_refused(&change, "sam", "not linked to anybody in the directory");
    });
}

#[test]
fn the_authors_promotion_counts_at_once() {
    let jo_is = |level: &str| directory("", "").replace("level: L3", &format!("level: {level}"));
    World::new().directory(&jo_is("L3")).run(async |s| {
        let change = s.assisted_change().await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
        s.new_directory(&jo_is("L6")).await;
        s.expect_pass(&change);
    });
}

#[test]
fn an_exception_ends_with_its_last_day() {
    World::new().run(async |s| {
        let today = s.forge.now().to_zoned(jiff::tz::TimeZone::UTC).date();
        let rules = format!("- {{ id: stand-in, person: sam, tier: senior, reason: Stands in, until: {today} }}\n");
        s.new_directory(&directory(&person("sam", "attributes: { level: L3 }"), &rules)).await;
        let change = s.assisted_change().await;
        s.approve("sam", &change).await;
        s.expect_pass(&change);
        s.hours_pass(24).await;
        s.expect_refused(&change, "sam", NOT_QUALIFIED);
    });
}

#[test]
fn an_author_loses_an_exception_as_well() {
    World::new().run(async |s| {
        let today = s.forge.now().to_zoned(jiff::tz::TimeZone::UTC).date();
        let rules = format!("- {{ id: stand-in, person: jo, tier: senior, reason: Stands in, until: {today} }}\n");
        s.new_directory(&directory("", &rules)).await;
        let change = s.assisted_change().await;
        s.expect_pass(&change);
        s.hours_pass(24).await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
    });
}

#[test]
fn a_directory_that_cannot_be_read_for_too_long_vouches_for_nobody() {
    let text = directory("", "") + "max_age: 48h\n";
    World::new().directory(&text).run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        s.new_directory("version: 1\npeople: [").await;
        s.hours_pass(47).await;
        s.expect_pass(&change);
        s.hours_pass(2).await;
        s.expect_held(&change, "The directory is too old to vouch for anybody");
        s.expect_refused(&change, "ana", "the directory is too old to vouch for anybody");
        // Mended, with the same text as before: the approval was seen while the directory was good.
        s.new_directory(&text).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a_directory_that_is_read_again_in_time_stays_fresh() {
    World::new().directory(&(directory("", "") + "max_age: 48h\n")).run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.hours_pass(47).await;
        s.hours_pass(47).await;
        s.expect_pass(&change);
        s.push("jo", &change, "Retry three times").await;
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a_file_that_makes_no_sense_changes_nothing() {
    let promoted = person("sam", "attributes: { level: L6 }");
    let groups = "groups:\n- { id: leads, members: [sam] }\n";
    let unvouched = directory(&person("sam", ""), "- { id: leads, groups: [leads], tier: senior }\n") + groups;
    let two_owners = directory(&(promoted.clone() + "- { id: other, accounts: [${sam}] }\n"), "");
    let broken = directory(&promoted, "").replace("people:", "peopel:");
    World::new().directory(&sam("L3")).run(async |s| {
        let change = s.assisted_change().await;
        for text in [unvouched.as_str(), two_owners.as_str(), broken.as_str(), ""] {
            s.new_directory(text).await;
            s.push("jo", &change, "Retry once more").await;
            s.approve("sam", &change).await;
            s.expect_held(&change, NOT_QUALIFIED);
        }
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}
