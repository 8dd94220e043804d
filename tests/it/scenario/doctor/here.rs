//! The configuration, the store, the directory and the floor.

use std::os::unix::fs::PermissionsExt as _;

use seconder::cli::doctor::{Asked, Severity};
use seconder::config::{Config, NamedText, OrganisationPolicy};

use super::{bad, only, the};
use crate::world::World;

#[test]
fn a_secret_that_can_be_guessed_is_found_and_not_said() {
    World::new().on_github().run(async |s| {
        for weak in ["hunter2", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] {
            let mut config = s.sound_config();
            config.github[0].webhook_secrets.push(weak.to_owned().into());
            let findings = s.doctor_with(&config, &Asked::default()).await;
            let found = only(&findings, Severity::Warning, "webhook-secret", "number 2 can be guessed");
            assert!(!format!("{found:?}").contains(weak));
            assert!(the(&findings, "webhook-rotation").found.contains("2 webhook secrets"));
        }
    });
}

#[test]
fn a_key_that_everybody_can_read_is_found() {
    World::new().on_github().run(async |s| {
        // Not in the story's folder, which is nobody else's.
        let folder = tempfile::tempdir_in("/tmp").unwrap();
        let open = |path: &std::path::Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        open(folder.path(), 0o755);
        let key = folder.path().join("app.pem");
        std::fs::write(&key, "").unwrap();
        let asked = Asked { secret_files: vec![key.clone()], ..Asked::default() };
        open(&key, 0o644);
        let findings = s.doctor_with(&s.sound_config(), &asked).await;
        let found = only(&findings, Severity::Warning, "secret-file", "app.pem (644)");
        assert!(found.remedy.unwrap().contains("chmod 600"));
        open(&key, 0o640);
        assert!(bad(&s.doctor_with(&s.sound_config(), &asked).await).is_empty());
    });
}

#[test]
fn an_address_without_encryption_is_a_warning() {
    World::new().on_github().run(async |s| {
        let config = Config { public_url: "http://seconder.invalid".to_owned(), ..s.sound_config() };
        let findings = s.doctor_with(&config, &Asked::default()).await;
        assert_eq!(the(&findings, "public-url").severity, Severity::Warning);
    });
}

#[test]
fn a_store_that_cannot_be_used_is_an_error_and_none_yet_is_not() {
    World::new().on_github().run(async |s| {
        let with = |url: String| Config { store_url: url.into(), ..s.sound_config() };
        let private = std::fs::Permissions::from_mode(0o700);
        let folder = tempfile::Builder::new().permissions(private).tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("seconder.db").display());
        let findings = s.doctor_with(&with(url.clone()), &Asked::default()).await;
        assert!(bad(&findings).is_empty());
        assert!(the(&findings, "store").found.contains("there is none yet"));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "it was made");
        std::fs::write(folder.path().join("seconder.db"), "This is no database, and long enough to see it.").unwrap();
        let findings = s.doctor_with(&with(url), &Asked::default()).await;
        only(&findings, Severity::Error, "store", "not a database");
        let findings = s.doctor_with(&with("mysql:x".to_owned()), &Asked::default()).await;
        only(&findings, Severity::Error, "store", "neither sqlite nor postgres");
    });
}

#[test]
fn a_directory_that_cannot_be_used_is_said_with_its_line() {
    World::new().on_github().run(async |s| {
        let mut config = s.sound_config();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("directory.yml");
        config.directory_files = vec![file.clone()];
        let findings = s.doctor_with(&config, &Asked::default()).await;
        only(&findings, Severity::Error, "directory-file", "No such file");
        std::fs::write(&file, "version: 1\ntiers: [junior, senior]\npeople:\n- { id: jo, acounts: [] }\n").unwrap();
        let findings = s.doctor_with(&config, &Asked::default()).await;
        let found = bad(&findings);
        assert_eq!((found.len(), found[0].id), (1, "directory-file"), "{found:?}");
        assert!(found[0].found.contains("directory.yml:4:"), "{}", found[0].found);
        std::fs::write(&file, "version: 1\ntiers: [junior, senior]\n").unwrap();
        let findings = s.doctor_with(&config, &Asked::default()).await;
        only(&findings, Severity::Warning, "directory-tenant", "nobody with an account who counts for acme");
    });
}

#[test]
fn logins_are_looked_up() {
    let directory = "version: 1\ntiers: [junior, senior]\npeople:\n\
        - { id: ana, accounts: [{ host: \"${host}\", login: ana }] }\n\
        - { id: kim, accounts: [${kim}] }\n\
        - { id: gone, accounts: [{ host: \"${host}\", login: gone }] }\n\
        groups:\n- { id: seniors, vouched: true, members: [ana, kim] }\n\
        tier_rules:\n- { id: are-senior, groups: [seniors], tier: senior }\n";
    World::new().on_github().directory(directory).run(async |s| {
        s.who("ana");
        let findings = s.doctor().await;
        only(&findings, Severity::Warning, "directory-login", "knows nobody by the name of gone");
        assert!(the(&findings, "directory-pin").found.ends_with(": ana"), "{:?}", the(&findings, "directory-pin"));
    });
}

#[test]
fn a_floor_that_cannot_be_used_is_an_error() {
    World::new().on_github().run(async |s| {
        let text = "version: 1\nrules:\n- { name: a, require: { approvals: 1, tier: \">= staff\" } }\n".to_owned();
        let floor = Some(NamedText { name: "floor.yml".to_owned(), text });
        let config = Config { floor, ..s.sound_config() };
        let findings = s.doctor_with(&config, &Asked::default()).await;
        only(&findings, Severity::Error, "policy-floor", "floor.yml:3:");
    });
}

#[test]
fn an_organisation_policy_that_is_required_has_to_be_there() {
    World::new().on_github().run(async |s| {
        let config = Config { organisation_policy: OrganisationPolicy::Required, ..s.sound_config() };
        let findings = s.doctor_with(&config, &Asked::default()).await;
        only(&findings, Severity::Error, "policy-organisation", "the App sees no repository acme/.github");
        s.forge.repository("acme/.github");
        let ruleset = s.forge.require_check("acme/.github", "main", "seconder", Some(s.forge.app().id));
        let findings = s.doctor_with(&config, &Asked::default()).await;
        only(&findings, Severity::Error, "policy-organisation", "acme/.github holds no seconder.yml");
        s.write_to("acme/.github", "main", "seconder.yml", "version: 1\nrulez: []\n").await;
        only(&s.doctor().await, Severity::Error, "policy-organisation", "seconder.yml:2:1: unknown key `rulez`");
        s.write_to("acme/.github", "main", "seconder.yml", "version: 1\nmode: enforce\n").await;
        assert!(bad(&s.doctor_with(&config, &Asked::default()).await).is_empty());
        s.forge.remove_ruleset(ruleset);
        s.quiet().await;
    });
}

#[test]
fn a_rule_that_nobody_can_satisfy_is_found_wherever_it_stands() {
    let rule =
        |tier: &str| format!("version: 1\nrules:\n- {{ name: a, require: {{ approvals: 2, tier: \">= {tier}\" }} }}\n");
    World::new().on_github().run(async |s| {
        // There is one principal.
        let floor = Some(NamedText { name: "floor.yml".to_owned(), text: rule("principal") });
        let findings = s.doctor_with(&Config { floor, ..s.sound_config() }, &Asked::default()).await;
        only(&findings, Severity::Warning, "policy-reach", "only 1 person in the directory could satisfy this rule");
        s.put("main", ".github/seconder.yml", &rule("principal")).await;
        let found = s.expect_only(Severity::Warning, "policy-reach", "only 1 person").await;
        assert_eq!(found.about, crate::world::REPOSITORY);
        s.put("main", ".github/seconder.yml", &rule("senior")).await;
        assert!(bad(&s.doctor().await).is_empty());
    });
}
