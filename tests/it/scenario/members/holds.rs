//! Many who join or leave a group at once wait for somebody to look.

use std::fmt::Write as _;
use std::path::PathBuf;

use seconder::cli::doctor::Severity;

use super::{GROUP, STRANGER, crowd, directory};
use crate::cli::process::seconder;
use crate::world::{Scene, World};

impl Scene {
    /// A configuration file for commands beside the server.
    fn config_file(&self) -> PathBuf {
        let mut text = String::from("[server]\npublic_url = \"https://seconder.example\"\n");
        let store = self.store_file().unwrap();
        writeln!(text, "[store]\nurl = \"sqlite:{}\"", store.display()).unwrap();
        let folder = store.parent().unwrap();
        writeln!(text, "[directory]\nfiles = [\"{}\"]", folder.join("directory.yml").display()).unwrap();
        let (url, token, signing) = (self.forge.web_url(), self.forge.bot_token(), self.forge.signing_token());
        writeln!(
            text,
            "[[gitlab]]\nurl = \"{url}\"\ntoken = \"{token}\"\nwebhook_signing_tokens = [\"{signing}\"]\nowners = [\"acme\"]"
        )
        .unwrap();
        let path = folder.join("seconder.toml");
        std::fs::write(&path, text).unwrap();
        path
    }

    /// What `seconder directory accept` says, and whether it let something through.
    fn accept(&self, more: &[&str]) -> (bool, String) {
        let config = self.config_file();
        let mut arguments = vec!["directory", "accept", "seniors"];
        arguments.extend(more);
        let output = seconder(&arguments).arg("--config").arg(config).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(said).unwrap())
    }
}

fn digest_in(said: &str) -> String {
    let words: Vec<&str> = said.split_whitespace().collect();
    let at = words.iter().position(|word| *word == "--config").unwrap_or_else(|| panic!("{said}"));
    words[at - 1].to_owned()
}

#[test]
fn many_who_join_at_once_wait_until_somebody_lets_them_through() {
    World::new().on_gitlab().directory(&directory("")).run(async |s| {
        s.seniors(&["ana", "kim"]).await;
        let change = s.assisted_change().await;
        assert_eq!(s.accept(&[]), (false, "Nothing is held of `seniors`.\n".to_owned()));
        s.join_silently(&crowd(6));
        s.members_are_read().await;
        s.approve("senior-3", &change).await;
        s.expect_refused(&change, "senior-3", STRANGER);
        let metrics = s.metrics.encode().unwrap();
        assert!(metrics.contains("seconder_directory_group_held{group=\"seniors\"} 1"), "{metrics}");

        let (done, said) = s.accept(&[]);
        assert!(!done && said.contains("6 would join, 0 would leave."), "{said}");
        assert!(said.contains(&s.who("senior-3").id.to_string()), "{said}");
        let digest = digest_in(&said);
        assert!(s.accept(&["0000000000"]).1.contains("Another reading"));
        assert!(s.accept(&["12"]).1.contains("too short"));
        // What has come since is not what was looked at.
        s.join_silently(&["late".to_owned()]);
        s.members_are_read().await;
        let (done, said) = s.accept(&[&digest]);
        assert!(!done && said.contains("Another reading"), "{said}");
        s.expect_refused(&change, "senior-3", STRANGER);

        let digest = digest_in(&s.accept(&[]).1);
        let (done, said) = s.accept(&[&digest]);
        assert!(done && said.contains("9 members"), "{said}");
        s.engine.reload_directory().await;
        s.quiet().await;
        s.approve("senior-3", &change).await;
        s.expect_pass(&change);
        s.members_are_read().await;
        s.expect_pass(&change);
        let metrics = s.metrics.encode().unwrap();
        assert!(metrics.contains("seconder_directory_group_held{group=\"seniors\"} 0"), "{metrics}");
    });
}

#[test]
fn many_who_join_one_by_one_wait_as_well_and_those_who_leave_do_not() {
    World::new().on_gitlab().directory(&directory("")).run(async |s| {
        s.seniors(&["ana", "kim"]).await;
        for login in crowd(5) {
            s.seniors(&[login.as_str()]).await;
        }
        let change = s.assisted_change().await;
        s.seniors(&["one-more"]).await;
        s.approve("one-more", &change).await;
        s.expect_refused(&change, "one-more", STRANGER);
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        s.leaves("ana").await;
        s.expect_refused(&change, "ana", STRANGER);
        s.approve("senior-4", &change).await;
        s.expect_pass(&change);
        // Within the hour those who join are counted together; one at a later time is not many.
        s.minutes_pass(61).await;
        s.forge.remove_role(GROUP, &s.who("senior-4"));
        s.members_are_read().await;
        s.approve("one-more", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn many_who_leave_at_once_stay_until_somebody_lets_them_go_and_vouch_for_nobody_for_ever() {
    World::new().on_gitlab().directory(&directory("")).run(async |s| {
        let all = crowd(10);
        s.forge.team(&s.organisation("acme"), "seniors", &[]);
        s.join_silently(&all);
        s.members_are_read().await;
        let change = s.assisted_change().await;
        s.approve("senior-0", &change).await;
        s.expect_pass(&change);
        for login in &all[..6] {
            s.forge.remove_role(GROUP, &s.who(login));
        }
        s.members_are_read().await;
        s.expect_pass(&change);
        let findings = s.doctor().await;
        let held = findings.0.iter().find(|found| found.id == "directory-group-held").unwrap();
        assert_eq!(held.severity, Severity::Error);
        assert!(held.found.contains("0 joined and 6 left"), "{held:?}");
        assert!(held.remedy.as_ref().unwrap().contains("seconder directory accept seniors"), "{held:?}");
        s.hours_pass(49).await;
        s.members_are_read().await;
        s.expect_refused(&change, "senior-0", STRANGER);
        let digest = digest_in(&s.accept(&[]).1);
        assert!(s.accept(&[&digest]).0);
        s.engine.reload_directory().await;
        s.quiet().await;
        s.expect_refused(&change, "senior-0", STRANGER);
        s.approve("senior-9", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a_group_that_no_tier_rests_on_is_held_as_well() {
    // A policy may ask for its members all the same.
    let text = directory("").replace("tier_rules:\n- { id: are-senior, groups: [seniors], tier: senior }\n", "");
    World::new().on_gitlab().directory(&text).run(async |s| {
        s.seniors(&["ana"]).await;
        s.join_silently(&crowd(20));
        s.members_are_read().await;
        assert_eq!(s.members().await, 1);
    });
}

#[test]
fn doctor_says_how_it_is_with_each_group() {
    World::new().on_gitlab().directory(&directory("")).run(async |s| {
        let the = async |id: &str| {
            let findings = s.doctor().await;
            let found = findings.0.iter().find(|found| found.id == id).cloned();
            found.unwrap_or_else(|| panic!("nothing about {id}: {findings:#?}"))
        };
        assert_eq!(the("directory-group").await.severity, Severity::Warning, "it was never read");
        assert_eq!(the("directory-group-missing").await.severity, Severity::Error);
        s.seniors(&["ana"]).await;
        let sound = the("directory-group").await;
        assert!(sound.severity == Severity::Ok && sound.found.contains("1 member of"), "{sound:?}");
        s.forge.rename_group(GROUP, "leads");
        assert!(the("directory-group-renamed").await.found.contains("is called acme/leads now"));
        s.forge.delete_group("acme/leads");
        assert_eq!(the("directory-group-missing").await.severity, Severity::Error);
        s.seniors(&["kim"]).await;
        let replaced = the("directory-group-replaced").await;
        assert!(replaced.remedy.unwrap().contains(&s.forge.group_id(GROUP).to_string()));
        s.forge.advance(jiff::SignedDuration::from_hours(49));
        assert_eq!(the("directory-group-old").await.severity, Severity::Error);
    });
}
