use seconder::gate::policy::{explain_rule, explain_rule_discreetly};

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

#[test]
fn what_everybody_may_read_names_no_tier_group_or_training() {
    let text = "version: 1\nrules: [{ name: r, when: { assistance: assisted, author_tier: \"<= mid\", paths: [a] }, \
        require: { approvals: 2, tier: \"> mid\", outranks_author: true, groups: [sre], training: [x] } }]\n";
    let discreet: Vec<_> = policy(text).rules.iter().map(|rule| explain_rule_discreetly(rule, &tiers())).collect();
    insta::assert_snapshot!(discreet.join("\n"), @"When the change is AI-assisted, and it touches `a`, depending on who made it, 2 people who qualify must approve.");
}
