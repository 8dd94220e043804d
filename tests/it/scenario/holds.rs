//! A change request by somebody who may approve holds the change, across its heads, until it is lifted.

use seconder::sandbox::{NewCommit, Opinion};

use crate::world::{Change, REPOSITORY, Scene, World, claude};

const HELD: &str = "Held: kim asked for changes";

impl Scene {
    /// An assisted change that ana approved, and on which kim asked for changes. Also the number of kim's review.
    async fn held_change(&self) -> (Change, u64) {
        let change = self.assisted_change().await;
        self.approve("ana", &change).await;
        let request = self.request_changes("kim", &change).await;
        self.expect_held(&change, HELD);
        (change, request)
    }

    async fn dismiss(&self, login: &str, change: &Change, review: u64) {
        self.forge.dismiss(&self.who(login), REPOSITORY, change.number, review, "Done.");
        self.quiet().await;
    }
}

#[test]
fn neither_its_author_nor_the_opener_nor_an_admin_lifts_it_by_dismissing_it() {
    for login in ["kim", "jo", "keeper"] {
        World::new().on_github().run(async |s| {
            let (change, request) = s.held_change().await;
            s.dismiss(login, &change, request).await;
            s.expect_held(&change, "The review was dismissed; that does not lift the request.");
            s.push("jo", &change, "Retry three times").await;
            s.approve("ana", &change).await;
            s.expect_held(&change, HELD);
            // Its author lifts it with a word of her own.
            s.approve("kim", &change).await;
            s.expect_pass(&change);
        });
    }
}

#[test]
fn a_comment_of_its_author_does_not_lift_it() {
    World::new().run(async |s| {
        let (change, _) = s.held_change().await;
        s.review("kim", &change, Opinion::Comment, None).await;
        s.expect_held(&change, HELD);
    });
}

#[test]
fn asking_its_author_for_another_review_does_not_lift_it() {
    World::new().run(async |s| {
        let (change, _) = s.held_change().await;
        s.forge.request_review(&s.who("jo"), REPOSITORY, change.number, &s.who("kim"));
        s.look_again(&change).await;
        s.expect_held(&change, HELD);
    });
}

#[test]
fn closing_and_reopening_or_another_base_does_not_lift_it() {
    World::new().run(async |s| {
        let (change, _) = s.held_change().await;
        s.forge.close(&s.who("jo"), REPOSITORY, change.number);
        s.forge.reopen(&s.who("jo"), REPOSITORY, change.number);
        s.quiet().await;
        s.approve("ana", &change).await;
        s.expect_held(&change, HELD);
        s.branch("scratch");
        s.retarget("jo", &change, "scratch").await;
        s.retarget("jo", &change, "main").await;
        s.approve("ana", &change).await;
        s.expect_held(&change, HELD);
    });
}

#[test]
fn pushing_everything_away_that_it_was_about_does_not_lift_it() {
    World::new().run(async |s| {
        let (change, _) = s.held_change().await;
        let other = NewCommit::new(claude("Something else")).file("src/else.rs", "// else\n");
        s.force_push("jo", &change, other).await;
        s.approve("ana", &change).await;
        s.expect_held(&change, HELD);
    });
}

#[test]
fn nor_does_an_update_from_the_base_that_its_author_asked_for() {
    World::new().run(async |s| {
        let (change, _) = s.held_change().await;
        s.put("main", "src/other.rs", "// other\n").await;
        s.forge.update_branch(&s.who("kim"), REPOSITORY, change.number);
        s.quiet().await;
        s.approve("ana", &change).await;
        s.expect_held(&change, HELD);
        s.approve("kim", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn it_ends_with_the_account_of_its_author() {
    World::new().run(async |s| {
        let (change, _) = s.held_change().await;
        s.forge.delete_account(&s.who("kim"));
        s.look_again(&change).await;
        // Nobody is left to ask, and what is left of the account qualifies for nothing.
        s.expect_pass(&change);
    });
}

#[test]
fn it_ends_when_its_author_leaves_the_directory_and_comes_back_with_her() {
    World::new().run(async |s| {
        let (change, _) = s.held_change().await;
        s.tiers(&[("junior", &["jo", "sam"]), ("senior", &["ana", "lee"]), ("principal", &["pat"])]).await;
        s.expect_pass(&change);
        s.tiers(&[("junior", &["jo", "sam"]), ("senior", &["ana", "lee", "kim"]), ("principal", &["pat"])]).await;
        s.expect_held(&change, HELD);
    });
}

#[test]
fn it_ends_when_its_author_is_demoted_below_what_the_rules_ask() {
    World::new().run(async |s| {
        let (change, _) = s.held_change().await;
        s.tiers(&[("junior", &["jo", "sam"]), ("mid", &["kim"]), ("senior", &["ana"]), ("principal", &["pat"])]).await;
        s.expect_pass(&change);
    });
}

#[test]
fn one_by_somebody_who_may_not_approve_begins_to_hold_when_he_may() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.request_changes("mia", &change).await;
        s.expect_pass(&change);
        s.tiers(&[("junior", &["jo"]), ("senior", &["ana", "mia"]), ("principal", &["pat"])]).await;
        s.expect_held(&change, "Held: mia asked for changes");
    });
}

#[test]
fn whoever_ranked_above_its_author_does_so_no_more_when_she_is_promoted() {
    World::new().run(async |s| {
        let (change, _) = s.held_change().await;
        s.approve("pat", &change).await;
        s.expect_pass(&change);
        s.tiers(&[("junior", &["jo"]), ("senior", &["lee"]), ("principal", &["pat", "kim"])]).await;
        s.expect_held(&change, HELD);
    });
}

#[test]
fn a_contributor_holds_like_anybody_and_cannot_approve() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.push("kim", &change, "Retry five times").await;
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        s.request_changes("kim", &change).await;
        s.expect_held(&change, HELD);
        // What was her own word, she may take back; it makes no approval of it.
        s.approve("kim", &change).await;
        s.expect_pass(&change);
        s.expect_says(&change, "contributed to this change (pusher)");
    });
}

#[test]
fn of_two_who_would_lift_it_a_contributor_is_none() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.push("lee", &change, "Retry five times").await;
        s.request_changes("kim", &change).await;
        s.approve("ana", &change).await;
        s.approve("lee", &change).await;
        s.expect_held(&change, HELD);
        s.approve("pat", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn two_who_may_lift_it_on_the_present_head_only() {
    World::new().run(async |s| {
        let (change, _) = s.held_change().await;
        // Ana's approval was before it was asked for.
        s.approve("lee", &change).await;
        s.expect_held(&change, HELD);
        let old = s.head(&change);
        s.push("jo", &change, "Retry three times").await;
        s.approve("ana", &change).await;
        s.expect_held(&change, HELD);
        if !s.is_gitlab() {
            s.review("lee", &change, Opinion::Approve, Some(&old)).await;
            s.expect_held(&change, HELD);
        }
        s.approve("lee", &change).await;
        s.expect_pass(&change);
        // The next push voids the approvals that lifted it.
        s.push("jo", &change, "Retry four times").await;
        s.expect_held(&change, HELD);
    });
}

#[test]
fn its_authors_latest_word_lifts_it_whichever_head_it_was_about_and_approves_no_other() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        let old = s.head(&change);
        s.push("jo", &change, "Retry three times").await;
        s.request_changes("kim", &change).await;
        s.expect_held(&change, HELD);
        s.review("kim", &change, Opinion::Approve, Some(&old)).await;
        s.expect_refused(&change, "kim", "given for another commit");
        s.expect_held(&change, "Needs 1 approval");
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn one_on_an_earlier_head_of_which_no_delivery_told_is_found_by_the_next_read() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.expect_refusals();
        s.forge.faults().lose_webhooks(1);
        s.request_changes("kim", &change).await;
        s.push("jo", &change, "Retry three times").await;
        s.expect_held(&change, HELD);
        s.approve("ana", &change).await;
        s.expect_held(&change, HELD);
    });
}

#[test]
fn two_change_requests_are_lifted_one_by_one() {
    World::new().run(async |s| {
        let (change, _) = s.held_change().await;
        s.request_changes("lee", &change).await;
        s.approve("kim", &change).await;
        s.expect_held(&change, "Held: lee asked for changes");
        s.approve("lee", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a_second_account_speaks_for_the_same_person() {
    World::new().second_account("kim", "kim-at-home").run(async |s| {
        let (change, _) = s.held_change().await;
        s.approve("kim-at-home", &change).await;
        s.expect_pass(&change);
        s.request_changes("kim-at-home", &change).await;
        s.expect_held(&change, "Held: kim-at-home asked for changes");
    });
}
