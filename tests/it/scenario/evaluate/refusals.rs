//! Changes about which there is nothing to say, and what cannot be asked.

use jiff::SignedDuration;
use seconder::cli::evaluate::Asked;
use seconder::sandbox::{Fault, Matching, Reset};

use super::{asked, text};
use crate::world::{REPOSITORY, Scene, World};

impl Scene {
    async fn expect_not_evaluated(&self, asked: &Asked, says: &str) {
        let error = self.evaluate(asked).await.unwrap_err();
        assert!(format!("{error:#}").contains(says), "{error:#}");
    }
}

#[test]
fn a_change_that_is_not_open_is_said_to_be_closed() {
    World::new().on_github().run(async |s| {
        let (closed, merged) = (s.assisted_change().await, s.change("kim").open().await);
        s.forge.close(&s.who("jo"), REPOSITORY, closed.number);
        s.approve("ana", &merged).await;
        s.forge.merge(&s.who("kim"), REPOSITORY, merged.number).unwrap();
        s.quiet().await;
        for (change, outcome, says) in [(closed, "closed", "It is closed."), (merged, "merged", "It was merged.")] {
            let report = s.evaluate(&asked(change.number)).await.unwrap();
            assert_eq!((report.outcome(), report.passes()), (outcome, false));
            assert!(text(&report).contains(says), "{}", text(&report));
            assert!(report.to_json()["check"].is_null());
        }
    });
}

#[test]
fn a_base_that_nothing_governs_is_named() {
    World::new().on_github().run(async |s| {
        s.branch("sketch");
        let change = s.change("jo").to("sketch").open().await;
        let report = s.evaluate(&asked(change.number)).await.unwrap();
        assert_eq!((report.outcome(), report.passes()), ("ungoverned", false));
        assert!(text(&report).contains("Its base branch `sketch` is not governed"), "{}", text(&report));
    });
}

#[test]
fn what_is_not_there_is_said_in_clear_words() {
    World::new().on_github().run(async |s| {
        s.expect_not_evaluated(&asked(99), "acme/pay has no change #99").await;
        let elsewhere = |repo: &str| Asked { repo: repo.to_owned(), ..asked(1) };
        s.expect_not_evaluated(&elsewhere("acme/nowhere"), "acme/nowhere does not exist on 127.0.0.1").await;
        s.expect_refusals();
        s.forge.repository("other/pay");
        s.expect_not_evaluated(&elsewhere("other/pay"), "other is not among the `owners`").await;
        let host = Asked { host: Some("ghe.example.com".to_owned()), ..asked(1) };
        s.expect_not_evaluated(&host, "--host: ghe.example.com is not configured; the configuration has 127.0.0.1")
            .await;
        s.forge.suspend(&s.organisation("acme"));
        s.expect_not_evaluated(&asked(1), "the App's installation on acme is suspended").await;
        s.forge.unsuspend(&s.organisation("acme"));
        s.quiet().await;
    });
}

#[test]
fn trouble_on_the_way_is_an_error_and_changes_nothing() {
    World::new().on_github().impatient().run(async |s| {
        let change = s.assisted_change().await;
        let asked = asked(change.number);
        let until = s.forge.now() + SignedDuration::from_mins(10);
        let named = until.strftime("%Y-%m-%dT%H:%M").to_string();
        for (fault, says) in [
            (Fault::Status(401), "check the App's id and private key"),
            (Fault::Status(500), "failed for now"),
            (Fault::ConnectionLost, "the connection broke"),
            (Fault::PrimaryLimit(Reset(until)), named.as_str()),
        ] {
            s.forge.faults().next(1, Matching::rest("GET", "/repos/acme/pay/installation"), fault);
            s.expect_not_evaluated(&asked, says).await;
            s.forge.faults().clear();
        }
        let mut config = s.config();
        config.github[0].api_url = "http://127.0.0.1:1".to_owned();
        let error = s.evaluate_with(&config, &asked).await.unwrap_err();
        assert!(format!("{error:#}").contains("GitHub cannot be reached"), "{error:#}");
        s.forge.advance(SignedDuration::from_mins(11));
    });
}
