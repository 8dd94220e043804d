//! Attribution that commits of a change carried, and that none carries any more: it counts, it is said in neutral words,
//! and it is found once.

use seconder::sandbox::NewCommit;

use crate::world::{REPOSITORY, Scene, World, claude, note_of};

const GONE: &str = "is no longer carried by any commit of this change, after a later push";

/// jo's commit with or without what Claude Code leaves in its message.
fn retry(message: &str) -> NewCommit {
    NewCommit::new(message).file("src/retry.rs", "// again\n")
}

async fn times_found(s: &Scene) -> Vec<(String, i64)> {
    s.quiet().await;
    let found = s.store.findings(false, 100).await.unwrap();
    found.iter().map(|one| (one.kind.as_str().to_owned(), one.count)).collect()
}

async fn a_trailer_is_amended_away(s: &mut Scene) {
    let change = s.change("jo").with(retry(&claude("Retry"))).open().await;
    let first = s.head(&change);
    s.expect_held(&change, "Assistance: assisted");
    s.expect_silent(&change, GONE);
    s.force_push("jo", &change, retry("Retry")).await;
    let said = format!("Attribution to `claude` as a co-author of commit `{}` {GONE}", &first[..12]);
    s.expect_held(&change, &said);
    assert_eq!(s.found().await, [format!("attribution_removed #{}", change.number)]);
    assert_eq!(s.only_finding().await.place.commit().unwrap().as_str(), first);
    assert_eq!(s.only_finding().await.by, None, "nobody is accused");
    // It is not found anew whenever the change is looked at, nor at the next push.
    s.look_again(&change).await;
    s.push("jo", &change, "More").await;
    s.expect_held(&change, &said);
    assert_eq!(times_found(s).await, [("attribution_removed".to_owned(), 1)]);
    s.approve("ana", &change).await;
    s.expect_pass(&change);
    s.expect_says(&change, GONE);
    assert!(s.page(&change).await.text().contains("is no longer carried by any commit"));
}

#[test]
fn a_trailer_that_was_amended_away_is_found_once_and_still_counts() {
    World::new().run(a_trailer_is_amended_away);
}

#[test]
fn a_trailer_that_was_amended_away_is_found_once_on_postgres() {
    World::new().on_postgres().run(a_trailer_is_amended_away);
}

#[test]
fn a_trailer_that_was_pushed_away_before_anybody_looked_is_found() {
    World::new().run(async |s| {
        let change = s.change("jo").commit("Plan").open().await;
        s.forge.push(&s.who("jo"), REPOSITORY, &change.branch, retry(&claude("Retry")));
        s.force_push("jo", &change, retry("Retry")).await;
        s.expect_held(&change, GONE);
        s.look_again(&change).await;
        s.expect_held(&change, GONE);
        assert_eq!(times_found(s).await, [("attribution_removed".to_owned(), 1)]);
    });
}

#[test]
fn a_rebased_commit_that_carries_its_trailer_along_is_no_finding() {
    World::new().run(async |s| {
        let change = s.change("jo").with(retry(&claude("Retry"))).open().await;
        s.force_push("jo", &change, retry(&claude("Retry, rebased"))).await;
        s.expect_silent(&change, GONE);
        assert_eq!(s.found().await, [""; 0]);
    });
}

#[test]
fn what_another_change_on_the_same_branch_carried_is_no_finding_of_this_one() {
    World::new().run(async |s| {
        let change = s.change("jo").branch("retry").open().await;
        s.forge.close(&s.who("jo"), REPOSITORY, change.number);
        s.force_push("jo", &change, NewCommit::new("Retry").file("src/rewritten.rs", "// by hand\n")).await;
        let again = s.change("jo").branch("retry").commit("And again").open().await;
        s.look_again(&again).await;
        s.expect_held(&again, "Assistance: assisted");
        s.expect_silent(&again, GONE);
    });
}

#[test]
fn a_note_that_was_taken_away_is_found_while_the_rest_stands() {
    World::new().on_github().run(async |s| {
        let change = s.noted_change("jo", &claude("Retry"), &note_of("claude", "1-12")).await;
        s.without_note(&s.head(&change));
        s.look_again(&change).await;
        s.expect_held(&change, "Attribution to `claude` in the authorship note of commit");
        s.expect_says(&change, "wrote 12 lines");
        assert_eq!(s.found().await, [format!("attribution_removed #{}", change.number)]);
    });
}
