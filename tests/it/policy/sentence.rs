use seconder::gate::policy::{explain_rule, explain_rule_discreetly, explain_settings};

use super::{policy, tiers};

fn explain(text: &str) -> String {
    let policy = policy(text);
    policy.rules.iter().map(|rule| explain_rule(rule, &tiers())).collect::<Vec<_>>().join("\n")
}

fn rule(body: &str) -> String {
    explain(&format!("version: 1\nrules: [{{ name: r, {body} }}]\n"))
}

#[test]
fn the_built_in_policy() {
    insta::assert_snapshot!(explain(seconder::gate::policy::schema::built_in()), @r"
    When the change is AI-assisted or its assistance is unknown, and its author's tier is below senior, 1 person of tier senior or above must approve.
    When the change was made by an agent, 1 person of tier senior or above must approve.
    ");
}

#[test]
fn every_condition() {
    insta::assert_snapshot!(rule("require: { approvals: 2 }"), @"For every change, 2 people must approve.");
    insta::assert_snapshot!(rule("when: { author_tier: \"= agent\" }, require: { tier: \"= mid\" }"), @"When the change's author's tier is agent, 1 person of tier mid must approve.");
    insta::assert_snapshot!(rule("when: { paths: [docs/] }, require: { write_access: true }"), @"When the change touches `docs/`, 1 person with write access must approve.");
    insta::assert_snapshot!(rule("when: { assistance: \"none\" }, require: { groups: [sre] }"), @"For every change, 1 person in group `sre` must approve.");
    let all = "when: { assistance: assisted, author_tier: \"<= mid\", paths: [a, b, c] }, require: { approvals: 2, \
        tier: \"> mid\", outranks_author: true, groups: [sre, dba], training: [x, y, z], write_access: true }";
    insta::assert_snapshot!(rule(all), @"When the change is AI-assisted, and its author's tier is mid or below, and it touches `a`, `b` or `c`, 2 people of tier above mid, in group `sre` or `dba`, trained in `x`, `y` and `z`, with write access and ranking above every contributor must approve.");
    insta::assert_snapshot!(rule("when: { paths: [a, b, c, d, e, f, g] }, require: { approvals: 1 }"), @"When the change touches one of 7 path patterns, 1 person must approve.");
}

#[test]
fn exemptions() {
    let of = |names: &[&str]| {
        let list: Vec<_> = names.iter().map(|name| format!("{{ name: {name}, accounts: [1] }}")).collect();
        let rule = "rules: [{ name: r, require: { approvals: 1 } }]";
        explain(&format!("version: 1\n{rule}\nexempt: [{}]\n", list.join(", ")))
    };
    insta::assert_snapshot!(of(&["lockfiles"]), @"For every change, 1 person must approve, unless the exemption `lockfiles` holds.");
    insta::assert_snapshot!(of(&["lockfiles", "bots"]), @"For every change, 1 person must approve, unless one of the exemptions `lockfiles` or `bots` holds.");
}

/// What the settings of this file mean, a line each.
fn settings(text: &str) -> String {
    let settings = explain_settings(&policy(&format!("version: 1\n{text}\n")), &tiers());
    settings.iter().map(|(key, sentence)| format!("{key}: {sentence}")).collect::<Vec<_>>().join("\n")
}

#[test]
fn settings_left_unsaid() {
    insta::assert_snapshot!(settings("mode: enforce"), @r"
    disclosure: Authors need not say whether they used AI tools; without evidence, there is no assistance.
    approve.by: People approve with a review or with `/seconder approve` in a comment.
    approve.sha: An approving command must name the commit.
    override: In an emergency, nobody may let a change pass without these approvals.
    suggestions: Whoever suggests lines that are applied to a change has a part in it, and cannot approve it.
    branches: Changes into the default branch and into every branch that requires the check are governed.
    mode: The check is published under the name that rulesets require.
    ");
}

#[test]
fn settings_all_said() {
    let rule = "rules: [{ name: r, require: { approvals: 1 } }, { name: s, require: { approvals: 2 } }]";
    let exempt = "exempt: [{ name: locks, accounts: [7, 8], paths: [\"**/*.lock\"] }, { name: bots, accounts: [9] }]";
    let others = "disclosure: { required: true }\napprove: { sha: optional, bare: true, apps: [11, 12] }\n\
        override: { by: { tier: \">= principal\" }, hours: 1 }\nsuggestions: { lines: 10 }\nbranches: [main, \"release/*\"]\n\
        mode: preview";
    insta::assert_snapshot!(settings(&format!("{rule}\n{exempt}\n{others}")), @r"
    disclosure: Authors must say whether they used AI tools; without an answer, the assistance is unknown.
    approve.by: People approve with a review or with `/seconder approve` in a comment.
    approve.sha: An approving command may leave the commit out, and then means the head that has carried the check for five minutes.
    approve.bare: A bare `/approve` counts as `/seconder approve`.
    approve.apps: People may also give commands through Apps: those with the numbers `11` or `12`.
    override: In an emergency, 1 person of tier principal or above who had no part in the change may let it pass for 1 hour, with a reason.
    suggestions: Whoever suggests lines that are applied to a change can still approve it, up to 10 lines.
    branches: Changes into `main` or `release/*` are governed, and no others.
    exempt: The exemption `locks` holds if every contributor is account `7` or `8` and every changed path matches `**/*.lock`.
    exempt: The exemption `bots` holds if every contributor is account `9`.
    mode: This is a preview: the check `seconder-preview` is published, which nothing requires.
    ");
    insta::assert_snapshot!(settings("approve: { by: [review] }\nsuggestions: { lines: 1 }"), @r"
    disclosure: Authors need not say whether they used AI tools; without evidence, there is no assistance.
    approve.by: People approve with a review; commands in comments do not count.
    override: In an emergency, nobody may let a change pass without these approvals.
    suggestions: Whoever suggests lines that are applied to a change can still approve it, up to 1 line.
    branches: Changes into the default branch and into every branch that requires the check are governed.
    mode: The check is published under the name that rulesets require.
    ");
    insta::assert_snapshot!(settings("approve: { by: [command] }"), @r"
    disclosure: Authors need not say whether they used AI tools; without evidence, there is no assistance.
    approve.by: People approve with `/seconder approve` in a comment; reviews do not count.
    approve.sha: An approving command must name the commit.
    override: In an emergency, nobody may let a change pass without these approvals.
    suggestions: Whoever suggests lines that are applied to a change has a part in it, and cannot approve it.
    branches: Changes into the default branch and into every branch that requires the check are governed.
    mode: The check is published under the name that rulesets require.
    ");
}

#[test]
fn what_everybody_may_read_names_no_tier_group_or_training() {
    let text = "version: 1\nrules: [{ name: r, when: { assistance: assisted, author_tier: \"<= mid\", paths: [a] }, \
        require: { approvals: 2, tier: \"> mid\", outranks_author: true, groups: [sre], training: [x] } }]\n";
    let discreet: Vec<_> = policy(text).rules.iter().map(|rule| explain_rule_discreetly(rule, &tiers())).collect();
    insta::assert_snapshot!(discreet.join("\n"), @"When the change is AI-assisted, and it touches `a`, depending on who made it, 2 people who qualify must approve.");
}
