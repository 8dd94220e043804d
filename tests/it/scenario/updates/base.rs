//! Updates from the base: whoever pressed the button had no hand in the change.

use seconder::sandbox::{Fault, Matching, NewCommit};

use crate::world::{Change, REPOSITORY, Scene, World, claude};

fn comparing() -> Matching {
    Matching::rest("GET", "/repos/acme/pay/compare/")
}

impl Scene {
    /// Somebody presses "Update branch", after `main` has moved.
    async fn update_branch(&self, login: &str, change: &Change) {
        let path = format!("src/other_{}.rs", self.forge.calls().len());
        self.put("main", &path, "// other\n").await;
        self.forge.update_branch(&self.who(login), REPOSITORY, change.number);
        self.quiet().await;
    }
}

#[test]
fn a_reviewer_who_pressed_update_branch_can_still_approve() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("kim", &change).await;
        s.update_branch("kim", &change).await;
        s.expect_refused(&change, "kim", "given for another commit");
        s.approve("kim", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn nor_does_it_when_it_is_read_before_it_is_told() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.put("main", "src/other.rs", "// other\n").await;
        s.forge.faults().hold_webhooks();
        s.forge.update_branch(&s.who("kim"), REPOSITORY, change.number);
        s.engine.catch_up().await;
        s.engine.run_until_idle().await.unwrap();
        s.forge.faults().release_webhooks(|_| {});
        s.patience().await;
        s.approve("kim", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn nor_does_a_second_update_or_a_later_push_of_the_author_make_her_a_contributor() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.update_branch("kim", &change).await;
        s.push("jo", &change, "Retry three times").await;
        s.update_branch("kim", &change).await;
        s.approve("kim", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a_reviewer_who_updated_the_branch_of_a_fork_can_still_approve() {
    World::new().on_github().run(async |s| {
        let change = s.change("jo").in_a_fork().open().await;
        s.update_branch("kim", &change).await;
        s.approve("kim", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn what_else_she_did_counts_all_the_same() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.push("kim", &change, "Retry five times").await;
        s.update_branch("kim", &change).await;
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", "contributed to this change (pusher)");
    });
}

#[test]
fn what_she_did_before_and_pushed_away_counts_as_well() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.push("kim", &change, "Retry five times").await;
        let clean = NewCommit::new(claude("Retry failed payments, again")).file("src/retry.rs", "// again\n");
        s.force_push("jo", &change, clean).await;
        s.update_branch("kim", &change).await;
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", "contributed to this change (pusher)");
    });
}

#[test]
fn a_junior_who_updates_a_seniors_change_does_not_make_it_a_juniors() {
    World::new().on_github().run(async |s| {
        let change = s.change("kim").open().await;
        s.expect_pass(&change);
        s.update_branch("jo", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn an_update_costs_two_calls_once_and_only_if_it_matters_who_pressed_the_button() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.put("main", "src/other.rs", "// other\n").await;
        s.calls().await;
        s.forge.update_branch(&s.who("jo"), REPOSITORY, change.number);
        assert_eq!(s.calls().await.len(), 2, "the author's own: a read and a write");
        s.put("main", "src/more.rs", "// more\n").await;
        s.calls().await;
        s.forge.update_branch(&s.who("kim"), REPOSITORY, change.number);
        let calls = s.calls().await;
        let compared = calls.iter().filter(|call| call.path.contains("/compare/")).count();
        assert_eq!((calls.len(), compared), (4, 2), "a read, two differences, and a write");
        s.approve("kim", &change).await;
        assert_eq!(s.calls().await.len(), 2, "commits do not change");
        s.expect_pass(&change);
    });
}

#[test]
fn where_the_base_changed_the_same_file_the_update_is_a_push_like_any_other() {
    World::new().on_github().run(async |s| {
        s.put("main", "src/file_0.rs", "// one\n").await;
        let change = s.assisted_change().await;
        s.put("main", "src/file_0.rs", "// two\n").await;
        let both = [("src/file_0.rs", "// two\n// Retry failed payments\n")];
        s.forge.resolve_conflicts(&s.who("kim"), REPOSITORY, change.number, &both);
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", "contributed to this change (pusher)");
    });
}

#[test]
fn a_difference_too_large_to_show_proves_nothing() {
    World::new().on_github().run(async |s| {
        let mut large = NewCommit::new(claude("Retry failed payments"));
        for n in 0..301 {
            large = large.file(format!("src/retry_{n}.rs"), "// retry\n");
        }
        let change = s.change("jo").with(large).open().await;
        s.update_branch("kim", &change).await;
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", "contributed to this change (pusher)");
    });
}

#[test]
fn nor_does_one_with_files_that_are_no_text() {
    World::new().on_github().run(async |s| {
        let logo = NewCommit::new(claude("Draw a logo")).file("logo.png", "\u{0}logo");
        let change = s.change("jo").with(logo).open().await;
        s.update_branch("kim", &change).await;
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", "contributed to this change (pusher)");
    });
}

#[test]
fn a_forge_that_stumbles_over_the_difference_is_asked_again() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.put("main", "src/other.rs", "// other\n").await;
        s.forge.faults().next(1, comparing(), Fault::Status(502));
        s.forge.update_branch(&s.who("kim"), REPOSITORY, change.number);
        s.patience().await;
        s.approve("kim", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn one_that_never_gives_it_does_not_keep_the_change_from_being_judged() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.put("main", "src/other.rs", "// other\n").await;
        s.forge.faults().next(20, comparing(), Fault::Status(500));
        s.forge.update_branch(&s.who("kim"), REPOSITORY, change.number);
        s.patience().await;
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", "contributed to this change (pusher)");
    });
}
