//! Several rules at once, and policies in trouble.

use seconder::sandbox::NewCommit;

use super::read;
use crate::world::World;

const RULES: &str = "version: 1\nrules:\n- { name: two-people, require: { approvals: 2 } }\n\
                     - { name: principals, require: { tier: '>= principal' } }\n";

#[test]
fn of_several_rules_names_the_fewest_approvals_that_can_do() {
    World::new().on_github().run(async |s| {
        s.policy(RULES).await;
        let change = s.assisted_change().await;
        assert_eq!(s.title(&change), "Needs 2 or more approvals for 3 rules");
        s.approve("sam", &change).await;
        assert_eq!(s.title(&change), "Needs 1 or more approvals for 3 rules");
        s.approve("ana", &change).await;
        assert_eq!(s.title(&change), "Needs 1 approval for principals");
        insta::assert_snapshot!(read(s, &change), @r"
        [action_required] Needs 1 approval for principals
        ### Rules
        - `ai-needs-senior` (`built-in policy`): satisfied by 1 approval.
        - `two-people` (`.github/seconder.yml`): satisfied by 2 approvals.
        - `principals` (`.github/seconder.yml`): 0 of 1 approvals by qualifying reviewers.
        ### Next step
        - **Contributors**: ask a qualifying reviewer who had no part in this change to review `HEAD`.
        - **Reviewers**: submit an approving review of `HEAD`, or comment `/seconder approve HEAD` on a line of its own; a new push needs a new one.
        ### Approvals that count
        - @sam approved `HEAD`: counts for `two-people`; does not meet `ai-needs-senior`, `principals`.
        - @ana approved `HEAD`: counts for `ai-needs-senior`, `two-people`; does not meet `principals`.
        ### Assistance: assisted
        - `claude` in message of commit `HEAD`, line 3: `Co-Authored-By: Claude <noreply@anthropic.com>` (attributed)
        ");
    });
}

#[test]
fn of_a_rule_that_nobody_can_satisfy_does_not_send_people_for_approvals() {
    World::new().on_github().run(async |s| {
        s.policy("version: 1\nrules: [{ name: sre, require: { groups: [sre] } }]\n").await;
        let change = s.change("jo").commit("Retry").open().await;
        insta::assert_snapshot!(read(s, &change), @r"
        [action_required] Too few people can satisfy sre
        ### Rules
        - `sre` (`.github/seconder.yml`): 0 of 1 approvals by qualifying reviewers. **Nobody in the directory can satisfy it**: an organisation admin has to look at the rule.
        ### Assistance: none
        - No sign of AI assistance was found. That does not prove that none was used.
        ");
        // Nor does the title count approvals that cannot be enough.
        let assisted = s.assisted_change().await;
        assert_eq!(s.title(&assisted), "Too few people can satisfy sre");
    });
}

#[test]
fn of_a_policy_that_cannot_be_used() {
    World::new().on_github().run(async |s| {
        s.policy(&RULES.replace("approvals", "aprovals")).await;
        let change = s.assisted_change().await;
        insta::assert_snapshot!(read(s, &change), @r"
        [action_required] Policy cannot be used: .github/seconder.yml line 3
        ### In the way
        - `.github/seconder.yml` cannot be used. Line 3, column 34: `unknown key 'aprovals' (on branch 'main')`. To mend it: `did you mean 'approvals'?`.
        ### Rules
        - `ai-needs-senior` (`built-in policy`): 0 of 1 approvals by qualifying reviewers.
        ### Next step
        - **Maintainers**: mend the policy file. A change that makes it valid, and touches nothing else, can pass meanwhile.
        - **Contributors**: ask a qualifying reviewer who had no part in this change to review `HEAD`.
        - **Reviewers**: submit an approving review of `HEAD`, or comment `/seconder approve HEAD` on a line of its own; a new push needs a new one.
        ### Assistance: assisted
        - `claude` in message of commit `HEAD`, line 3: `Co-Authored-By: Claude <noreply@anthropic.com>` (attributed)
        ");
    });
}

#[test]
fn of_a_change_that_would_break_the_policy() {
    World::new().on_github().run(async |s| {
        let broken =
            NewCommit::new("Ask for more").file(s.policy_file(), RULES.replace("approvals", "aprovals"));
        let change = s.change("ana").with(broken).open().await;
        insta::assert_snapshot!(read(s, &change), @r"
        [action_required] Would break the policy: .github/seconder.yml line 3
        ### In the way
        - With this change, `.github/seconder.yml` could not be used. Line 3, column 34: `unknown key 'aprovals'`. To mend it: `did you mean 'approvals'?`.
        ### Rules
        - `guarded-files` (`built in`): 0 of 1 approvals by qualifying reviewers. The change touches `.github/seconder.yml`, which decides what this check, or an agent, may do.
        ### Next step
        - **Contributors**: correct the policy file in this change.
        ### Assistance: none
        - No sign of AI assistance was found. That does not prove that none was used.
        ");
    });
}

#[test]
fn of_a_directory_that_is_too_old() {
    World::new().on_github().run(async |s| {
        let text = "version: 1\ntiers: [junior, senior]\nmax_age: 48h\npeople: [{ id: ana, accounts: [${ana}] }]\n";
        s.new_directory(text).await;
        s.new_directory("").await;
        s.hours_pass(49).await;
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        insta::assert_snapshot!(read(s, &change), @r"
        [action_required] The directory is too old to vouch for anybody
        ### In the way
        - The directory is older than it may be, so it vouches for nobody. An organisation admin has to bring it up to date.
        ### Rules
        - `ai-needs-senior` (`built-in policy`): 0 of 1 approvals by qualifying reviewers. **Nobody in the directory can satisfy it**: an organisation admin has to look at the rule.
        ### Approvals that do not count
        - @ana approved `HEAD`: the directory is too old to vouch for anybody.
        ### Assistance: assisted
        - `claude` in message of commit `HEAD`, line 3: `Co-Authored-By: Claude <noreply@anthropic.com>` (attributed)
        ");
    });
}

#[test]
fn of_a_preview_says_that_it_is_one() {
    World::new().on_github().floor(&format!("{RULES}mode: preview\n")).run(async |s| {
        let change = s.change("jo").commit("Retry").open().await;
        s.expect_no_check(&change);
        let preview = s.forge.check_run("acme/pay", &s.head(&change), "seconder-preview").unwrap();
        assert_eq!(preview.title.as_deref(), Some("Needs 2 or more approvals for 2 rules"));
        assert!(preview.summary.unwrap_or_default().starts_with("This is a preview: "));
    });
}
