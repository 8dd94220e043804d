//! What commands cost in calls to the forge.

use seconder::sandbox::Call;

use crate::world::{REPOSITORY, World};

/// Calls in a few words: an operation, or a method and the kind of thing.
fn named(calls: &[Call]) -> Vec<&str> {
    let kind = |path: &str| match path {
        path if path.ends_with("/reactions") => "reaction",
        path if path.ends_with("/comments") => "comment",
        path if path.contains("/check-runs") => "check",
        _ => "something else",
    };
    calls.iter().map(|call| call.operation().unwrap_or_else(|| kind(&call.path))).collect()
}

#[test]
fn a_command_costs_a_read_a_check_and_a_reaction() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.calls().await;
        s.approve_by_command("ana", &change).await;
        assert_eq!(named(&s.calls().await), ["Change", "check", "reaction"]);
        s.expect_pass(&change);
    });
}

#[test]
fn a_refused_command_costs_a_reply_more() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.calls().await;
        s.say("ana", &change, "/seconder frobnicate").await;
        assert_eq!(named(&s.calls().await), ["Change", "reaction", "comment"]);
    });
}

#[test]
fn a_strangers_command_costs_a_read() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.calls().await;
        s.approve_by_command("mallory", &change).await;
        assert_eq!(named(&s.calls().await), ["Change"]);
    });
}

#[test]
fn comments_without_commands_cost_nothing_and_leave_nothing_behind() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.calls().await;
        let mia = s.who("mia");
        for i in 0..300 {
            s.forge.comment(&mia, REPOSITORY, change.number, &format!("Thought {i}. See https://acme.example/seconds"));
        }
        let comment = s.say("mia", &change, "> /seconder approve\n\nDid you mean it?").await;
        s.forge.edit_comment(&mia, comment, "Never mind.");
        s.forge.delete_comment(&mia, comment);
        assert_eq!(named(&s.calls().await), [""; 0]);
        s.approve_by_command("ana", &change).await;
        assert_eq!(named(&s.calls().await), ["Change", "check", "reaction"]);
        assert_eq!(s.store.commands(&s.key(&change)).await.unwrap().len(), 1);
        s.expect_pass(&change);
    });
}

#[test]
fn a_thousand_commands_of_strangers_make_no_read_dearer() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.calls().await;
        let (mallory, line) = (s.who("mallory"), format!("/seconder approve {}", s.short_head(&change)));
        s.forge.faults().hold_webhooks();
        for _ in 0..200 {
            s.forge.comment(&mallory, REPOSITORY, change.number, &line);
        }
        s.forge.faults().release_webhooks(|_| {});
        let calls = s.calls().await;
        assert!(named(&calls).iter().all(|call| *call == "Change"), "{:?}", named(&calls));
        s.approve_by_command("ana", &change).await;
        let calls = s.calls().await;
        assert_eq!(named(&calls), ["Change", "check", "reaction"]);
        let asked = &calls[0].request.as_ref().unwrap()["variables"]["commentIds"];
        assert_eq!(asked.as_array().unwrap().len(), 1, "only hers can count");
        s.expect_pass(&change);
    });
}

#[test]
fn no_number_of_strangers_comments_keeps_the_openers_answer_from_being_read() {
    World::new().on_github().run(async |s| {
        let change = s.change("visitor").in_a_fork().open().await;
        s.say("visitor", &change, "/seconder not-assisted Typed by hand").await;
        for _ in 0..21 {
            s.forge.comment(&s.who("mallory"), REPOSITORY, change.number, "/seconder not-assisted x");
        }
        s.calls().await;
        s.say("visitor", &change, "/seconder why").await;
        let calls = s.calls().await;
        let read = calls.iter().find(|call| call.operation() == Some("Change")).unwrap();
        let asked = &read.request.as_ref().unwrap()["variables"]["commentIds"];
        assert_eq!(asked.as_array().unwrap().len(), 1, "only the opener's can count");
    });
}
