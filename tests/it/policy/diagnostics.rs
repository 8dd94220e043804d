use seconder::gate::policy::SourceLevel;
use seconder::gate::policy::compile;

use super::tiers;

/// Everything found in this file, a line each.
fn findings(text: &str) -> String {
    let found = match compile::read("p.yml", SourceLevel::Floor, text, &tiers()) {
        Ok(file) => file.warnings,
        Err(findings) => findings,
    };
    let line = |finding: &seconder::gate::policy::diagnostic::Diagnostic| {
        format!("{} {finding}", if finding.is_error() { "error" } else { "warning" })
    };
    found.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// A file with this one rule.
fn rule(body: &str) -> String {
    findings(&format!("version: 1\nrules:\n  - name: r\n{body}"))
}

#[test]
fn a_good_file_has_none() {
    assert_eq!(findings(include_str!("../../../config/policy.yml")), "");
}

#[test]
fn of_suggestions() {
    let lines = |lines: &str| findings(&format!("version: 1\nsuggestions: {{ lines: {lines} }}\n"));
    assert_eq!((lines("0"), lines("10")), (String::new(), String::new()));
    insta::assert_snapshot!(lines("11"), @"error p.yml:2:23: `lines` is 11, and must be 0 to 10 (larger suggestions are contributions)");
    insta::assert_snapshot!(lines("-1"), @"error p.yml:2:23: `lines` is -1, and must be 0 to 10 (larger suggestions are contributions)");
    insta::assert_snapshot!(lines("ten"), @"error p.yml:2:23: expected a whole number");
}

#[test]
fn of_form() {
    insta::assert_snapshot!(findings(""), @"error p.yml:1:1: the file is empty (start it with `version: 1`)");
    insta::assert_snapshot!(findings("rules: []\n"), @"error p.yml:1:1: the key `version` is missing (start the file with `version: 1`)");
    insta::assert_snapshot!(findings("version: 2\nrulez: []\n"), @"error p.yml:1:10: version 2 of this file is not known (this server reads `version: 1`)");
    insta::assert_snapshot!(findings("version: 1\nrulse: []\n"), @"error p.yml:2:1: unknown key `rulse` (did you mean `rules`?)");
    insta::assert_snapshot!(findings("version: 1\nrules: all\n"), @"error p.yml:2:8: expected a list");
    insta::assert_snapshot!(findings("version: 1\nmode: preveiw\n"), @"error p.yml:2:7: `preveiw` is not known here (did you mean `preview`?)");
    insta::assert_snapshot!(findings("version: 1\nmode:\n"), @"warning p.yml:1:1: the file says nothing (add `rules`)");
    insta::assert_snapshot!(findings("version: 1\napprove: { by: [reviews] }\n"), @"error p.yml:2:17: `reviews` is not known here (did you mean `review`?)");
    insta::assert_snapshot!(findings("version: 1\napprove: { sha: no }\n"), @"error p.yml:2:17: `no` is not known here (use `required` or `optional`)");
    insta::assert_snapshot!(findings("version: 1\ndisclosure: { required: yes }\n"), @"error p.yml:2:25: expected true or false (write `true` or `false`)");
    insta::assert_snapshot!(findings("version: 1\ndisclosure: true\n"), @"error p.yml:2:13: expected keys and values");
    insta::assert_snapshot!(findings("version: 1\nrules:\n\t- name: r\n"), @"error p.yml:3:2: tabs disallowed within this context (block indentation) (indent with spaces: YAML does not take tabs)");
    insta::assert_snapshot!(rule("    when: { author: \"< senior\" }\n"), @"error p.yml:4:13: unknown key `author` (use `assistance`, `author_tier` or `paths`)");
    insta::assert_snapshot!(rule("    when: { author_tier: \"< senior\" }\n"), @"error p.yml:4:5: the key `require` is missing (add `require`)");
    insta::assert_snapshot!(rule("    require: { approvals: one }\n"), @"error p.yml:4:27: expected a whole number");
    insta::assert_snapshot!(rule("    require:\n"), @"error p.yml:4:12: expected keys and values");
    insta::assert_snapshot!(rule("    when: ~\n    require: { approvals: 1 }\n"), @"");
    insta::assert_snapshot!(rule("    require: { approvals: 1, approvals: 0 }\n"), @"error p.yml:4:30: the key `approvals` is given twice (keep one of them)");
}

#[test]
fn of_assistance() {
    let of = |text: &str| rule(&format!("    when: {{ assistance: {text} }}\n    require: {{ approvals: 1 }}\n"));
    insta::assert_snapshot!(of("autonomous"), @"");
    insta::assert_snapshot!(of("\">=autonomous\""), @"");
    insta::assert_snapshot!(of("\">= none\""), @"warning p.yml:4:25: the assistance is always at least `none` (leave the condition out)");
    insta::assert_snapshot!(of("\"< assisted\""), @r#"error p.yml:4:25: assistance cannot be compared with `<` (a condition on it means at least: write e.g. `">= assisted"`)"#);
    insta::assert_snapshot!(of("\"= assisted\""), @r#"error p.yml:4:25: assistance cannot be compared with `=` (a condition on it means at least: write e.g. `">= assisted"`)"#);
    insta::assert_snapshot!(of("\"!= none\""), @r#"error p.yml:4:25: assistance cannot be compared with `!=` (a condition on it means at least: write e.g. `">= assisted"`)"#);
    insta::assert_snapshot!(of("asisted"), @"error p.yml:4:25: `asisted` is not a level of assistance (did you mean `assisted`?)");
    insta::assert_snapshot!(of("generated"), @"error p.yml:4:25: `generated` is not a level of assistance (the levels are `none`, `unknown`, `assisted` and `autonomous`, lowest first)");
    insta::assert_snapshot!(of("\"\""), @"error p.yml:4:25: `` is not a level of assistance (the levels are `none`, `unknown`, `assisted` and `autonomous`, lowest first)");
}

#[test]
fn of_tiers() {
    let author = |text: &str| rule(&format!("    when: {{ author_tier: {text} }}\n    require: {{ approvals: 1 }}\n"));
    insta::assert_snapshot!(author("\"< senor\""), @"error p.yml:4:26: unknown tier `senor` (did you mean `senior`? the tiers are `agent`, `junior`, `mid`, `senior` and `principal`, lowest first)");
    insta::assert_snapshot!(author("\"< staff\""), @"error p.yml:4:26: unknown tier `staff` (the tiers are `agent`, `junior`, `mid`, `senior` and `principal`, lowest first)");
    insta::assert_snapshot!(author("senior"), @r#"error p.yml:4:26: a tier needs a comparison (write `">= senior"` for this tier and above, `"= senior"` for this tier alone)"#);
    insta::assert_snapshot!(author("\"!= senior\""), @"error p.yml:4:26: `!=` is not a comparison (use one of <, <=, =, >= and >)");
    insta::assert_snapshot!(author("\"senior\\n## free merge\""), @r"error p.yml:4:26: unknown tier `senior\n## free merge` (the tiers are `agent`, `junior`, `mid`, `senior` and `principal`, lowest first)");
    insta::assert_snapshot!(author("\"< agent\""), @"error p.yml:4:26: no tier meets this: the rule would never apply (compare with another tier)");
    insta::assert_snapshot!(author("\"> principal\""), @"error p.yml:4:26: no tier meets this: the rule would never apply (compare with another tier)");
    insta::assert_snapshot!(author("\">= agent\""), @"warning p.yml:4:26: every tier meets this (leave the condition out)");
    insta::assert_snapshot!(author("\"= agent\""), @"");
    for open_to_all in ["\"< senior\"", "\"<= mid\"", "\">= junior\"", "\"= junior\""] {
        assert_eq!(author(open_to_all), "", "{open_to_all}");
    }
    insta::assert_snapshot!(author("\">= senior\""), @"warning p.yml:4:26: an author escapes this by naming a co-author of a lower tier (compare with `<` or `<=`, or leave the condition out: a rule may ask more of a lower tier only)");
    for escaped in ["\"> junior\"", "\">= mid\"", "\"= principal\""] {
        assert!(author(escaped).starts_with("warning p.yml:4:26: an author escapes this"), "{escaped}");
    }
    let approver = |text: &str| rule(&format!("    require: {{ tier: {text} }}\n"));
    insta::assert_snapshot!(approver("\">= senior\""), @"");
    insta::assert_snapshot!(approver("\">= agent\""), @"error p.yml:4:22: agents never approve (name a tier of people, or leave `tier` out for anybody)");
    insta::assert_snapshot!(approver("\"< senior\""), @r#"error p.yml:4:22: an approval can only be asked of a tier or above (write `">= senior"`)"#);
    insta::assert_snapshot!(approver("\"> principal\""), @r#"error p.yml:4:22: nobody can stand above the highest tier (write `">= principal"`)"#);
}

#[test]
fn of_the_guards_name() {
    let named = findings("version: 1\nrules:\n  - name: guarded-files\n    require: { approvals: 1 }\n");
    insta::assert_snapshot!(named, @"error p.yml:3:11: `guarded-files` is the rule that guards the gate itself (give this rule another name, e.g. `our-guarded-files`)");
    let exempt = "version: 1\nrules: [{ name: r, require: { approvals: 1 } }]\nexempt: [{ name: guarded-files, accounts: [1] }]\n";
    assert_eq!(findings(exempt), "", "it is no rule");
}

#[test]
fn of_requirements() {
    insta::assert_snapshot!(rule("    require: {}\n"), @r#"error p.yml:4:14: the rule requires nothing (write e.g. `{ approvals: 1, tier: ">= senior" }`)"#);
    insta::assert_snapshot!(rule("    require: { approvals: 0 }\n"), @"error p.yml:4:27: a rule cannot ask for 0 approvals (ask for 1 to 50; leave the rule out if it should ask for none)");
    insta::assert_snapshot!(rule("    require: { approvals: -1 }\n"), @"error p.yml:4:27: a rule cannot ask for -1 approvals (ask for 1 to 50; leave the rule out if it should ask for none)");
    insta::assert_snapshot!(rule("    require: { approvals: 51 }\n"), @"error p.yml:4:27: a rule cannot ask for 51 approvals (ask for 1 to 50; leave the rule out if it should ask for none)");
    insta::assert_snapshot!(rule("    require: { groups: [] }\n"), @"error p.yml:4:24: no group is named (leave the key out if nothing is asked)");
    insta::assert_snapshot!(rule("    require: { training: [\" \"] }\n"), @"error p.yml:4:27: the name of a training is empty (write its name as the directory has it)");
    insta::assert_snapshot!(rule("    when: {}\n    require: { approvals: 1 }\n"), @"warning p.yml:4:11: this `when` is empty: the rule applies to every change (add a condition, or leave `when` out if this is meant)");
}

#[test]
fn of_paths() {
    let of = |text: &str| rule(&format!("    when: {{ paths: {text} }}\n    require: {{ approvals: 1 }}\n"));
    insta::assert_snapshot!(of("[/infra/, \"**/*.tf\", \"a/{b,c}/[d-f]?\"]"), @"");
    insta::assert_snapshot!(of("[]"), @"error p.yml:4:20: no pattern is named (leave the key out if nothing is meant)");
    insta::assert_snapshot!(of("[\"!docs/**\"]"), @"error p.yml:4:21: the pattern `!docs/**` negates (patterns only add: name what is meant, or write an `exempt`)");
    insta::assert_snapshot!(of("[\"\"]"), @"error p.yml:4:21: the pattern `` is empty (write `**` for everything)");
    insta::assert_snapshot!(of("[/]"), @"error p.yml:4:21: the pattern `/` is empty (write `**` for everything)");
    insta::assert_snapshot!(of("[\"a//b\", \"../x\"]"), @r"
    error p.yml:4:21: the pattern `a//b` has an empty part, `.` or `..` (write the path as the repository lists it)
    error p.yml:4:29: the pattern `../x` has an empty part, `.` or `..` (write the path as the repository lists it)
    ");
    insta::assert_snapshot!(of("[\"a/[b\", \"{a\"]"), @r"
    error p.yml:4:21: the pattern `a/[b` is not a glob: unclosed character class; missing ']' (`*` stays within a folder, `**` crosses folders, `{a,b}` and `[a-z]` choose)
    error p.yml:4:29: the pattern `{a` is not a glob: unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?) (`*` stays within a folder, `**` crosses folders, `{a,b}` and `[a-z]` choose)
    ");
    assert!(of(&format!("[{}]", "a".repeat(257))).contains("is too long"));
}

#[test]
fn of_exemptions() {
    let of = |text: &str| {
        let rule = "rules: [{ name: r, require: { approvals: 1 } }]";
        findings(&format!("version: 1\n{rule}\nexempt:\n  - {text}\n"))
    };
    insta::assert_snapshot!(of("{ name: bots, accounts: [29139614] }"), @"");
    insta::assert_snapshot!(of("{ name: bots, accounts: [] }"), @"error p.yml:4:29: no account is named (name numeric account ids)");
    insta::assert_snapshot!(of("{ name: bots, accounts: [ana, 0, -7, 1.5, \"x; id\"] }"), @r"
    error p.yml:4:30: `ana` is not an account's numeric id, and names never qualify (`gh api users/ana --jq .id` shows it)
    error p.yml:4:35: `0` is not an account's numeric id, and names never qualify (`gh api users/LOGIN --jq .id` shows it)
    error p.yml:4:38: `-7` is not an account's numeric id, and names never qualify (`gh api users/LOGIN --jq .id` shows it)
    error p.yml:4:42: `1.5` is not an account's numeric id, and names never qualify (`gh api users/LOGIN --jq .id` shows it)
    error p.yml:4:47: `x; id` is not an account's numeric id, and names never qualify (`gh api users/LOGIN --jq .id` shows it)
    ");
    insta::assert_snapshot!(of("{ name: bots }"), @"error p.yml:4:7: the key `accounts` is missing (add `accounts`)");
    insta::assert_snapshot!(of("{ name: bots, accounts: [1], branches: [main] }"), @"error p.yml:4:34: unknown key `branches` (use `name`, `accounts` or `paths`)");
    insta::assert_snapshot!(of("{ name: bots, accounts: [1] }\n  - { name: bots, accounts: [2] }"), @"error p.yml:5:13: a second exemption has the name `bots` (give each a name of its own)");
    let alone = findings("version: 1\nexempt: [{ name: bots, accounts: [1] }]\nmode: enforce\n");
    insta::assert_snapshot!(alone, @"warning p.yml:2:18: this exempts from nothing: the file has no rules (an exemption affects only the rules of its own file)");
}

#[test]
fn of_names() {
    let of = |name: &str| findings(&format!("version: 1\nrules: [{{ name: {name}, require: {{ approvals: 1 }} }}]\n"));
    insta::assert_snapshot!(of("ai-needs-senior"), @"");
    insta::assert_snapshot!(of("\"**bold**\""), @"error p.yml:2:17: `**bold**` cannot be the name of a rule (use up to 64 letters, digits, `-`, `_` and `.`, a letter or digit first)");
    insta::assert_snapshot!(of("\"\""), @"error p.yml:2:17: `` cannot be the name of a rule (use up to 64 letters, digits, `-`, `_` and `.`, a letter or digit first)");
    assert!(of(&"a".repeat(65)).contains("cannot be the name of a rule"));
}

#[test]
fn of_settings() {
    insta::assert_snapshot!(findings("version: 1\n"), @"warning p.yml:1:1: the file says nothing (add `rules`)");
    insta::assert_snapshot!(findings("version: 1\napprove: { by: [] }\n"), @"error p.yml:2:16: nothing would count as an approval (name `review`, `command` or both)");
    insta::assert_snapshot!(findings("version: 1\nbranches: []\n"), @"error p.yml:2:11: no pattern is named (leave the key out if nothing is meant)");
    insta::assert_snapshot!(findings("version: 1\nbranches: [\"!main\"]\n"), @"error p.yml:2:12: the pattern `!main` negates (patterns only add: name what is meant, or write an `exempt`)");
}

#[test]
fn of_too_much() {
    let rule = "{ name: r, require: { approvals: 1 } }";
    insta::assert_snapshot!(findings(&format!("version: 1\nrules: [{}]\n", vec![rule; 101].join(", "))), @"error p.yml:1:1: the file has 101 rules, and at most 100 are read (let one rule name several paths)");
    let exempt = "{ name: e, accounts: [1] }";
    insta::assert_snapshot!(findings(&format!("version: 1\nexempt: [{}]\n", vec![exempt; 51].join(", "))), @"error p.yml:1:1: the file has 51 exemptions, and at most 50 are read (let one exemption name several accounts)");
    let exempt = format!("{{ name: e, accounts: [{}] }}", vec!["1"; 501].join(", "));
    insta::assert_snapshot!(findings(&format!("version: 1\nexempt: [{exempt}]\n")), @"error p.yml:1:1: the file has 501 exempt accounts, and at most 500 are read (keep those that still exist)");
    let branches = |count| findings(&format!("version: 1\nbranches: [{}]\n", vec!["a"; count].join(", ")));
    insta::assert_snapshot!(branches(501), @"error p.yml:1:1: the file has 501 patterns, and at most 500 are read (write `**` or `{a,b}`, which stand for many)");
    assert_eq!(branches(500), "");
}

#[test]
fn all_at_once_in_the_order_of_the_file() {
    let text = r#"version: 1
rules:
  - name: one
    when: { assistance: "= assisted", author_tier: "< senor", paths: ["!docs/**"] }
    require: { approvals: 0, tier: ">= boss" }
  - name: one
    require: {}
approve: { by: [] }
branches: [""]
exempt:
  - { name: "no, name", accounts: [ana], paths: [] }
"#;
    insta::assert_snapshot!(findings(text), @r#"
    error p.yml:4:25: assistance cannot be compared with `=` (a condition on it means at least: write e.g. `">= assisted"`)
    error p.yml:4:52: unknown tier `senor` (did you mean `senior`? the tiers are `agent`, `junior`, `mid`, `senior` and `principal`, lowest first)
    error p.yml:4:71: the pattern `!docs/**` negates (patterns only add: name what is meant, or write an `exempt`)
    error p.yml:5:27: a rule cannot ask for 0 approvals (ask for 1 to 50; leave the rule out if it should ask for none)
    error p.yml:5:36: unknown tier `boss` (the tiers are `agent`, `junior`, `mid`, `senior` and `principal`, lowest first)
    error p.yml:6:11: a second rule has the name `one` (give each a name of its own)
    error p.yml:7:14: the rule requires nothing (write e.g. `{ approvals: 1, tier: ">= senior" }`)
    error p.yml:8:16: nothing would count as an approval (name `review`, `command` or both)
    error p.yml:9:12: the pattern `` is empty (write `**` for everything)
    error p.yml:11:13: `no, name` cannot be the name of an exemption (use up to 64 letters, digits, `-`, `_` and `.`, a letter or digit first)
    error p.yml:11:36: `ana` is not an account's numeric id, and names never qualify (`gh api users/ana --jq .id` shows it)
    error p.yml:11:49: no pattern is named (leave the key out if nothing is meant)
    "#);
}

#[test]
fn a_column_counts_characters() {
    let text = "version: 1\nrules: [{ name: r, require: { groups: [größe, \"\"] } }]\n";
    insta::assert_snapshot!(findings(text), @"error p.yml:2:47: the name of a group is empty (write its name as the directory has it)");
}

proptest::proptest! {
    #[test]
    fn nothing_makes_it_panic(text in "\\PC{0,300}", lines in proptest::collection::vec("[-a-z0-9:{}\\[\\]\"'&*#|>!,. \\t\\n]{0,40}", 0..20)) {
        let _ = findings(&text);
        let _ = findings(&format!("version: 1\n{}", lines.join("\n")));
    }

    #[test]
    fn no_change_to_a_good_file_makes_it_panic(at in 0usize..4000, with in "[-a-z0-9:{}\\[\\]\"'&*#|>!,.ä \\t\\n]{0,3}") {
        let text = include_str!("../../../config/policy.yml");
        let mut at = at % text.len();
        while !text.is_char_boundary(at) { at -= 1; }
        let (before, after) = text.split_at(at);
        let _ = findings(&format!("{before}{with}{after}"));
    }

    #[test]
    fn whatever_is_found_stands_in_the_file(strings in proptest::collection::vec("\\PC{0,12}", 4)) {
        let [name, level, tier, path] = strings.as_slice() else { unreachable!() };
        let quote = |text: &str| serde_json::to_string(text).unwrap();
        let text = format!(
            "version: 1\nrules:\n  - name: {}\n    when: {{ assistance: {}, author_tier: {}, paths: [{}] }}\n    require: {{ approvals: 1 }}\n",
            quote(name), quote(level), quote(tier), quote(path),
        );
        if let Err(findings) = compile::read("p.yml", SourceLevel::Floor, &text, &tiers()) {
            for finding in findings {
                let line = text.lines().nth(finding.line as usize - 1).expect("the line exists");
                proptest::prop_assert!(finding.column as usize <= line.chars().count() + 1);
                proptest::prop_assert!(!finding.to_string().contains('\n'));
            }
        }
    }
}
