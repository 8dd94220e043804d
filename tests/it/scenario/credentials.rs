//! What the server works with at a GitLab and can lose: its token, and its webhooks.

use jiff::SignedDuration;
use serde_json::json;

use crate::sandbox::client::Client;
use crate::world::{PUBLIC_URL, World};

#[test]
fn when_the_token_ends_is_a_metric_that_is_fresh_within_the_hour() {
    World::new().on_gitlab().run(async |s| {
        let metric = |s: &crate::world::Scene| {
            let text = s.metrics.encode().unwrap();
            let line = text.lines().find(|line| line.starts_with("seconder_gitlab_token_expires_timestamp_seconds{"));
            line.map(str::to_owned)
        };
        assert_eq!(metric(s), None);
        let token = s.forge.bot_token();
        s.forge.expire_token(&token, "2030-05-01T00:00:00Z".parse().unwrap(), None);
        s.engine.look_at_tokens().await;
        let end = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_second().to_string();
        assert!(metric(s).unwrap().ends_with(&end("2030-05-01T00:00:00Z")), "{:?}", metric(s));
        // A new token is seen within the hour, and nothing is asked before.
        s.forge.expire_token(&token, "2031-05-01T00:00:00Z".parse().unwrap(), None);
        s.calls().await;
        s.engine.look_at_tokens().await;
        assert_eq!(s.calls_outside().len(), 0);
        s.forge.advance(SignedDuration::from_hours(1));
        s.engine.look_at_tokens().await;
        assert!(metric(s).unwrap().ends_with(&end("2031-05-01T00:00:00Z")), "{:?}", metric(s));
        s.quiet().await;
    });
}

#[test]
fn a_webhook_that_was_disabled_is_tested_and_works_again_where_the_bot_may_do_that() {
    World::new().on_gitlab().run(async |s| {
        // The server knows its webhooks by the address that it has in its configuration.
        let ours = format!("{PUBLIC_URL}/webhooks/gitlab");
        s.expect_refusals();
        s.forge.set_role("acme", &s.who("ana"), 50);
        let client = Client::with(&s.forge, s.forge.user_token(&s.who("ana")));
        let made = client.post("/api/v4/groups/acme/hooks", json!({ "url": ours, "push_events": false })).await;
        let hook = made.body["id"].as_u64().unwrap();
        s.forge.disable_hook(hook);
        // As Developer it is not shown webhooks: doctor tells people.
        s.forge.advance(SignedDuration::from_mins(6));
        s.engine.sweep().await;
        s.quiet().await;
        assert!(!s.metrics.encode().unwrap().contains("seconder_disabled_hooks_total{"));
        s.forge.set_role("acme", &s.forge.bot_account(), 50);
        s.forge.advance(SignedDuration::from_mins(6));
        s.engine.sweep().await;
        s.quiet().await;
        assert!(s.metrics.encode().unwrap().contains("seconder_disabled_hooks_total{result=\"revived\"} 1"));
        let tested = format!("/api/v4/groups/{}/hooks/{hook}/test/push_events", made.body["group_id"]);
        assert!(s.forge.calls().iter().any(|call| call.method == "POST" && call.path == tested));
    });
}
