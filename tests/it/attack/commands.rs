//! Attacks by comments: edited, deleted, replayed, reordered, written through Apps, or never said at all.

use jiff::SignedDuration;
use seconder::sandbox::{NewCommit, Opinion};
use serde_json::Value;

use crate::world::{Forged, REPOSITORY, Told, World};

#[test]
fn a01_a_writer_edits_a_seniors_old_comment_into_a_command() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        let comment = s.say("ana", &change, "Nice.").await;
        let line = format!("/seconder approve {}", s.short_head(&change));
        s.forge.edit_comment(&s.who("sam"), comment, &line);
        s.quiet().await;
        s.look_again(&change).await;
        s.expect_held(&change, "Needs 1 approval");
        s.expect_no_answer(&change, comment);
    });
}

#[test]
fn a01_a_command_that_is_edited_and_edited_back_is_void() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        let comment = s.approve_by_command("ana", &change).await;
        s.expect_pass(&change);
        let line = format!("/seconder approve {}", s.short_head(&change));
        let sam = s.who("sam");
        s.forge.edit_comment(&sam, comment, "Wait.");
        s.forge.edit_comment(&sam, comment, &line);
        s.quiet().await;
        s.expect_held(&change, "Needs 1 approval");
    });
}

#[test]
fn a01_an_edit_that_no_delivery_told_of_is_seen_by_the_next_read() {
    World::new().run(async |s| {
        s.expect_refusals();
        let change = s.assisted_change().await;
        let comment = s.approve_by_command("ana", &change).await;
        s.expect_pass(&change);
        s.forge.faults().lose_webhooks(1);
        s.forge.edit_comment(&s.who("ana"), comment, "I take that back.");
        s.quiet().await;
        s.look_again(&change).await;
        s.expect_held(&change, "Needs 1 approval");
    });
}

#[test]
fn a01_whoever_deletes_an_approval_takes_it_away_and_no_redelivery_brings_it_back() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        let comment = s.approve_by_command("ana", &change).await;
        s.expect_pass(&change);
        let created = s.told(Told::Said);
        s.forge.delete_comment(&s.who("sam"), comment);
        s.quiet().await;
        if s.is_gitlab() {
            // Nobody is told of it; the next look finds out.
            s.look_again(&change).await;
            s.patience().await;
        }
        s.expect_held(&change, "Needs 1 approval");
        let signature = Some(s.signature("another-id", &created));
        let again = Forged { told: Told::Said, guid: "another-id", body: &created, signature };
        assert_eq!(s.send(again).await, 202);
        s.expect_held(&change, "Needs 1 approval");
    });
}

#[test]
fn a01_a_redelivery_of_the_creation_does_not_undo_an_edit() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        let comment = s.approve_by_command("ana", &change).await;
        let created = s.told(Told::Said);
        s.forge.edit_comment(&s.who("ana"), comment, "Not yet.");
        s.quiet().await;
        let signature = Some(s.signature("another-id", &created));
        let again = Forged { told: Told::Said, guid: "another-id", body: &created, signature };
        assert_eq!(s.send(again).await, 202);
        s.expect_held(&change, "Needs 1 approval");
    });
}

#[test]
fn a01_deleting_or_editing_a_hold_does_not_lift_it() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve_by_command("ana", &change).await;
        let first = s.say("kim", &change, "/seconder hold Freeze").await;
        s.expect_held(&change, "Freeze");
        s.forge.edit_comment(&s.who("sam"), first, "Fine.");
        s.quiet().await;
        s.look_again(&change).await;
        s.expect_held(&change, "Freeze");
        s.forge.delete_comment(&s.who("sam"), first);
        s.quiet().await;
        s.look_again(&change).await;
        s.expect_held(&change, "Freeze");
    });
}

#[test]
fn a01_deliveries_that_overtake_each_other_come_to_the_same() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        let line = format!("/seconder approve {}", s.short_head(&change));
        s.forge.faults().hold_webhooks();
        let edited = s.forge.comment(&s.who("ana"), REPOSITORY, change.number, &line);
        s.forge.edit_comment(&s.who("ana"), edited, "Not yet.");
        let deleted = s.forge.comment(&s.who("kim"), REPOSITORY, change.number, &line);
        s.forge.delete_comment(&s.who("kim"), deleted);
        s.forge.faults().release_webhooks(|order| order.reverse());
        s.patience().await;
        s.expect_held(&change, "Needs 1 approval");
    });
}

#[test]
fn a01_a_reversed_pair_counts_for_nothing_even_if_a_read_would_confirm_it() {
    World::new().run(async |s| {
        // The edit and its history were scrubbed, as those who run a forge can do: only the delivery told of it.
        let change = s.assisted_change().await;
        let line = format!("/seconder approve {}", s.short_head(&change));
        s.forge.faults().hold_webhooks();
        s.forge.comment(&s.who("ana"), REPOSITORY, change.number, &line);
        s.forge.faults().release_webhooks(|_| {});
        s.forge.settled().await;
        let mut edited: Value = serde_json::from_str(&s.told(Told::Said)).unwrap();
        if s.is_gitlab() {
            edited["object_attributes"]["action"] = "update".into();
        } else {
            edited["action"] = "edited".into();
            edited["changes"] = serde_json::json!({ "body": { "from": line } });
        }
        let body = edited.to_string();
        let signature = Some(s.signature("scrubbed", &body));
        let forged = Forged { told: Told::Said, guid: "scrubbed", body: &body, signature };
        assert_eq!(s.send(forged).await, 202);
        s.expect_held(&change, "Needs 1 approval");
    });
}

#[test]
fn a03_a_command_in_a_review_approves_nothing_before_or_after_an_edit() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        let line = format!("/seconder approve {}", s.short_head(&change));
        let ana = s.who("ana");
        let review = s.forge.review_saying(&ana, REPOSITORY, change.number, Opinion::Comment, None, &line);
        s.quiet().await;
        s.expect_held(&change, "Needs 1 approval");
        s.forge.edit_review(&s.who("sam"), REPOSITORY, change.number, review, &format!("{line}\n"));
        s.quiet().await;
        s.look_again(&change).await;
        s.expect_held(&change, "Needs 1 approval");
    });
}

#[test]
fn a07_a_push_that_races_a_command_without_a_commit_is_not_approved_by_it() {
    let floor = "version: 1
rules:
  - { name: ai-needs-senior, when: { assistance: \">= assisted\" }, require: { approvals: 1, tier: \">= senior\" } }
approve: { by: [review, command], sha: optional }
";
    for is_reversed in [false, true] {
        World::new().floor(floor).run(async |s| {
            let change = s.assisted_change().await;
            s.forge.advance(SignedDuration::from_hours(1));
            s.forge.faults().hold_webhooks();
            let (ana, jo) = (s.who("ana"), s.who("jo"));
            // The reviewer saw the old head for an hour; the push lands a second before the comment.
            s.forge.push(&jo, &change.home, &change.branch, NewCommit::new("Skip the ledger").file("a", "a\n"));
            s.forge.comment(&ana, REPOSITORY, change.number, "/seconder approve");
            s.forge.faults().release_webhooks(|order| {
                if is_reversed {
                    order.reverse();
                }
            });
            s.patience().await;
            s.expect_held(&change, "Needs 1 approval");
        });
    }
}

#[test]
fn a43_a_command_through_an_app_that_is_not_listed_approves_nothing() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        let agent = s.forge.another_app("helper");
        let line = format!("/seconder approve {}", s.short_head(&change));
        let ana = s.who("ana");
        let comment = s.forge.comment_via_app(&ana, agent.id, REPOSITORY, change.number, &line);
        s.quiet().await;
        s.expect_held(&change, "Needs 1 approval");
        assert_eq!(s.reactions(comment), ["confused"]);
        s.organisation_policy(&format!("version: 1\napprove: {{ apps: [{}] }}\n", agent.id)).await;
        s.forge.comment_via_app(&ana, agent.id, REPOSITORY, change.number, &line);
        s.quiet().await;
        s.expect_pass(&change);
    });
}

#[test]
fn a43_a_command_by_e_mail_approves_nothing() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        let line = format!("/seconder approve {}", s.short_head(&change));
        s.forge.comment_by_email(&s.who("ana"), REPOSITORY, change.number, &line);
        s.quiet().await;
        s.expect_held(&change, "Needs 1 approval");
    });
}

#[test]
fn a44_a_forged_creation_grants_nothing() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        // Somebody who knows the secret says that ana wrote what sam wrote, or that she wrote something else.
        let line = format!("/seconder approve {}", s.short_head(&change));
        s.say("sam", &change, "Nice.").await;
        s.say("ana", &change, "Nice.").await;
        // The newest is ana's, the one before is sam's.
        for (guid, genuine) in ["ana's", "sam's"].into_iter().zip(s.all_told(Told::Said).into_iter().rev()) {
            let mut payload: Value = serde_json::from_str(&genuine).unwrap();
            s.saying(&mut payload, &line);
            s.in_the_name_of(&mut payload, "ana");
            let body = payload.to_string();
            let signature = Some(s.signature(guid, &body));
            assert_eq!(s.send(Forged { told: Told::Said, guid, body: &body, signature }).await, 202);
            s.expect_held(&change, "Needs 1 approval");
        }
    });
}

#[test]
fn a44_a_comment_that_nobody_was_told_of_approves_nothing() {
    World::new().run(async |s| {
        s.expect_refusals();
        let change = s.assisted_change().await;
        s.forge.faults().lose_webhooks(1);
        s.approve_by_command("ana", &change).await;
        s.look_again(&change).await;
        s.expect_held(&change, "Needs 1 approval");
    });
}

#[test]
fn a44_the_creation_of_a_comment_that_never_was_delays_a_little_and_grants_nothing() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.say("ana", &change, "Nice.").await;
        let mut payload: Value = serde_json::from_str(&s.told(Told::Said)).unwrap();
        s.saying(&mut payload, &format!("/seconder approve {}", s.short_head(&change)));
        if s.is_gitlab() {
            payload["object_attributes"]["id"] = 999_999.into();
        } else {
            payload["comment"]["id"] = 999_999.into();
            payload["comment"]["node_id"] = "IC_999999".into();
        }
        let body = payload.to_string();
        let signature = Some(s.signature("never-was", &body));
        let forged = Forged { told: Told::Said, guid: "never-was", body: &body, signature };
        assert_eq!(s.send(forged).await, 202);
        s.patience().await;
        s.expect_held(&change, "Needs 1 approval");
        s.approve_by_command("kim", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a01_a_strangers_no_to_ai_is_void_once_anybody_edited_it() {
    World::new().run(async |s| {
        s.expect_refusals();
        s.policy("version: 1\ndisclosure: { required: true }\n").await;
        let change = s.change("mallory").commit("Fix a typo").open().await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
        let comment = s.say("mallory", &change, "/seconder not-assisted By hand").await;
        s.expect_silent(&change, "Needs 1 approval for ai-needs-senior");
        s.forge.faults().lose_webhooks(1);
        s.forge.edit_comment(&s.who("sam"), comment, "/seconder not-assisted By hand, I swear");
        s.quiet().await;
        s.look_again(&change).await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
    });
}

#[test]
fn a01_tampering_with_anothers_command_is_found_and_changing_ones_own_is_not() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        let own = s.approve_by_command("kim", &change).await;
        s.forge.delete_comment(&s.who("kim"), own);
        assert_eq!(s.found().await, [""; 0]);
        let comment = s.approve_by_command("ana", &change).await;
        s.forge.edit_comment(&s.who("sam"), comment, "Wait.");
        assert_eq!(s.found().await, [format!("command_tampered #{} comment {comment}", change.number)]);
        assert_eq!(s.only_finding().await.by, s.pseudonym("sam").await);
        s.patience().await;
    });
}
