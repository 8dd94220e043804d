//! Deliveries that are forged, replayed, late, doubled, lost, or for somebody else.

use std::collections::BTreeSet;

use serde_json::Value;

use seconder::sandbox::{NewCommit, Outcome};

use crate::world::{Forged, REPOSITORY, Scene, Told, World, sign};

#[test]
fn a44_a_forged_delivery_is_refused_and_leaves_nothing_behind() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.calls().await;
        let body = s.told(Told::Opened);
        let wrong = sign("a guess", &body);
        let for_other_bytes = s.signature("forged-2", "{}");
        let empty = if s.is_gitlab() { "v1," } else { "sha256=" }.to_owned();
        let forgeries = [None, Some(wrong), Some(for_other_bytes), Some(empty), Some("sha1=00".to_owned())];
        for (i, signature) in forgeries.into_iter().enumerate() {
            let guid = format!("forged-{i}");
            let forged = Forged { told: Told::Opened, guid: &guid, body: &body, signature };
            assert_eq!(s.send(forged).await, 401);
        }
        assert_eq!(s.calls().await.len(), 0, "nothing was looked at");
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
    });
}

#[test]
fn a44_a_delivery_whose_words_are_false_grants_nothing() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        // Even somebody who knows the secret only makes us look again.
        s.approve("sam", &change).await;
        let mut payload: Value = serde_json::from_str(&s.told(Told::Approved)).unwrap();
        s.in_the_name_of(&mut payload, "ana");
        let body = payload.to_string();
        let signature = Some(s.signature("false-words", &body));
        let forged = Forged { told: Told::Approved, guid: "false-words", body: &body, signature };
        assert_eq!(s.send(forged).await, 202);
        s.expect_refused(&change, "sam", "does not meet `ai-needs-senior`");
    });
}

#[test]
fn a44_a_replayed_delivery_changes_nothing() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        let approved = s.told(Told::Approved);
        s.push("jo", &change, "Skip the ledger").await;
        s.expect_held(&change, "given for another commit");
        for delivery in s.forge.deliveries() {
            s.forge.redeliver(delivery.id);
        }
        s.quiet().await;
        s.expect_held(&change, "given for another commit");
        // GitHub does not sign the delivery's id, so that anybody who saw the bytes can give them another.
        let signature = Some(s.signature("another-id", &approved));
        let replayed = Forged { told: Told::Approved, guid: "another-id", body: &approved, signature };
        assert_eq!(s.send(replayed).await, 202);
        s.expect_held(&change, "given for another commit");
    });
}

#[test]
fn a44_doubled_and_reversed_deliveries_come_to_the_same() {
    World::new().run(async |s| {
        s.forge.faults().double_webhooks(3);
        let change = s.assisted_change().await;
        s.forge.faults().hold_webhooks();
        let (kim, jo) = (s.who("kim"), s.who("jo"));
        s.forge.push(&kim, &change.home, &change.branch, NewCommit::new("Five times").file("src/a.rs", "// a\n"));
        s.forge.push(&jo, &change.home, &change.branch, NewCommit::new("Six times").file("src/b.rs", "// b\n"));
        s.forge.review(&kim, REPOSITORY, change.number, seconder::sandbox::Opinion::Approve, None);
        s.forge.faults().release_webhooks(|order| order.reverse());
        s.quiet().await;
        s.expect_refused(&change, "kim", "contributed to this change (pusher)");
    });
}

#[test]
fn a44_a_delivery_of_no_installation_is_refused() {
    World::new().on_github().run(async |s| {
        s.assisted_change().await;
        let mut payload: Value = serde_json::from_str(&s.told(Told::Opened)).unwrap();
        payload.as_object_mut().unwrap().remove("installation");
        let body = payload.to_string();
        let signature = Some(s.signature("no-installation", &body));
        let forged = Forged { told: Told::Opened, guid: "no-installation", body: &body, signature };
        assert_eq!(s.send(forged).await, 400);
    });
}

/// How deliveries about changes and branches were answered whose payload holds this.
fn answers(s: &Scene, holds: &str) -> BTreeSet<(&'static str, u16)> {
    let deliveries = s.forge.deliveries().into_iter().filter(|one| one.body.contains(holds));
    let answered = deliveries.filter_map(|one| {
        let event = ["pull_request", "push"].into_iter().find(|event| *event == one.event)?;
        let Outcome::Answered(status) = one.outcome else { panic!("{event} was not answered: {:?}", one.outcome) };
        Some((event, status))
    });
    answered.collect()
}

#[test]
fn a44_an_owner_who_is_not_served_gets_nothing() {
    World::new().on_github().run(async |s| {
        s.expect_refusals();
        s.forge.repository("mallory-inc/pay");
        let mallory = s.who("mallory");
        s.forge.push(&mallory, "mallory-inc/pay", "work", NewCommit::new("x").file("a", "a\n"));
        let pull = seconder::sandbox::OpenPull::new("work", "x");
        s.forge.open_pull(&mallory, "mallory-inc/pay", pull);
        s.quiet().await;
        assert_eq!(answers(s, "mallory-inc/pay"), [("pull_request", 403), ("push", 403)].into());
        assert_eq!(s.calls().await.len(), 0, "nothing is asked in that owner's name");
    });
}

#[test]
fn a44_an_organisation_that_takes_over_a_served_login_is_not_served() {
    World::new().on_github().run(async |s| {
        let acme = s.forge.organization("acme");
        s.assisted_change().await;
        s.forge.rename_account(&acme, "acme-old");
        s.expect_refusals();
        s.forge.repository("acme/pay");
        let other = s.forge.organization("acme");
        assert_ne!(other.id, acme.id);
        s.change("jo").open().await;
        let answers = answers(s, &format!("\"id\":{}", other.id));
        assert_eq!(answers, [("pull_request", 403), ("push", 403)].into());
    });
}

#[test]
fn a06_a_lost_push_to_our_own_branch_does_not_hide_its_pusher() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        let commit = NewCommit::new("Five times").by("jo <jo@example.com>").file("src/a.rs", "// a\n");
        s.forge.faults().lose_webhooks(usize::MAX / 2);
        s.push_commit("kim", &change, commit).await;
        s.forge.faults().lose_no_more_webhooks();
        s.expect_refusals();
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", "contributed to this change (pusher)");
    });
}

#[test]
fn a06_a_lost_push_below_the_head_does_not_hide_its_pusher_either() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        let commit = NewCommit::new("Five times").by("jo <jo@example.com>").file("src/a.rs", "// a\n");
        s.forge.faults().lose_webhooks(usize::MAX / 2);
        s.push_commit("kim", &change, commit).await;
        s.forge.faults().lose_no_more_webhooks();
        s.expect_refusals();
        s.push("jo", &change, "Six times").await;
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", "contributed to this change (pusher)");
    });
}

#[test]
fn a06_a_lost_push_to_a_fork_does_not_hide_its_pusher_or_leaves_an_unknown_contributor() {
    World::new().run(async |s| {
        let change = s.change("jo").in_a_fork().open().await;
        s.forge.faults().lose_webhooks(usize::MAX / 2);
        let commit = NewCommit::new("Five times").by("jo <jo@example.com>").file("src/a.rs", "// a\n");
        s.push_commit("kim", &change, commit).await;
        s.forge.faults().lose_no_more_webhooks();
        s.expect_refusals();
        s.approve("kim", &change).await;
        if s.is_gitlab() {
            // GitLab itself noted it on the merge request.
            s.expect_refused(&change, "kim", "contributed to this change (pusher)");
        } else {
            s.expect_held(&change, "Nobody saw who pushed this commit");
        }
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}
