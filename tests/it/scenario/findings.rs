//! What somebody should look at: other people's writes under our name, rules that let changes past, merges without us.

mod gitlab;
mod merges;
mod pushes;
mod removed;
mod rules;

use crate::world::{REPOSITORY, World};

#[test]
fn somebody_elses_status_of_our_name_is_found_and_costs_nothing() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        let head = s.head(&change);
        s.calls().await;
        s.forge.set_status(&s.who("jo"), REPOSITORY, &head, "seconder", "success");
        s.forge.set_status(&s.who("jo"), REPOSITORY, &head, "ci/build", "success");
        assert!(s.calls().await.is_empty());
        assert_eq!(s.found().await, [format!("foreign_status {head}")]);
        assert_eq!(s.only_finding().await.by, s.pseudonym("jo").await);
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
    });
}

#[test]
fn the_same_thing_again_is_counted_and_a_redelivery_is_not() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        for _ in 0..3 {
            s.forge.set_status(&s.who("jo"), REPOSITORY, &s.head(&change), "seconder", "success");
        }
        s.quiet().await;
        for delivery in s.forge.deliveries() {
            s.forge.redeliver(delivery.id);
        }
        assert_eq!(s.only_finding().await.count, 3);
    });
}

#[test]
fn another_apps_check_of_our_name_is_found_and_ours_is_not() {
    World::new().on_github().run(async |s| {
        let other = s.forge.another_app("green-machine");
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        assert_eq!(s.found().await, [""; 0]);
        let head = s.head(&change);
        s.calls().await;
        s.forge.report_check(&other, REPOSITORY, &head, "seconder", "failure");
        s.forge.report_check(&other, REPOSITORY, &head, "build", "success");
        assert!(s.calls().await.is_empty());
        assert_eq!(s.found().await, [format!("foreign_check {head}")]);
        assert_eq!(s.only_finding().await.by, Some(format!("app:{}", other.id)));
        s.expect_pass(&change);
    });
}

#[test]
fn what_stands_on_a_head_is_put_right_when_the_head_moves_on() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.forge.set_status(&s.who("jo"), REPOSITORY, &s.head(&change), "seconder", "failure");
        assert_eq!(s.found().await.len(), 1);
        s.push("jo", &change, "Retry three times").await;
        assert_eq!(s.found().await, [""; 0]);
    });
}

#[test]
fn findings_are_counted_in_the_metrics() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        for _ in 0..2 {
            s.forge.set_status(&s.who("jo"), REPOSITORY, &s.head(&change), "seconder", "success");
        }
        s.forge.merge_anyway(&s.who("pat"), REPOSITORY, change.number).unwrap();
        s.quiet().await;
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let text = http.get(format!("{}/metrics", s.url)).send().await.unwrap().text().await.unwrap();
        for line in [
            "seconder_findings_total{kind=\"foreign_status\"} 2",
            "seconder_open_findings{kind=\"foreign_status\"} 0",
            "seconder_findings_total{kind=\"merged_without_pass\"} 1",
            "seconder_open_findings{kind=\"merged_without_pass\"} 1",
        ] {
            assert!(text.lines().any(|one| one == line), "no {line} in:\n{text}");
        }
    });
}
