//! Policies that cannot be used, are gone, or cannot be read: never a way to a green check.

use seconder::sandbox::NewCommit;

use super::{rules, two_people};
use crate::world::World;

const TYPO: &str = "version: 1\nrules:\n- name: own\n  require: { aprovals: 2 }\n";

#[test]
fn a_broken_repository_policy_is_an_error_shown_at_its_line() {
    World::new().on_github().run(async |s| {
        let change = s.change("jo").commit("Retry").open().await;
        s.expect_pass(&change);
        s.policy(TYPO).await;
        s.expect_held(&change, &format!("Policy cannot be used: {} line 4", s.policy_file()));
        let check = s.check(&change);
        let [annotation] = check.annotations.as_slice() else { panic!("{:?}", check.annotations) };
        assert_eq!(annotation["path"], ".github/seconder.yml");
        assert_eq!((annotation["start_line"].as_u64(), annotation["start_column"].as_u64()), (Some(4), Some(14)));
        assert_eq!(annotation["annotation_level"], "failure");
        let message = annotation["message"].as_str().unwrap();
        assert!(message.contains("aprovals") && message.contains("approvals"), "{message}");
        s.approve("ana", &change).await;
        s.expect_held(&change, "Policy cannot be used");
        s.policy(&two_people("own")).await;
        s.expect_held(&change, "Needs 1 approval for own");
    });
}

#[test]
fn a_broken_policy_of_the_organisation_or_of_the_base_is_an_error() {
    World::new().on_github().run(async |s| {
        s.new_branch("release/1").await;
        s.forge.require_check("acme/pay", "release/1", "seconder", Some(s.forge.app().id));
        let change = s.change("jo").commit("Retry").open().await;
        let released = s.change("sam").commit("Retry there").to("release/1").open().await;
        s.policy_on("release/1", TYPO).await;
        s.expect_held(&released, &format!("Policy cannot be used: {} line 4", s.policy_file()));
        s.expect_pass(&change);
        s.organisation_policy(TYPO).await;
        s.expect_held(&change, "Policy cannot be used: .github:seconder.yml line 4");
        assert!(s.check(&change).annotations.is_empty(), "the file is not in this repository");
    });
}

#[test]
fn a_required_organisation_policy_that_is_missing_is_an_error() {
    World::new().requires_organisation_policy().run(async |s| {
        let change = s.change("jo").commit("Retry").open().await;
        s.expect_held(&change, "the organisation has no policy, and this server requires one");
        s.organisation_policy(&rules("- { name: all, require: { approvals: 1 } }\n")).await;
        s.expect_held(&change, "Needs 1 approval for all");
    });
}

#[test]
fn an_organisation_policy_that_was_there_and_is_gone_is_an_error() {
    World::new().run(async |s| {
        let change = s.change("jo").commit("Retry").open().await;
        s.expect_pass(&change);
        s.organisation_policy(&two_people("all")).await;
        s.expect_held(&change, "Needs 2 approvals for all");
        s.organisation_policy("").await;
        s.expect_held(&change, "the organisation had a policy, and it is gone");
        s.organisation_policy("version: 1\n").await;
        s.expect_pass(&change);
    });
}

#[test]
fn an_organisation_policy_that_the_app_may_not_read_any_more_is_an_error() {
    World::new().on_github().run(async |s| {
        s.organisation_policy(&two_people("all")).await;
        let change = s.change("jo").commit("Retry").open().await;
        s.expect_held(&change, "Needs 2 approvals for all");
        s.forge.select_repositories(&s.organisation("acme"), &["acme/pay"]);
        s.push("jo", &change, "Retry three times").await;
        s.expect_held(&change, "the organisation had a policy, and it is gone");
    });
}

#[test]
fn a_policy_that_is_no_file_or_too_large_is_an_error() {
    World::new().on_github().run(async |s| {
        let change = s.change("jo").commit("Retry").open().await;
        s.policy(&format!("version: 1\n# {}\n", "x".repeat(600_000))).await;
        s.expect_held(&change, &format!("Policy cannot be used: {}", s.policy_file()));
        s.policy("").await;
        s.expect_pass(&change);
        s.write("acme/pay", "main", ".github/seconder.yml/README.md", "A folder now\n").await;
        s.expect_held(&change, "is not a file");
    });
}

#[test]
fn a_policy_that_names_a_tier_which_the_directory_does_not_know_is_an_error() {
    World::new().run(async |s| {
        s.policy(&rules("- { name: own, require: { tier: '>= senor' } }\n")).await;
        let change = s.assisted_change().await;
        s.expect_held(&change, "unknown tier 'senor'");
        s.expect_held(&change, "did you mean 'senior'");
        s.policy(&rules("- { name: own, require: { tier: '>= senior' } }\n")).await;
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a_policy_breaks_when_the_directory_drops_a_tier_that_it_names() {
    let with = "version: 1\ntiers: [junior, senior, staff]\npeople:\n- { id: jo, accounts: [${jo}] }\n";
    World::new().directory(with).run(async |s| {
        s.policy(&rules("- { name: own, require: { tier: '>= staff' } }\n")).await;
        let change = s.change("jo").commit("Retry").open().await;
        s.expect_held(&change, "Too few people can satisfy own");
        s.new_directory(&with.replace(", staff", "")).await;
        s.expect_held(&change, "unknown tier 'staff'");
        // The floor names `senior`: a directory without it is not taken over.
        s.new_directory(&with.replace("senior", "elder")).await;
        s.expect_held(&change, "unknown tier 'staff'");
    });
}

#[test]
fn a_change_that_would_break_the_policy_is_an_error() {
    World::new().on_github().run(async |s| {
        s.policy(&rules("- { name: own, when: { assistance: autonomous }, require: { approvals: 1 } }\n")).await;
        let breaking = NewCommit::new("Ask for two").file(s.policy_file(), TYPO);
        let change = s.change("ana").with(breaking).open().await;
        s.approve("kim", &change).await;
        s.expect_held(&change, &format!("Would break the policy: {} line 4", s.policy_file()));
        assert_eq!(s.check(&change).annotations[0]["start_line"], 4);
        let mending = NewCommit::new("Spell it right").file(s.policy_file(), two_people("own"));
        s.push_commit("ana", &change, mending).await;
        s.approve("kim", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a_change_that_only_mends_a_broken_policy_passes_under_floor_and_organisation() {
    World::new().run(async |s| {
        s.organisation_policy(&rules("- { name: of-all, require: { approvals: 2 } }\n")).await;
        s.policy(TYPO).await;
        let mending = NewCommit::new("Spell it right").file(s.policy_file(), two_people("own"));
        let change = s.change("ana").with(mending).open().await;
        s.expect_held(&change, "`guarded-files`");
        s.approve("kim", &change).await;
        s.expect_held(&change, "Needs 1 approval for of-all");
        s.approve("lee", &change).await;
        s.expect_pass(&change);
        let more = NewCommit::new("And something else").file("src/lib.rs", "// more\n");
        s.push_commit("ana", &change, more).await;
        s.approve("kim", &change).await;
        s.approve("lee", &change).await;
        s.expect_held(&change, &format!("Policy cannot be used: {} line 4", s.policy_file()));
    });
}

#[test]
fn annotations_stand_once_and_go_when_they_hold_no_more() {
    World::new().on_github().run(async |s| {
        s.policy("version: 1\nrulse: []\n").await;
        let change = s.assisted_change().await;
        let first = s.check(&change);
        assert_eq!(first.annotations.len(), 1, "{:?}", first.annotations);
        // What the check says changes, its annotations do not.
        s.approve("ana", &change).await;
        let second = s.check(&change);
        assert_ne!((first.summary, first.external_id), (second.summary, second.external_id.clone()));
        assert_eq!((second.id, &second.annotations), (first.id, &first.annotations));

        s.policy("version: 1\nmode: preveiw\n").await;
        let other = s.check(&change);
        assert_eq!(other.annotations.len(), 1, "{:?}", other.annotations);
        assert_ne!(other.annotations, second.annotations);
        s.policy("").await;
        assert_eq!(s.check(&change).annotations.len(), 0);
        s.expect_pass(&change);
    });
}
