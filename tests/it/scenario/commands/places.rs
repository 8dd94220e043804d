//! Commands where none is obeyed: in reviews, on lines, in edited comments.

use seconder::sandbox::Opinion;

use crate::world::{REPOSITORY, World};

#[test]
fn a_command_on_a_line_is_answered_with_the_line_to_repeat() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        let line = format!("/seconder approve {}", s.short_head(&change));
        let id = s.forge.line_comment(&s.who("ana"), REPOSITORY, change.number, "src/file_0.rs", &line);
        s.quiet().await;
        s.expect_sent_elsewhere(&change, "line-", id, &line);
        s.expect_sent_elsewhere(&change, "line-", id, "@ana");
        s.expect_held(&change, "Needs 1 approval");
    });
}

#[test]
fn a_command_in_a_review_is_answered_with_the_line_to_repeat() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        let text = "/seconder hold Freeze";
        let review = s.forge.review_saying(&s.who("ana"), REPOSITORY, change.number, Opinion::Comment, None, text);
        s.quiet().await;
        s.expect_sent_elsewhere(&change, "review-", review, text);
        s.expect_silent(&change, "Freeze");
        let again = s.say("ana", &change, text).await;
        s.expect_reaction(&change, again, "+1");
        s.expect_held(&change, "Freeze");
    });
}

#[test]
fn a_stranger_is_not_told_either() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        let line = format!("/seconder approve {}", s.short_head(&change));
        let mallory = s.who("mallory");
        s.forge.line_comment(&mallory, REPOSITORY, change.number, "src/file_0.rs", &line);
        s.forge.review_saying(&mallory, REPOSITORY, change.number, Opinion::Comment, None, &line);
        s.quiet().await;
        assert_eq!(s.replies(&change), [""; 0]);
        s.expect_held(&change, "Needs 1 approval");
    });
}

#[test]
fn a_bare_approve_in_a_review_is_another_tools_word() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.forge.review_saying(&s.who("ana"), REPOSITORY, change.number, Opinion::Comment, None, "/approve");
        s.quiet().await;
        assert_eq!(s.replies(&change), [""; 0]);
    });
}
