//! Authorship notes of git-ai: every form that was ever written, real ones, and hostile ones.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use proptest::prelude::*;
use seconder::gate::detect::notes::{LONGEST_BYTES, Note, Unread};
use seconder::gate::detect::{Catalogue, Channel, Evidence, Place, Strength};
use serde::Deserialize;

use super::sha;

fn evidence(note: &str) -> Vec<Evidence> {
    Note::parse(note).evidence(&sha(), Catalogue::embedded())
}

/// The tools that gate.
fn tools(note: &str) -> BTreeSet<String> {
    evidence(note).into_iter().filter(|piece| piece.gates).map(|piece| piece.tool).collect()
}

/// The only piece of evidence, as text and strength.
#[track_caller]
fn only(note: &Note) -> (String, String, Strength) {
    let evidence = note.evidence(&sha(), Catalogue::embedded());
    let [piece] = evidence.as_slice() else { panic!("{evidence:?}") };
    assert_eq!(piece.channel, Channel::Note);
    assert_eq!(piece.place, Place::Note { commit: sha() });
    assert_eq!(piece.gates, piece.strength == Strength::Attributed);
    assert!(!piece.autonomous, "whoever commits is the author");
    (piece.tool.clone(), piece.text.clone(), piece.strength)
}

/// A note of version 3 with these first lines, sessions and prompts.
fn note(lines: &str, sessions: &str) -> String {
    format!(
        "{lines}---\n{{\"schema_version\": \"authorship/3.0.0\", \"base_commit_sha\": \"{}\", {sessions}}}\n",
        sha()
    )
}

const PROMPT: &str = r#""prompts": {"abcd1234abcd1234": {
    "agent_id": {"tool": "cursor", "id": "1", "model": "claude-4.5-opus"}, "human_author": "Jo Example <jo@example.com>",
    "messages": [{"type": "user", "text": "please"}], "total_additions": 25, "overriden_lines": 0}}"#;
const SESSION: &str = r#""prompts": {}, "humans": {"h_31dce776f88375": {"author": "Jo Example <jo@example.com>"}},
    "sessions": {"s_c9883b05a2487d": {"agent_id": {"tool": "claude", "id": "2", "model": "claude-opus-4-5"},
    "human_author": "jo@example.com"}}"#;

#[test]
fn lines_of_a_prompt_gate_and_say_who_operated_the_tool() {
    let note = Note::parse(&note("src/main.rs\n  abcd1234abcd1234 1-10,15\n", PROMPT));
    let text = "cursor (claude-4.5-opus) wrote 11 lines, asked by Jo Example";
    assert_eq!(only(&note), ("cursor".to_owned(), text.to_owned(), Strength::Attributed));
}

#[test]
fn lines_of_a_session_gate_and_no_address_is_shown() {
    let note =
        Note::parse(&note("src/main.rs\n  s_c9883b05a2487d::t_9f8e7d6c5b4a32 7\n  h_31dce776f88375 8\n", SESSION));
    let text = "claude (claude-opus-4-5) wrote 1 line";
    assert_eq!(only(&note), ("claude".to_owned(), text.to_owned(), Strength::Attributed));
}

#[test]
fn a_session_without_lines_is_shown_and_does_not_gate() {
    for lines in ["", "src/main.rs\n", "src/main.rs\n  h_31dce776f88375 8\n", "a.rs\n  s_c9883b05a2487d::t_1 0,x,9-3\n"]
    {
        let (tool, text, strength) = only(&Note::parse(&note(lines, SESSION)));
        assert_eq!((tool.as_str(), strength), ("claude", Strength::Context), "{lines}");
        assert!(text.contains("no line is attested to it"), "{text}");
    }
}

#[test]
fn an_empty_note_and_lines_of_people_are_no_evidence() {
    assert_eq!(evidence(&note("", r#""prompts": {}"#)), []);
    let humans = r#""prompts": {}, "humans": {"h_31dce776f88375": {"author": "Jo Example <jo@example.com>"}}"#;
    assert_eq!(evidence(&note("a.rs\n  h_31dce776f88375 1-9\n", humans)), []);
    assert_eq!(evidence(""), []);
}

#[test]
fn a_key_that_the_note_does_not_explain_came_from_another_commit() {
    assert_eq!(evidence(&note("a.rs\n  ffff1234abcd1234 1-9\n  s_ffffffffffffff::t_1 3\n", r#""prompts": {}"#)), []);
}

#[test]
fn tests_of_the_recorder_are_no_evidence() {
    for tool in ["mock_ai", "test-agent", "test", "human"] {
        let prompts = format!(r#""prompts": {{"k": {{"agent_id": {{"tool": "{tool}", "id": "1", "model": "m"}}}}}}"#);
        assert_eq!(evidence(&note("a.rs\n  k 1\n", &prompts)), [], "{tool}");
    }
}

#[test]
fn names_of_tools_lead_to_the_catalogue() {
    for (name, tool) in [
        ("claude", "claude"),
        ("claude-code", "claude"),
        ("claude-web", "claude"),
        ("Cursor", "cursor"),
        ("cursor-agent", "cursor"),
        ("codex", "codex"),
        ("codex-cloud", "codex"),
        ("github-copilot", "copilot"),
        ("github-copilot-cli", "copilot"),
        ("droid", "factory-droid"),
        ("continue-cli", "continue"),
        ("gemini", "gemini"),
        ("amp", "amp"),
        ("opencode", "opencode"),
        ("windsurf", "windsurf"),
        ("devin", "devin"),
        ("junie", "junie"),
        ("pi", "pi"),
        ("cline", "cline"),
        ("", "unspecified"),
        ("unknown", "unspecified"),
    ] {
        let prompts =
            format!(r#""prompts": {{"k": {{"agent_id": {{"tool": "{name}", "id": "1", "model": "unknown"}}}}}}"#);
        assert_eq!(tools(&note("a.rs\n  k 1\n", &prompts)), BTreeSet::from([tool.to_owned()]), "{name}");
    }
}

#[test]
fn a_tool_that_nobody_knows_counts_under_its_own_name() {
    let prompts = r#""prompts": {"k": {"agent_id": {"tool": "newcomer", "id": "1", "model": "claude-opus-4-5"}}}"#;
    let (tool, text, strength) = only(&Note::parse(&note("a.rs\n  k 1-2\n", prompts)));
    assert_eq!((tool.as_str(), strength), ("unspecified", Strength::Attributed));
    assert_eq!(text, "newcomer (claude-opus-4-5) wrote 2 lines");
}

#[test]
fn where_the_tool_is_not_named_its_model_tells() {
    let prompts = r#""prompts": {"k": {"agent_id": {"tool": "unknown", "model": "claude-opus-4-5"}}}"#;
    assert_eq!(tools(&note("a.rs\n  k 1-2\n", prompts)), BTreeSet::from(["claude".to_owned()]));
}

#[test]
fn quoted_paths_unsorted_ranges_and_loose_white_space_are_read() {
    let lines = "\"src/a file.rs\"\n  abcd1234abcd1234 30-35,7,1-4\n\tabcd1234abcd1234\t40, 41\n";
    let text = only(&Note::parse(&note(lines, PROMPT).replace('\n', "\r\n"))).1;
    assert!(text.contains("wrote 13 lines"), "{text}");
}

#[test]
fn a_line_that_is_attested_twice_is_one_line() {
    let lines = "a.rs\n  abcd1234abcd1234 1-10,5-7,10-12\n  abcd1234abcd1234 2\nb.rs\n  abcd1234abcd1234 1\n";
    let text = only(&Note::parse(&note(lines, PROMPT))).1;
    assert!(text.contains("wrote 13 lines"), "{text}");
}

#[test]
fn notes_that_git_appended_to_each_other_are_both_read() {
    let both = format!(
        "{}\n{}",
        note("a.rs\n  abcd1234abcd1234 1\n", PROMPT),
        note("b.rs\n  s_c9883b05a2487d::t_1 1\n", SESSION)
    );
    assert_eq!(tools(&both), BTreeSet::from(["claude".to_owned(), "cursor".to_owned()]));
}

#[test]
fn early_notes_name_people_and_tools_alike() {
    let early = |author: &str, metadata: &str| {
        format!(
            r#"{{"files":{{"a.rs":{{"file":"a.rs","authors":[{{"author":"{author}","lines":[57,[10,71]],
            "agent_metadata":{metadata}}}]}}}},"schema_version":"authorship/0.0.1"}}"#
        )
    };
    let (tool, text, strength) = only(&Note::parse(&early("Claude Code", "null")));
    assert_eq!(
        (tool.as_str(), text.as_str(), strength),
        ("claude", "Claude Code wrote 62 lines", Strength::Attributed)
    );
    assert_eq!(evidence(&early("Jo Example", "null")), []);
    assert_eq!(tools(&early("Jo Example", r#"{"tool": "cursor"}"#)), BTreeSet::from(["cursor".to_owned()]));
    assert_eq!(tools(&early("Somebody", r#"{"other": 1}"#)), BTreeSet::from(["unspecified".to_owned()]));
}

#[test]
fn notes_between_the_versions_name_sessions() {
    let second = r#"{"schema_version":"authorship/2.0.0","authors":{"k":{"username":"Jo"}},
        "files":{"a.rs":[{"lines":[[1,3]],"author_key":"k","prompt_session_id":"p"},{"lines":[9],"author_key":"k"}]},
        "prompts":{"p":{"agent_id":{"tool":"cursor","model":"default"},"messages":[]}}}"#;
    assert_eq!(only(&Note::parse(second)).1, "cursor wrote 3 lines");
}

#[test]
fn a_note_that_cannot_be_read_says_so() {
    for text in [
        "Reviewed by hand.",
        "a.rs\n  k 1\n",
        "---\n{",
        "---\nnull",
        "{}",
        "{\"files\": 1}",
        "a.rs\n  k 1\n---\n{\"prompts\": []}",
    ] {
        let (tool, said, strength) = only(&Note::parse(text));
        assert_eq!((tool.as_str(), strength), ("unspecified", Strength::Hint), "{text}");
        assert!(said.contains("not understood"), "{said}");
    }
    let long = " ".repeat(LONGEST_BYTES + 1);
    assert_eq!(Note::parse(&long).unread, Some(Unread::TooLong));
}

#[test]
fn what_was_understood_counts_also_where_something_follows_that_was_not() {
    let text = format!("{}and more", note("a.rs\n  abcd1234abcd1234 1\n", PROMPT));
    let found = evidence(&text);
    assert_eq!(found.iter().map(|piece| piece.strength).collect::<Vec<_>>(), [Strength::Attributed, Strength::Hint]);
}

#[test]
fn the_beginning_of_a_note_gates_where_it_attests_lines_to_sessions() {
    let whole = note("a.rs\n  abcd1234abcd1234 1-5\n  h_31dce776f88375 8\n", PROMPT);
    let found = Note::parse_start(&whole[..whole.len() - 40]).evidence(&sha(), Catalogue::embedded());
    let told: Vec<_> = found.iter().map(|piece| (piece.text.as_str(), piece.gates)).collect();
    let hint = "the forge gave only the beginning of the note";
    assert_eq!(told, [("an AI tool wrote 5 lines", true), (hint, false)]);
    let human = note("a.rs\n  h_31dce776f88375 8\n", SESSION);
    assert_eq!(Note::parse_start(&human).evidence(&sha(), Catalogue::embedded()).len(), 1);
    assert_eq!(Note::parse_start("{\n  \"files\": {\n  \"k\": 1").authors, []);
}

#[test]
fn a_record_in_another_form_is_a_session_all_the_same() {
    for record in ["null", "7", "[]", "{}", r#"{"agent_id": "cursor"}"#, r#"{"agent_id": {"tool": 5}}"#] {
        let prompts = format!(r#""prompts": {{"k": {record}}}"#);
        assert_eq!(tools(&note("a.rs\n  k 1\n", &prompts)), BTreeSet::from(["unspecified".to_owned()]), "{record}");
    }
}

#[test]
fn a_hostile_note_costs_no_more_than_its_size_and_no_number_overflows() {
    let mut many = String::new();
    for at in 0..60_000 {
        let _ = writeln!(many, "f{at}\n  abcd1234abcd1234 1-4294967295,4294967295");
    }
    let text = only(&Note::parse(&note(&many, PROMPT))).1;
    assert!(text.contains("wrote 257698037700000 lines"), "{text}");
    for part in ["---\n{}\n", "{\"files\":{}}", "  k 1\n", "[", "{\"a\":", "\"", "1,", "---\n"] {
        let hostile = part.repeat(2_000_000 / part.len());
        evidence(&hostile);
        evidence(&format!("a\n  k {hostile}"));
        evidence(&format!("---\n{hostile}"));
        Note::parse_start(&hostile);
    }
    let sessions: Vec<_> = (0..5_000)
        .map(|n| format!(r#""s_{n}": {{"agent_id": {{"tool": "tool {n}", "model": "{}"}}}}"#, "m".repeat(500)))
        .collect();
    let kept = Note::parse(&note("a.rs\n  s_7::t_1 1\n", &format!(r#""sessions": {{{}}}"#, sessions.join(","))));
    assert!(kept.authors.len() <= 50);
    assert_eq!(kept.authors[0].name, "tool 7", "who wrote lines is kept first");
    assert!(kept.authors[0].model.as_ref().unwrap().len() <= 100);
}

#[derive(Debug, Deserialize)]
struct Labelled {
    sha: String,
    note: String,
    label: Label,
}

#[derive(Debug, Deserialize)]
struct Label {
    kind: String,
    ai_lines: bool,
    tools: BTreeSet<String>,
}

/// See tests/fixtures/corpus/ORIGIN.md.
#[test]
fn real_notes_are_told_apart() {
    let corpus = include_str!("../../fixtures/corpus/notes.jsonl");
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for line in corpus.lines() {
        let Labelled { sha, note, label } = serde_json::from_str(line).unwrap();
        let expected: BTreeSet<String> = label.tools.into_iter().filter(|tool| tool != "mock_ai").collect();
        let found = if label.ai_lines { tools(&note) } else { BTreeSet::new() };
        assert_eq!(tools(&note).is_empty(), !label.ai_lines, "{sha}: {:?}", evidence(&note));
        assert_eq!(found, if label.ai_lines { expected } else { BTreeSet::new() }, "{sha}");
        let shown = evidence(&note);
        assert!(shown.iter().all(|piece| piece.strength != Strength::Hint), "{sha} is not understood: {shown:?}");
        assert_eq!(shown.is_empty(), !label.kind.starts_with("ai-") && label.kind != "legacy-0.0.1", "{sha} {shown:?}");
        *kinds.entry(label.kind).or_default() += 1;
    }
    let kinds: Vec<_> = kinds.iter().map(|(kind, count)| (kind.as_str(), *count)).collect();
    assert_eq!(
        kinds,
        [
            ("ai-lines", 100),
            ("ai-session-without-lines", 12),
            ("empty", 25),
            ("human-only", 10),
            ("legacy-0.0.1", 3),
            ("legacy-human-only", 3)
        ]
    );
}

/// Attested lines, in any order and form: `(file, key, range)`.
fn attested() -> impl Strategy<Value = Vec<(usize, usize, (u32, u32))>> {
    prop::collection::vec((0..3_usize, 0..4_usize, (0..40_u32, 0..40_u32)), 0..12)
}

const KEYS: [&str; 4] =
    ["abcd1234abcd1234", "s_c9883b05a2487d::t_9f8e7d6c5b4a32", "h_31dce776f88375", "ffff000011112222"];

fn written(attested: &[(usize, usize, (u32, u32))]) -> String {
    let mut lines = String::new();
    for (file, key, (first, last)) in attested {
        let _ = writeln!(lines, "src/{file}.rs\n  {} {first}-{last}", KEYS[*key]);
    }
    let prompts = PROMPT.trim_start_matches(r#""prompts": {"#);
    let sessions = SESSION.trim_start_matches(r#""prompts": {}, "#);
    note(&lines, &format!(r#""prompts": {{{prompts}, {sessions}"#))
}

proptest! {
    #[test]
    fn the_order_of_lines_does_not_matter(attested in attested().prop_shuffle(), seed in attested().prop_flat_map(|_| any::<u64>())) {
        let before = evidence(&written(&attested));
        let mut other = attested.clone();
        let at = usize::try_from(seed % 13).unwrap().min(other.len());
        other.rotate_left(at);
        prop_assert_eq!(evidence(&written(&other)), before.clone());
        other.reverse();
        prop_assert_eq!(evidence(&written(&other)), before);
    }

    #[test]
    fn a_foreign_key_changes_nothing(attested in attested(), at in any::<prop::sample::Index>(), range in (1..9_u32, 9..40_u32)) {
        let before = evidence(&written(&attested));
        let mut more = attested.clone();
        more.insert(at.index(attested.len() + 1), (0, 3, range));
        prop_assert_eq!(evidence(&written(&more)), before);
    }

    #[test]
    fn no_text_makes_it_panic(text in any::<String>(), start in 0..400_usize) {
        evidence(&text);
        let whole = written(&[(0, 0, (1, 2))]);
        let cut: String = whole.chars().take(start).collect();
        evidence(&cut);
        Note::parse_start(&cut).evidence(&sha(), Catalogue::embedded());
    }

    #[test]
    fn a_note_is_kept_as_it_was_read(attested in attested()) {
        let note = Note::parse(&written(&attested));
        let json = serde_json::to_string(&note).unwrap();
        prop_assert_eq!(serde_json::from_str::<Note>(&json).unwrap(), note);
    }
}

/// Commits of the branch `entire/checkpoints/v1` hold what was said in sessions, and no code.
#[test]
fn a_commit_that_keeps_a_session_is_no_evidence_about_code() {
    let message = "Checkpoint: 0a1b2c3d4e5f\n\nEntire-Session: 2026-01-13-0f0e0d0c\nEntire-Strategy: manual-commit\n\
                   Entire-Agent: Claude Code\nEphemeral-branch: entire/2b4c177";
    assert_eq!(super::tools(message), BTreeSet::new());
    assert_eq!(super::tools("Retry\n\nEntire-Checkpoint: 0a1b2c3d4e5f"), BTreeSet::from(["entire".to_owned()]));
}
