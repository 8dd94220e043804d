//! `seconder doctor` on a GitLab: all is well, and then exactly one thing is not.

use jiff::SignedDuration;
use seconder::cli::doctor::{Asked, Finding, Severity};
use seconder::config::{Config, OrganisationPolicy};
use seconder::sandbox::{Edition, NewCommit, Secrets};
use serde_json::{Value, json};

use super::{bad, only, the};
use crate::sandbox::client::{Answer, Client};
use crate::world::{REPOSITORY, Scene, World};

impl Scene {
    /// Nothing of what GitLab's defaults leave open is.
    fn lock_approvals(&self) {
        self.forge.approval_setting(REPOSITORY, "reset_approvals_on_push", true);
        self.forge.approval_setting(REPOSITORY, "merge_requests_disable_committers_approval", true);
    }

    /// What the doctor looks at is the server itself, whose hooks name it.
    fn names_itself(&self) {
        for place in ["acme", REPOSITORY] {
            for (hook, _) in self.forge.hooks(place) {
                self.forge.delete_hook(hook);
            }
        }
        self.forge.webhooks_to(format!("{}/webhooks/gitlab", self.url));
    }

    /// The bot is shown webhooks, as an Owner is.
    fn show_hooks(&self) {
        self.forge.set_role("acme", &self.forge.bot_account(), 50);
    }

    /// A call by the group's owner.
    async fn as_owner(&self, method: &str, path: &str, body: Value) -> Answer {
        let ana = self.who("ana");
        self.forge.set_role("acme", &ana, 50);
        let client = Client::with(&self.forge, self.forge.user_token(&ana));
        let url = format!("{}/api/v4{path}", client.base);
        let call = if method == "PUT" { client.http.put(url) } else { client.http.post(url) };
        let answer = client.send(call.json(&body)).await;
        assert!(answer.status < 300, "{}", answer.body);
        answer
    }
}

#[expect(clippy::needless_pass_by_value, reason = "a story is told where it is played")]
fn locked(world: World, story: impl AsyncFn(&mut Scene)) {
    world.run(async |s| {
        s.lock_approvals();
        s.names_itself();
        story(s).await;
    });
}

#[test]
fn where_all_is_well_there_is_no_warning() {
    locked(World::new().on_gitlab(), async |s| {
        s.assisted_change().await;
        let findings = s.doctor().await;
        assert_eq!(bad(&findings), Vec::<&Finding>::new());
        for id in ["gitlab-token", "clock", "server-version", "token-end", "required-check", "directory-file", "store"]
        {
            assert_eq!(the(&findings, id).severity, Severity::Ok, "{:?}", the(&findings, id));
        }
        assert_eq!(
            the(&findings, "required-check").found,
            "`main`: Enforced by an approval that only this bot can give."
        );
        // A Developer is not shown webhooks: that is not called sound.
        assert!(the(&findings, "webhook").found.starts_with("could not be checked"));
        s.show_hooks();
        assert_eq!(the(&s.doctor().await, "webhook").severity, Severity::Ok);
    });
}

#[test]
fn a_token_that_ends_soon_is_named_in_time() {
    locked(World::new().on_gitlab(), async |s| {
        let token = s.forge.bot_token();
        let ends_in = |days: i64| {
            let end = s.forge.now() + SignedDuration::from_hours(24 * days);
            s.forge.expire_token(&token, end, None);
        };
        ends_in(20);
        s.expect_only(Severity::Warning, "token-end", "the token ends on ").await;
        ends_in(5);
        s.expect_only(Severity::Error, "token-end", "in 5 days").await;
        s.forge.revoke_token(&token);
        s.expect_only(Severity::Error, "gitlab-token", "does not accept the token").await;
    });
}

#[test]
fn a_token_that_cannot_publish_is_an_error() {
    locked(World::new().on_gitlab(), async |s| {
        let mut config = s.sound_config();
        config.gitlab[0].token = s.forge.token_with(&s.forge.bot_account(), &["read_api"]).into();
        let findings = s.doctor_with(&config, &Asked::default()).await;
        only(&findings, Severity::Error, "token-scope", "read_api");
    });
}

#[test]
fn a_webhook_that_is_disabled_or_missing_or_deaf_is_an_error() {
    locked(World::new().on_gitlab(), async |s| {
        s.show_hooks();
        let (hook, url) = s.forge.hooks("acme")[0].clone();
        let edit = async |body: Value| {
            let body = json!({ "url": url, "note_events": body["note_events"], "enable_ssl_verification": true });
            s.as_owner("PUT", &format!("/groups/acme/hooks/{hook}"), body).await;
        };
        edit(json!({ "note_events": false })).await;
        s.expect_only(Severity::Error, "webhook-event", "is not told of note_events").await;
        edit(json!({ "note_events": true })).await;
        s.forge.webhook_secrets(Secrets::Token);
        s.expect_only(Severity::Warning, "webhook-unsigned", "no signing token").await;
        s.forge.webhook_secrets(Secrets::Signing);
        s.forge.disable_hook(hook);
        s.expect_only(Severity::Error, "webhook-disabled", "disabled the webhook").await;
        s.forge.delete_hook(hook);
        s.expect_only(Severity::Error, "webhook", "no webhook leads to").await;
    });
}

#[test]
fn a_rule_whose_only_approver_is_gone_is_an_error_as_gitlab_opens_it() {
    locked(World::new().on_gitlab(), async |s| {
        // An account that is no member can satisfy nothing.
        s.forge.approval_rule(REPOSITORY, "Seconder", &[&s.who("kim")], 1);
        let open = s.expect_only(Severity::Error, "approval-rule-open", "needs 1 approvals, and 0 accounts").await;
        assert!(open.why.unwrap().contains("takes a rule that cannot be satisfied as satisfied"));
        // Of a public project, the bot sees what everybody does when it is gone, and no rules.
        s.forge.remove_bot(REPOSITORY);
        let findings = s.doctor().await;
        assert_eq!(the(&findings, "bot-role").severity, Severity::Error);
        assert!(the(&findings, "required-check").found.contains("Advisory"));
    });
}

#[test]
fn each_setting_that_lets_the_rule_be_gone_around_is_named() {
    locked(World::new().on_gitlab(), async |s| {
        for (setting, danger, severity, id) in [
            ("disable_overriding_approvers_per_merge_request", false, Severity::Error, "approval-override"),
            ("reset_approvals_on_push", false, Severity::Error, "approvals-kept"),
            ("merge_requests_author_approval", true, Severity::Warning, "author-approval"),
            ("merge_requests_disable_committers_approval", false, Severity::Warning, "committer-approval"),
            ("require_reauthentication_to_approve", true, Severity::Error, "reauthentication"),
        ] {
            s.forge.approval_setting(REPOSITORY, setting, danger);
            s.expect_only(severity, id, "").await;
            s.forge.approval_setting(REPOSITORY, setting, !danger);
        }
        assert_eq!(bad(&s.doctor().await), Vec::<&Finding>::new());
    });
}

#[test]
fn a_branch_that_developers_can_push_to_is_an_error() {
    locked(World::new().on_gitlab(), async |s| {
        s.forge.let_developers_push(REPOSITORY, "main");
        s.expect_only(Severity::Error, "branch-open", "developers may push to `main`").await;
        s.forge.open_branch(REPOSITORY, "main");
        let findings = s.doctor().await;
        assert!(the(&findings, "branch-open").found.contains("is not protected"), "{findings:?}");
    });
}

#[test]
fn a_commit_status_alone_is_an_error_and_nothing_at_all_is_one_where_it_is_meant() {
    World::new().on_edition(Edition::Free).run(async |s| {
        s.names_itself();
        let found = s.expect_only(Severity::Error, "required-check", "every developer of the project").await;
        assert!(found.remedy.unwrap().contains("--verdict-job"));
        s.forge.project_setting(REPOSITORY, "only_allow_merge_if_pipeline_succeeds", false);
        s.expect_only(Severity::Warning, "required-check", "nothing in this project's settings").await;
        let named = Asked { repositories: vec!["Acme/Pay".to_owned()], ..Asked::default() };
        let findings = s.doctor_with(&s.sound_config(), &named).await;
        only(&findings, Severity::Error, "required-check", "nothing in this project's settings");
    });
}

#[test]
fn a_pipeline_that_may_be_skipped_goes_past_the_verdict_job() {
    World::new().on_edition(Edition::Free).run(async |s| {
        s.names_itself();
        s.forge.repository("acme/ci");
        s.forge.project_setting("acme/ci", "only_allow_merge_if_pipeline_succeeds", true);
        s.forge.project_setting("acme/ci", "ci_config_path", "seconder.yml@acme/locked");
        s.forge.project_setting(REPOSITORY, "ci_config_path", "seconder.yml@acme/ci");
        assert_eq!(bad(&s.doctor().await), Vec::<&Finding>::new());
        s.forge.project_setting(REPOSITORY, "allow_merge_on_skipped_pipeline", true);
        let findings = s.doctor().await;
        assert_eq!(the(&findings, "skipped-pipelines").severity, Severity::Error);
    });
}

#[test]
fn an_external_status_check_alone_is_an_error() {
    World::new().on_edition(Edition::Ultimate).run(async |s| {
        s.names_itself();
        s.lock_approvals();
        let checks = "/projects/acme%2Fpay/external_status_checks";
        let url = format!("{}/webhooks/gitlab", s.url);
        s.as_owner("POST", checks, json!({ "name": "seconder", "external_url": url })).await;
        assert_eq!(bad(&s.doctor().await), Vec::<&Finding>::new());
        let ana = Client::with(&s.forge, s.forge.user_token(&s.who("ana")));
        let rules = "/api/v4/projects/acme%2Fpay/approval_rules";
        for rule in ana.get(rules).await.body.as_array().unwrap() {
            let url = format!("{}{rules}/{}", ana.base, rule["id"]);
            assert_eq!(ana.send(ana.http.delete(url)).await.status, 204);
        }
        let findings = s.doctor().await;
        assert_eq!(the(&findings, "status-check-only").severity, Severity::Error);
    });
}

#[test]
fn a_policy_project_that_is_required_has_to_be_there() {
    locked(World::new().on_gitlab(), async |s| {
        let config = Config { organisation_policy: OrganisationPolicy::Required, ..s.sound_config() };
        let findings = s.doctor_with(&config, &Asked::default()).await;
        only(&findings, Severity::Error, "policy-project", "acme/seconder-policy with seconder.yml is not there");
        s.forge.repository("acme/seconder-policy");
        let ana = s.who("ana");
        let policy = NewCommit::new("Write the policy").file("seconder.yml", "version: 1\n");
        s.forge.push(&ana, "acme/seconder-policy", "main", policy);
        s.quiet().await;
        assert_eq!(the(&s.doctor_with(&config, &Asked::default()).await, "policy-project").severity, Severity::Ok);
    });
}

#[test]
fn a_project_that_is_not_there_is_an_error() {
    locked(World::new().on_gitlab(), async |s| {
        let named = Asked { repositories: vec!["acme/web/nowhere".to_owned()], ..Asked::default() };
        let findings = s.doctor_with(&s.sound_config(), &named).await;
        only(&findings, Severity::Error, "repository", "it does not exist");
    });
}
