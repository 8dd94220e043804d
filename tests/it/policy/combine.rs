use std::fmt::Write as _;

use proptest::prelude::*;
use seconder::gate::policy::compile::{CompiledFile, combine};
use seconder::gate::policy::diagnostic::{Diagnostic, Position};
use seconder::gate::policy::{Mode, Policy, SourceLevel};

use super::{policy, read, repository};

use SourceLevel::{Floor, Organisation};

type Read = Result<CompiledFile, Vec<Diagnostic>>;

fn all(files: &[(SourceLevel, &str)]) -> Policy {
    combine(files.iter().map(|(level, text)| Ok(read(level.clone(), &format!("version: 1\n{text}\n")))).collect())
}

fn rule(name: &str) -> String {
    format!("rules: [{{ name: {name}, require: {{ approvals: 1 }} }}]")
}

fn names(policy: &Policy) -> Vec<(&str, &SourceLevel)> {
    policy.rules.iter().map(|rule| (rule.name.as_str(), &policy.sources[rule.source].level)).collect()
}

#[test]
fn rules_of_all_levels_count_from_the_highest_down() {
    let policy = all(&[
        (repository("main"), &rule("c")),
        (Organisation, &rule("b")),
        (repository("release/1"), &rule("d")),
        (Floor, &rule("a")),
    ]);
    let expected = [("a", &Floor), ("b", &Organisation), ("c", &repository("main")), ("d", &repository("release/1"))];
    assert_eq!(names(&policy), expected);
    assert_eq!(policy.broken, []);
}

#[test]
fn the_same_file_on_both_branches_counts_once() {
    let policy = all(&[(repository("main"), &rule("a")), (repository("release/1"), &rule("a"))]);
    assert_eq!(names(&policy), [("a", &repository("main"))]);
    // The same words on another level are another law: both stand in the record.
    let policy = all(&[(Floor, &rule("a")), (repository("main"), &rule("a"))]);
    assert_eq!(names(&policy), [("a", &Floor), ("a", &repository("main"))]);
}

#[test]
fn an_exemption_stays_in_its_file() {
    let exempting = format!("{}\nexempt: [{{ name: bots, accounts: [7] }}]", rule("own"));
    let policy = all(&[(Floor, &rule("floor")), (repository("main"), &exempting)]);
    let exempt: Vec<_> = policy.rules.iter().map(|rule| (rule.name.as_str(), rule.exempt.len())).collect();
    assert_eq!(exempt, [("floor", 0), ("own", 1)]);
}

#[test]
fn silence_means_the_strict_default() {
    let policy = policy("version: 1\nrules: []\nmode: enforce\n");
    assert!(policy.approve.by_review && policy.approve.by_command && policy.approve.sha_required);
    assert!(!policy.disclosure_required);
    assert!(policy.branches.usual && policy.branches.matching.is_empty());
    let policy = all(&[(Floor, &rule("a"))]);
    assert_eq!(policy.mode, Mode::Enforce);
}

#[test]
fn only_the_highest_level_allows_suggestions_and_the_others_fewer_lines() {
    let lines = |lines: u32| format!("suggestions: {{ lines: {lines} }}");
    let of = |files: &[(SourceLevel, &str)]| all(files).suggestion_lines;
    assert_eq!(of(&[(Floor, &rule("a"))]), 0);
    assert_eq!(of(&[(Floor, &lines(10))]), 10);
    assert_eq!(of(&[(Floor, &lines(5)), (Organisation, &lines(10))]), 5);
    assert_eq!(of(&[(Floor, &lines(10)), (Organisation, &rule("a")), (repository("main"), &lines(3))]), 3);
    assert_eq!(of(&[(Floor, &lines(10)), (repository("main"), &lines(0))]), 0);
    assert_eq!(of(&[(Floor, &rule("a")), (repository("main"), &lines(10))]), 0);
    let broken = Diagnostic::error("p.yml", Position::START, "broken");
    let floor = read(Floor, &format!("version: 1\n{}\n", lines(10)));
    assert_eq!(combine(vec![Ok(floor), Err(vec![broken])]).suggestion_lines, 0);
}

#[test]
fn the_highest_level_may_relax_and_the_others_only_tighten() {
    let relaxed = "approve: { sha: optional }\nmode: preview";
    let strict = "approve: { sha: required }\nmode: enforce";
    let of = |files: &[(SourceLevel, &str)]| {
        let policy = all(files);
        (policy.approve.sha_required, policy.mode)
    };
    assert_eq!(of(&[(Floor, relaxed)]), (false, Mode::Preview));
    assert_eq!(of(&[(Floor, relaxed), (repository("main"), &rule("a"))]), (false, Mode::Preview));
    assert_eq!(of(&[(Floor, relaxed), (repository("main"), strict)]), (true, Mode::Enforce));
    assert_eq!(of(&[(Floor, strict), (repository("main"), relaxed)]), (true, Mode::Enforce));
    assert_eq!(of(&[(Floor, &rule("a")), (repository("main"), relaxed)]), (true, Mode::Enforce));
    assert_eq!(of(&[(repository("main"), relaxed)]), (false, Mode::Preview), "alone, it is the highest");
}

#[test]
fn disclosure_is_required_if_any_level_requires_it() {
    let of = |a: bool, b: bool| {
        let text = |required| format!("disclosure: {{ required: {required} }}");
        all(&[(Floor, &text(a)), (repository("main"), &text(b))]).disclosure_required
    };
    assert_eq!([of(false, false), of(true, false), of(false, true), of(true, true)], [false, true, true, true]);
}

#[test]
fn ways_to_approve_that_exclude_each_other_break_the_policy() {
    let one = all(&[(Floor, &rule("a")), (Organisation, "approve: { by: [review] }")]);
    assert!(one.approve.by_review && !one.approve.by_command && one.broken.is_empty());
    let none = all(&[(Organisation, "approve: { by: [review] }"), (repository("main"), "approve: { by: [command] }")]);
    let broken: Vec<_> = none.broken.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(broken.join("\n"), @"policy.yml:2:16: with this and the levels above, nothing would count as an approval (name a way that the levels above allow, or leave `by` out)");
    assert!(!none.approve.by_review && !none.approve.by_command);
}

#[test]
fn branches_below_the_highest_level_are_added() {
    let governed = |files: &[(SourceLevel, &str)]| {
        let branches = all(files).branches;
        let bases = [("main", true), ("release/1", false), ("topic", false)];
        let governed = bases.into_iter().filter(|(base, usual)| branches.govern(base, *usual));
        governed.map(|(base, _)| base).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(governed(&[(Floor, &rule("a"))]), "main");
    assert_eq!(governed(&[(Floor, "branches: [\"release/*\"]")]), "release/1");
    assert_eq!(governed(&[(Floor, "branches: [release/]")]), "release/1");
    assert_eq!(governed(&[(Floor, &rule("a")), (repository("main"), "branches: [topic]")]), "main topic");
    assert_eq!(
        governed(&[(Floor, "branches: [\"**\"]"), (repository("main"), "branches: [x]")]),
        "main release/1 topic"
    );
}

#[test]
fn a_file_that_cannot_be_used_breaks_the_policy_and_enforces() {
    let error = Diagnostic::error("p.yml", Position { line: 3, column: 5 }, "wrong");
    let warning = Diagnostic::warning("p.yml", Position::START, "odd");
    let relaxed = || read(Floor, "version: 1\nmode: preview\n");
    let policy = combine(vec![Ok(relaxed()), Err(vec![warning, error.clone()])]);
    assert_eq!((policy.broken, policy.mode), (vec![error], Mode::Enforce));
    assert_eq!(combine(vec![Ok(relaxed()), Err(Vec::new())]).broken.len(), 1, "broken without saying why");
    assert_eq!(combine(Vec::new()).broken.len(), 1, "no file at all lets nothing pass");
}

#[test]
fn warnings_do_not_break() {
    let file = read(Floor, "version: 1\nrules: [{ name: r, when: {}, require: { approvals: 1 } }]\n");
    assert_eq!(file.warnings.len(), 1);
    assert_eq!(combine(vec![Ok(file)]).broken, []);
}

prop_compose! {
    /// Any settings and rules, on any level.
    fn any_file()(
        level in 0..4u8,
        rules in proptest::collection::btree_set("[a-d]", 0..3),
        disclosure in proptest::option::of(any::<bool>()),
        by in proptest::option::of(proptest::sample::select(vec!["[review]", "[command]", "[review, command]"])),
        sha in proptest::option::of(proptest::sample::select(vec!["required", "optional"])),
        branches in proptest::option::of(proptest::sample::select(vec!["main", "topic", "release/*", "**"])),
        mode in proptest::option::of(proptest::sample::select(vec!["enforce", "preview"])),
        is_broken in proptest::bool::weighted(0.1),
    ) -> (SourceLevel, String, bool) {
        let level = match level {
            0 => Floor,
            1 => Organisation,
            2 => repository("main"),
            _ => repository("release/1"),
        };
        let rules: Vec<_> = rules.iter().map(|name| format!("{{ name: {name}, require: {{ approvals: 1 }} }}")).collect();
        let mut text = format!("version: 1\nrules: [{}]\n", rules.join(", "));
        let mut say = |key: &str, value: Option<String>| {
            if let Some(value) = value { writeln!(text, "{key}: {value}").expect("strings take text"); }
        };
        say("disclosure", disclosure.map(|required| format!("{{ required: {required} }}")));
        let by = by.map(|by| format!("by: {by}"));
        let sha = sha.map(|sha| format!("sha: {sha}"));
        let approve: Vec<_> = by.into_iter().chain(sha).collect();
        say("approve", (!approve.is_empty()).then(|| format!("{{ {} }}", approve.join(", "))));
        say("branches", branches.map(|pattern| format!("[{pattern:?}]")));
        say("mode", mode.map(str::to_owned));
        (level, text, is_broken)
    }
}

fn compiled(files: &[(SourceLevel, String, bool)]) -> Vec<Read> {
    let one = |(level, text, is_broken): &(SourceLevel, String, bool)| match is_broken {
        true => Err(vec![Diagnostic::error("p.yml", Position::START, "wrong")]),
        false => Ok(read(level.clone(), text)),
    };
    files.iter().map(one).collect()
}

/// Rules are told apart by name and text of their file.
fn laws(policy: &Policy) -> Vec<(String, String)> {
    let law = |rule: &seconder::gate::policy::Rule| (rule.name.clone(), policy.sources[rule.source].digest.clone());
    policy.rules.iter().map(law).collect()
}

proptest! {
    /// Whatever a lower file says, nothing above is weakened.
    #[test]
    fn levels_only_add(mut files in proptest::collection::vec(any_file(), 2..6)) {
        files.sort_by_key(|(level, ..)| level.clone());
        let lower = files.pop().expect("two files or more");
        let above = combine(compiled(&files));
        let mut with = files.clone();
        with.push(lower);
        let below = combine(compiled(&with));

        let kept = laws(&below);
        for law in laws(&above) {
            prop_assert!(kept.contains(&law), "a rule was lost");
        }
        prop_assert!(below.disclosure_required || !above.disclosure_required);
        prop_assert!(above.approve.by_review || !below.approve.by_review);
        prop_assert!(above.approve.by_command || !below.approve.by_command);
        prop_assert!(below.approve.sha_required || !above.approve.sha_required);
        prop_assert!(below.mode >= above.mode);
        prop_assert!(below.broken.len() >= above.broken.len());
        for (base, usual) in [("main", true), ("main", false), ("topic", false), ("release/1", false), ("x", true)] {
            prop_assert!(below.branches.govern(base, usual) || !above.branches.govern(base, usual));
        }
    }

    #[test]
    fn the_order_in_which_files_are_given_does_not_matter(files in proptest::collection::vec(any_file(), 1..5)) {
        let forward = combine(compiled(&files));
        let mut turned = files;
        turned.reverse();
        let backward = combine(compiled(&turned));
        let sorted = |policy: &Policy| { let mut laws = laws(policy); laws.sort(); laws };
        prop_assert_eq!(sorted(&forward), sorted(&backward));
        prop_assert_eq!(forward.disclosure_required, backward.disclosure_required);
        prop_assert_eq!(forward.broken.is_empty(), backward.broken.is_empty());
    }
}
