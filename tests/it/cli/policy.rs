//! `seconder policy check` and `seconder policy explain`.

use super::files::{DIRECTORY, Files};
use super::process::{run_in, text};

const RULE: &str = "version: 1\nrules:\n  - name: ai\n    require: { tier: \">= senior\" }\n";

fn files(policy: &str) -> Files {
    Files::new(&[("p.yml", policy), ("d.yml", DIRECTORY)])
}

#[test]
fn a_good_policy_has_nothing_wrong() {
    insta::assert_snapshot!(files(RULE).says("policy check p.yml"), @r"
    1 file: nothing wrong
    Assumed tiers: junior, mid, senior, principal. Name yours with --directory or --tiers.
    exit code 0
    ");
    insta::assert_snapshot!(files(RULE).says("policy check p.yml --directory d.yml"), @r"
    2 files: nothing wrong
    exit code 0
    ");
}

#[test]
fn a_mistake_is_shown_in_its_line_with_what_to_do() {
    let wrong =
        "version: 1\nrules:\n  - name: ai\n    when: { author_tier: \"< senoir\" }\n    require: { approvals: 0 }\n";
    insta::assert_snapshot!(files(wrong).says("policy check p.yml --directory d.yml"), @r#"
    p.yml:4:26: error: unknown tier `senoir`
      |
    4 |     when: { author_tier: "< senoir" }
      |                          ^
      help: did you mean `senior`? the tiers are `agent`, `junior`, `mid`, `senior` and `principal`, lowest first

    p.yml:5:27: error: a rule cannot ask for 0 approvals
      |
    5 |     require: { approvals: 0 }
      |                           ^
      help: ask for 1 to 50; leave the rule out if it should ask for none

    2 files: 2 errors, 0 warnings
    exit code 1
    "#);
}

#[test]
fn findings_are_one_json_object_as_well() {
    let found = files("version: 1\nmod: preview\n").json("policy check p.yml --directory d.yml");
    insta::assert_snapshot!(serde_json::to_string_pretty(&found).unwrap(), @r#"
    {
      "diagnostics": [
        {
          "column": 1,
          "file": "p.yml",
          "help": "did you mean `mode`?",
          "line": 2,
          "message": "unknown key `mod`",
          "severity": "error"
        }
      ],
      "errors": 1,
      "files": [
        "p.yml",
        "d.yml"
      ],
      "v": 1,
      "warnings": 0
    }
    "#);
}

#[test]
fn warnings_fail_only_a_strict_check() {
    let files = files("version: 1\nrules: [{ name: ai, when: {}, require: { approvals: 1 } }]\n");
    insta::assert_snapshot!(files.says("policy check p.yml --directory d.yml"), @r"
    p.yml:2:27: warning: this `when` is empty: the rule applies to every change
      |
    2 | rules: [{ name: ai, when: {}, require: { approvals: 1 } }]
      |                           ^
      help: add a condition, or leave `when` out if this is meant

    2 files: 0 errors, 1 warning
    exit code 0
    ");
    assert_eq!(files.run("policy check p.yml --directory d.yml --strict").status.code(), Some(1));
}

#[test]
fn what_a_level_cannot_relax_is_a_warning_there_and_none_at_the_top() {
    let relaxed = "version: 1\napprove: { sha: optional }\nsuggestions: { lines: 5 }\nmode: preview\n";
    let files = Files::new(&[("p.yml", relaxed), ("floor.yml", relaxed), ("d.yml", DIRECTORY)]);
    let warnings = |line: &str| files.json(line)["warnings"].as_u64().unwrap();
    for level in ["organisation", "repository"] {
        assert_eq!(warnings(&format!("policy check p.yml --level {level} --tiers junior,senior")), 3, "{level}");
        assert_eq!(warnings(&format!("policy check p.yml --level {level} --floor floor.yml")), 0, "{level}");
    }
    assert_eq!(warnings("policy check p.yml --level floor"), 0);
}

#[test]
fn a_rule_that_too_few_people_can_satisfy_is_a_warning_that_says_how_many() {
    let rule = |require: &str| format!("version: 1\nrules: [{{ name: r, require: {{ {require} }} }}]\n");
    let said = |require: &str| {
        let found = files(&rule(require)).json("policy check p.yml --directory d.yml --level floor");
        let messages = found["diagnostics"].as_array().unwrap().iter().map(|found| found["message"].as_str().unwrap());
        messages.collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(said("tier: \">= senior\""), @"");
    insta::assert_snapshot!(said("approvals: 3, tier: \">= senior\""), @"where the author's tier is `senior` or `principal`, only 2 people in the directory could satisfy this rule, which asks for 3 (the author not counted)");
    insta::assert_snapshot!(said("outranks_author: true"), @"where the author's tier is `principal`, nobody in the directory could satisfy this rule");
    insta::assert_snapshot!(said("groups: [sre]"), @"nobody in the directory could satisfy this rule");
    insta::assert_snapshot!(said("groups: [srre]"), @"the directory has no group `srre`");
    insta::assert_snapshot!(said("training: [ai-reveiw]"), @"nobody in the directory has completed the training `ai-reveiw`");
}

#[test]
fn standard_input_is_a_file_too() {
    let files = files(RULE);
    let output = run_in(files.path(), &["policy", "check", "-", "--directory", "d.yml"], b"version: 1\nmod: x\n");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).starts_with("stdin:2:1: error: unknown key `mod`"), "{}", text(&output.stdout));
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_of_another_kind() {
    let output = files(RULE).run("policy check none.yml p.yml other.yml");
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), ""));
    insta::assert_snapshot!(text(&output.stderr), @r"
    seconder: cannot read none.yml: there is no such file
    cannot read other.yml: there is no such file
    ");
}

#[test]
fn a_configuration_names_the_floor_and_the_directory() {
    let config = "[server]\npublic_url = 'https://seconder.example.com'\n[directory]\nfiles = ['d.yml']\n[policy]\nfloor = 'floor.yml'\n";
    let floor = "version: 1\nrules: [{ name: floor-rule, require: { approvals: 1 } }]\n";
    let files = Files::new(&[("p.yml", RULE), ("d.yml", DIRECTORY), ("floor.yml", floor), ("s.toml", config)]);
    let found = files.json("policy check p.yml --config s.toml");
    assert_eq!(found["files"], serde_json::json!(["p.yml", "floor.yml", "d.yml"]));
    assert!(files.says("policy explain p.yml --config s.toml").contains("floor-rule (floor.yml)"));
}

#[test]
fn the_built_in_policy_is_explained_without_any_file() {
    insta::assert_snapshot!(files("").says("policy explain"), @r"
    built-in policy

    ai-needs-senior (built-in policy)
      When the change is AI-assisted or its assistance is unknown, and its author's tier is below senior, 1 person of tier senior or above must approve.
    agents-need-a-second-person (built-in policy)
      When the change was made by an agent, 1 person of tier senior or above must approve.
    guarded-files (built in)
      When the change touches a file that decides what the gate or an agent may do, 1 person of tier senior or above must approve, whatever its assistance.

    disclosure   Authors need not say whether they used AI tools; without evidence, there is no assistance.
    approve.by   People approve with a review or with `/seconder approve` in a comment.
    approve.sha  An approving command must name the commit.
    override     In an emergency, nobody may let a change pass without these approvals.
    suggestions  Whoever suggests lines that are applied to a change has a part in it, and cannot approve it.
    branches     Changes into the default branch and into every branch that requires the check are governed.
    mode         The check is published under the name that rulesets require.
    exit code 0
    ");
}

#[test]
fn an_explanation_says_who_could_approve() {
    let policy = "version: 1\nrules:\n  - { name: peers, require: { outranks_author: true } }\n  - { name: sre, require: { groups: [sre] } }\n";
    insta::assert_snapshot!(files(policy).says("policy explain p.yml --level floor --directory d.yml"), @r"
    p.yml

    peers (p.yml)
      For every change, 1 person ranking above every contributor must approve.
      4 people could where the author's tier is junior: ana, @jo-at-work, kim, @pat.
      3 people could where the author's tier is mid: ana, kim, @pat.
      1 person could where the author's tier is senior: @pat.
      Nobody in the directory could where the author's tier is principal.
    sre (p.yml)
      For every change, 1 person in group `sre` must approve.
      Nobody in the directory could.
    guarded-files (built in)
      When the change touches a file that decides what the gate or an agent may do, 1 person of tier principal or above must approve, whatever its assistance.
      1 person could: @pat.

    disclosure   Authors need not say whether they used AI tools; without evidence, there is no assistance.
    approve.by   People approve with a review or with `/seconder approve` in a comment.
    approve.sha  An approving command must name the commit.
    override     In an emergency, nobody may let a change pass without these approvals.
    suggestions  Whoever suggests lines that are applied to a change has a part in it, and cannot approve it.
    branches     Changes into the default branch and into every branch that requires the check are governed.
    mode         The check is published under the name that rulesets require.

    Nobody can approve a change that they had a part in; that is not counted here.
    exit code 0
    ");
    let told = files(policy).json("policy explain p.yml --level floor --directory d.yml");
    let could = &told["policies"][0]["rules"][0]["could"];
    assert_eq!(
        could[0],
        serde_json::json!({ "authors": ["junior"], "people": 4, "named": ["ana", "@jo-at-work", "kim", "@pat"] })
    );
}

#[test]
fn at_most_ten_names_are_told() {
    let people: Vec<_> = (10..40).map(|n| format!("  - {{ id: p{n}, accounts: [github.com/{n}] }}\n")).collect();
    let directory = format!("version: 1\ntiers: [senior]\npeople:\n{}", people.concat());
    let files = Files::new(&[
        ("p.yml", "version: 1\nrules: [{ name: r, require: { approvals: 1 } }]\n"),
        ("d.yml", &directory),
    ]);
    let said = files.says("policy explain p.yml --directory d.yml --level floor");
    assert!(said.contains("30 people could: p10, p11, p12, p13, p14, p15, p16, p17, p18, p19 and 20 more."), "{said}");
}

#[test]
fn a_broken_policy_is_not_explained() {
    let said = files("version: 1\nrules: 3\n").says("policy explain p.yml");
    assert!(said.starts_with("p.yml:2:8: error: expected a list") && said.ends_with("exit code 1"), "{said}");
}

#[test]
fn all_levels_are_checked_together_and_each_mistake_is_told_once() {
    let organisation = "version: 1\napprove: { by: [review] }\nmode: preview\n";
    let repository = "version: 1\napprove: { by: [command] }\n";
    let files = Files::new(&[("o.yml", organisation), ("a.yml", repository), ("b.yml", RULE), ("d.yml", DIRECTORY)]);
    insta::assert_snapshot!(files.says("policy check a.yml b.yml --organisation o.yml --directory d.yml"), @r"
    a.yml:2:16: error: with this and the levels above, nothing would count as an approval
      |
    2 | approve: { by: [command] }
      |                ^
      help: name a way that the levels above allow, or leave `by` out

    o.yml:3:7: warning: this has no effect: the levels above enforce
      |
    3 | mode: preview
      |       ^
      help: only the highest level can relax this: state it there, or leave it out here

    4 files: 1 error, 1 warning
    exit code 1
    ");
}

#[test]
fn a_policy_under_a_broken_one_is_not_explained() {
    let files = Files::new(&[("o.yml", "version: 1\nrules: 3\n"), ("p.yml", RULE)]);
    let said = files.says("policy explain p.yml --organisation o.yml");
    assert!(said.starts_with("o.yml:2:8: error: expected a list") && said.ends_with("exit code 1"), "{said}");
}

#[test]
fn with_a_broken_directory_only_the_directory_is_blamed() {
    let files = Files::new(&[("p.yml", RULE), ("d.yml", "version: 1\ntiers: []\n")]);
    let found = files.json("policy check p.yml --directory d.yml");
    assert_eq!((&found["errors"], &found["diagnostics"][0]["file"]), (&1.into(), &"d.yml".into()));
}

#[test]
fn tiers_can_be_named_where_no_directory_is_at_hand() {
    let rule = "version: 1\nrules: [{ name: r, require: { tier: \">= L5\" } }]\n";
    let files = files(rule);
    assert_eq!(files.run("policy check p.yml --level floor --tiers L3,L4,L5").status.code(), Some(0));
    assert_eq!(files.run("policy check p.yml --level floor").status.code(), Some(1));
}
