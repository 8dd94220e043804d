//! How approval may be given by command, and who may override: in one file, and in several together.

use seconder::gate::policy::compile;
use seconder::gate::policy::{Policy, SourceLevel, explain_override};

use super::{policy, read, repository, tiers};

use SourceLevel::{Floor, Organisation};

const RULE: &str = "rules: [{ name: r, require: { approvals: 1 } }]";

fn all(files: &[(SourceLevel, &str)]) -> Policy {
    let file = |(level, text): &(SourceLevel, &str)| Ok(read(level.clone(), &format!("version: 1\n{RULE}\n{text}\n")));
    compile::combine(files.iter().map(file).collect())
}

/// Everything that is wrong with this setting in a file of this level.
fn wrong(level: SourceLevel, setting: &str) -> String {
    match compile::read("p.yml", level, &format!("version: 1\n{RULE}\n{setting}\n"), &tiers()) {
        Ok(file) => file.warnings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
        Err(findings) => findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
    }
}

#[test]
fn mistakes_in_approve() {
    let of = |text: &str| wrong(Organisation, &format!("approve: {{ {text} }}"));
    insta::assert_snapshot!(of("bare: true, apps: [12345]"), @"");
    insta::assert_snapshot!(of("apps: []"), @"");
    insta::assert_snapshot!(of("bare: maybe"), @"p.yml:3:18: expected true or false (write `true` or `false`)");
    insta::assert_snapshot!(of("apps: [writer]"), @"p.yml:3:19: `writer` is not an App's numeric id, and names never qualify (`gh api apps/SLUG --jq .id` shows it)");
    insta::assert_snapshot!(of("apps: [0]"), @"p.yml:3:19: `0` is not an App's numeric id, and names never qualify (`gh api apps/SLUG --jq .id` shows it)");
    let many = format!("apps: [{}]", vec!["1"; 51].join(", "));
    insta::assert_snapshot!(of(&many), @"p.yml:3:18: 51 Apps are listed, and at most 50 are read (keep those through which people really write)");
}

#[test]
fn a_repository_neither_enables_bare_approvals_nor_lists_apps() {
    let of = |text: &str| wrong(repository("main"), &format!("approve: {{ {text} }}"));
    insta::assert_snapshot!(of("bare: false"), @"p.yml:3:18: `bare` cannot be set by a repository (leave it out, or state it in the organisation's policy)");
    insta::assert_snapshot!(of("apps: [7]"), @"p.yml:3:18: `apps` cannot be set by a repository (leave it out, or state it in the organisation's policy)");
    insta::assert_snapshot!(of("sha: required"), @"");
}

#[test]
fn mistakes_in_override() {
    let of = |text: &str| wrong(repository("main"), &format!("override: {{ {text} }}"));
    insta::assert_snapshot!(of("by: { tier: \">= principal\", groups: [oncall] }, hours: 72"), @"");
    insta::assert_snapshot!(of("hours: 1"), @"p.yml:3:13: the key `by` is missing (add `by`)");
    insta::assert_snapshot!(of("by: {}"), @r#"p.yml:3:17: anybody could override (write e.g. `by: { tier: ">= principal", groups: [oncall] }`)"#);
    insta::assert_snapshot!(of("by: { groups: [] }"), @"p.yml:3:27: no group is named (leave the key out if nothing is asked)");
    insta::assert_snapshot!(of("by: { tier: \">= boss\" }"), @"p.yml:3:25: unknown tier `boss` (the tiers are `agent`, `junior`, `mid`, `senior` and `principal`, lowest first)");
    insta::assert_snapshot!(of("by: { tier: \">= agent\" }"), @"p.yml:3:25: agents never approve (name a tier of people, or leave `tier` out for anybody)");
    insta::assert_snapshot!(of("by: { groups: [oncall] }, hours: 0"), @"p.yml:3:46: an override cannot hold for 0 hours (let it hold for 1 to 72)");
    insta::assert_snapshot!(of("by: { groups: [oncall] }, hours: 73"), @"p.yml:3:46: an override cannot hold for 73 hours (let it hold for 1 to 72)");
    insta::assert_snapshot!(of("by: { group: [oncall] }"), @"p.yml:3:19: unknown key `group` (did you mean `groups`?)");
}

#[test]
fn a_file_may_say_nothing_but_who_overrides() {
    let file = read(Floor, "version: 1\noverride: { by: { groups: [oncall] } }\n");
    assert!(file.warnings.is_empty());
    assert_eq!(file.emergency.expect("an override").hours, 4);
}

#[test]
fn who_overrides_in_one_sentence() {
    let of = |text: &str| {
        let policy = policy(&format!("version: 1\noverride: {{ {text} }}\n"));
        explain_override(&policy.overrides[0], &tiers())
    };
    insta::assert_snapshot!(of("by: { tier: \">= principal\", groups: [oncall] }"), @"In an emergency, 1 person of tier principal or above and in group `oncall` who had no part in the change may let it pass for 4 hours, with a reason.");
    insta::assert_snapshot!(of("by: { groups: [oncall, sre] }, hours: 1"), @"In an emergency, 1 person in group `oncall` or `sre` who had no part in the change may let it pass for 1 hour, with a reason.");
}

#[test]
fn the_organisation_enables_what_the_floor_does_not_deny() {
    let bare = |floor: &str, organisation: &str| all(&[(Floor, floor), (Organisation, organisation)]).approve.bare;
    let (on, off) = ("approve: { bare: true }", "approve: { bare: false }");
    assert_eq!([bare("", ""), bare("", on), bare(on, ""), bare(on, on)], [false, true, true, true]);
    assert_eq!([bare(off, on), bare(on, off), bare("", off)], [false, false, false]);
    let apps = |floor: &str, organisation: &str| -> Vec<i64> {
        let apps = all(&[(Floor, floor), (Organisation, organisation)]).approve.apps;
        apps.into_iter().collect()
    };
    let none: [i64; 0] = [];
    assert_eq!(apps("", ""), none);
    assert_eq!(apps("", "approve: { apps: [7, 8] }"), [7, 8]);
    assert_eq!(apps("approve: { apps: [8, 9] }", "approve: { apps: [7, 8] }"), [8]);
    assert_eq!(apps("approve: { apps: [] }", "approve: { apps: [7, 8] }"), none);
}

#[test]
fn while_a_file_is_broken_nothing_is_relaxed() {
    let relaxed = format!("version: 1\n{RULE}\napprove: {{ bare: true, apps: [7] }}\n");
    let broken = compile::read("p.yml", repository("main"), "rulez: []", &tiers());
    let policy = compile::combine(vec![Ok(read(Organisation, &relaxed)), broken]);
    assert!(!policy.approve.bare && policy.approve.apps.is_empty());
}

#[test]
fn an_override_covers_its_own_level_and_those_below() {
    let over = "override: { by: { groups: [oncall] } }";
    let policy = all(&[
        (Floor, over),
        (Organisation, over),
        (repository("main"), over),
        (repository("release/1"), "override: { by: { groups: [sre] } }"),
    ]);
    let covered = |source: usize| {
        let over = &policy.overrides[source];
        let rules = policy.rules.iter().filter(|rule| policy.covers(over, rule));
        rules.map(|rule| rule.source).collect::<Vec<_>>()
    };
    assert_eq!(covered(0), [0, 1, 2, 3]);
    assert_eq!(covered(1), [1, 2, 3]);
    assert_eq!(covered(2), [2], "another branch of the repository has its own law");
    assert_eq!(covered(3), [3]);
}
