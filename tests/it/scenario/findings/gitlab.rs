//! What makes a GitLab wait is taken away or weakened. No delivery tells of it: it is found within the hour.

use seconder::sandbox::{Edition, VerdictJob};

use crate::world::{PUBLIC_URL, REPOSITORY, Scene, World};

/// The settings are looked at again.
async fn an_hour_passes(s: &Scene) {
    s.hours_pass(1).await;
}

#[test]
fn an_approval_rule_that_is_deleted_is_found_and_put_right_when_it_is_back() {
    World::new().on_gitlab().run(async |s| {
        let rule = s.forge.rulesets(REPOSITORY)[0];
        s.forge.delete_ruleset(&s.who("pat"), rule);
        an_hour_passes(s).await;
        assert_eq!(s.found().await, ["check_not_required main"]);
        assert_eq!(s.only_finding().await.by, None, "nobody saw who did it");
        s.forge.require_check(REPOSITORY, "main", "seconder", None);
        s.hours_pass(24).await;
        assert_eq!(s.found().await, [""; 0]);
        assert_eq!(s.store.findings(false, 10).await.unwrap().len(), 1, "it stays on record");
    });
}

#[test]
fn a_rule_that_somebody_else_can_satisfy_is_found() {
    World::new().on_gitlab().run(async |s| {
        let rule = s.forge.rulesets(REPOSITORY)[0];
        s.forge.set_role(REPOSITORY, &s.who("jo"), 30);
        s.forge.edit_approval_rule(rule, &[&s.forge.bot_account(), &s.who("jo")], 1);
        an_hour_passes(s).await;
        assert_eq!(s.found().await, ["check_not_required main"]);
    });
}

#[test]
fn a_bot_that_is_no_member_any_more_opens_the_gate_and_that_is_found() {
    World::new().on_gitlab().run(async |s| {
        s.forge.edit_approval_rule(s.forge.rulesets(REPOSITORY)[0], &[], 1);
        an_hour_passes(s).await;
        assert_eq!(s.found().await, ["check_not_required main"]);
    });
}

#[test]
fn a_verdict_job_that_a_skipped_pipeline_goes_past_or_that_nothing_waits_for_is_found() {
    World::new().on_edition(Edition::Free).run(async |s| {
        s.forge.verdict_job(REPOSITORY, VerdictJob::of(&s.url, PUBLIC_URL));
        // The push that made the job's project is to arrive while its signature is fresh.
        s.quiet().await;
        an_hour_passes(s).await;
        assert_eq!(s.found().await, [""; 0]);
        s.forge.project_setting(REPOSITORY, "allow_merge_on_skipped_pipeline", true);
        an_hour_passes(s).await;
        assert_eq!(s.found().await, ["check_not_pinned main"]);
        s.forge.project_setting(REPOSITORY, "only_allow_merge_if_pipeline_succeeds", false);
        an_hour_passes(s).await;
        assert_eq!(s.found().await, ["check_not_required main"]);
    });
}

#[test]
fn settings_are_read_once_an_hour_where_they_hold_changes_back_and_once_a_day_where_they_do_not() {
    World::new().on_gitlab().run(async |s| {
        let calls = async || s.calls().await.len();
        calls().await;
        an_hour_passes(s).await;
        assert_eq!(calls().await, 2);
        s.forge.delete_ruleset(&s.who("pat"), s.forge.rulesets(REPOSITORY)[0]);
        an_hour_passes(s).await;
        assert_eq!(calls().await, 2);
        an_hour_passes(s).await;
        assert_eq!(calls().await, 0);
        s.hours_pass(24).await;
        assert_eq!(calls().await, 2);
    });
}
