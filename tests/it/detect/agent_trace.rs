//! Agent-trace records: whose they are, which change they speak of, and in which forms they come.

use std::collections::BTreeSet;

use proptest::prelude::*;
use seconder::gate::detect::agent_trace::{Subject, Traces, is_trace_file};
use seconder::gate::detect::notes::{LONGEST_BYTES, Unread};
use seconder::gate::detect::{Catalogue, Channel, Place, Strength};
use serde_json::{Value, json};

use super::sha;

const FILE: &str = ".agent-trace/traces.jsonl";
/// Where all work of these stories began.
const PARENT: &str = "2222222222222222222222222222222222222222";

/// A record as the reference implementation writes it.
fn record(id: u32, path: &str, kind: &str) -> Value {
    json!({
        "version": "1.0", "id": format!("550e8400-e29b-41d4-a716-44665544{id:04}"), "timestamp": "2026-01-23T14:30:00Z",
        "vcs": { "type": "git", "revision": PARENT }, "tool": { "name": "cursor", "version": "2.4.0" },
        "files": [{ "path": path, "conversations": [{
            "url": "https://example.com/conversation/1",
            "contributor": { "type": kind, "model_id": "anthropic/claude-opus-4-5-20251101" },
            "ranges": [{ "start_line": 1, "end_line": 9 }],
        }] }],
        "metadata": { "conversation_id": "1" },
    })
}

fn lines(records: &[Value]) -> String {
    records.iter().flat_map(|record| [record.to_string(), "\n".to_owned()]).collect()
}

/// What a change of `src/a.rs` shows by a file of records that it touches.
fn read(now: &str, before: Option<&str>) -> Traces {
    let paths = BTreeSet::from(["src/a.rs", FILE]);
    Traces::read(FILE, now, before, Subject { commits: &[sha()], paths: Some(&paths) })
}

/// Tool, text and strength of each piece of evidence.
fn shown(traces: &Traces) -> Vec<(String, String, Strength)> {
    let evidence = traces.evidence(Catalogue::embedded());
    for piece in &evidence {
        assert_eq!((piece.channel, piece.autonomous), (Channel::Trace, false));
        assert_eq!(piece.place, Place::Trace { path: FILE.to_owned() });
        assert_eq!(piece.gates, piece.strength == Strength::Attributed);
    }
    evidence.into_iter().map(|piece| (piece.tool, piece.text, piece.strength)).collect()
}

fn gates(traces: &Traces) -> bool {
    shown(traces).iter().any(|(_, _, strength)| *strength == Strength::Attributed)
}

#[test]
fn a_record_that_the_change_adds_about_its_own_file_gates() {
    for kind in ["ai", "mixed"] {
        let added = read(&lines(&[record(1, "src/a.rs", kind), record(2, "src/a.rs", kind)]), None);
        let text = "cursor (anthropic/claude-opus-4-5-20251101) wrote lines";
        assert_eq!(shown(&added), [("cursor".to_owned(), text.to_owned(), Strength::Attributed)]);
    }
}

#[test]
fn what_people_wrote_or_nobody_knows_is_no_evidence() {
    for kind in ["human", "unknown", "", "AI?"] {
        assert_eq!(shown(&read(&lines(&[record(1, "src/a.rs", kind)]), None)), [], "{kind}");
    }
}

#[test]
fn a_record_that_was_there_before_speaks_of_another_change() {
    let old = lines(&[record(1, "src/a.rs", "ai")]);
    let person = lines(&[record(1, "src/a.rs", "ai"), record(2, "src/a.rs", "human")]);
    assert_eq!(shown(&read(&person, Some(&old))), []);
    assert!(gates(&read(&lines(&[record(1, "src/a.rs", "ai"), record(3, "src/a.rs", "ai")]), Some(&old))));
}

#[test]
fn a_record_that_names_a_commit_of_the_change_speaks_of_it_wherever_it_came_from() {
    let mut own = record(1, "src/a.rs", "ai");
    own["vcs"]["revision"] = json!(sha());
    assert!(gates(&read(&lines(&[own.clone()]), Some(&lines(&[own.clone()])))));
    own["vcs"]["revision"] = json!("1111");
    assert!(!gates(&read(&lines(&[own.clone()]), Some(&lines(&[own])))), "too short to name a commit");
}

#[test]
fn records_about_other_files_and_about_the_recorder_itself_are_no_evidence() {
    for path in ["src/b.rs", ".sessions", ".shell-history", ".unknown", "/src/a.rs"] {
        assert_eq!(shown(&read(&lines(&[record(1, path, "ai")]), None)), [], "{path}");
    }
    assert!(gates(&read(&lines(&[record(1, "./src/a.rs", "ai")]), None)));
    let all = Traces::read(FILE, &lines(&[record(1, "src/b.rs", "ai")]), None, Subject { commits: &[], paths: None });
    assert!(gates(&all), "where nobody knows which files a change touches, it may be any");
}

#[test]
fn the_author_of_a_range_stands_before_that_of_its_conversation() {
    let mut handed_over = record(1, "src/a.rs", "ai");
    let conversation = &mut handed_over["files"][0]["conversations"][0];
    conversation["ranges"][0]["contributor"] = json!({ "type": "human" });
    let (_, text, strength) = shown(&read(&lines(&[handed_over.clone()]), None)).remove(0);
    assert_eq!(strength, Strength::Context);
    assert!(text.ends_with("took part, and no line is attributed to it"), "{text}");
    let conversation = &mut handed_over["files"][0]["conversations"][0];
    conversation["contributor"] = json!({ "type": "human" });
    conversation["ranges"][0]["contributor"] = json!({ "type": "ai", "model_id": "openai/gpt-5" });
    let text = shown(&read(&lines(&[handed_over]), None)).remove(0).1;
    assert_eq!(text, "cursor (openai/gpt-5) wrote lines");
}

#[test]
fn a_conversation_without_lines_is_shown_and_does_not_gate() {
    for ranges in [json!([]), json!([{ "start_line": 0, "end_line": 3 }]), json!([{ "start_line": 5, "end_line": 3 }])]
    {
        let mut none = record(1, "src/a.rs", "ai");
        none["files"][0]["conversations"][0]["ranges"] = ranges;
        let shown = shown(&read(&lines(&[none]), None));
        assert_eq!(shown.iter().map(|one| one.2).collect::<Vec<_>>(), [Strength::Context]);
    }
}

#[test]
fn where_the_tool_is_not_named_the_model_tells() {
    for (tool, model, expected) in [
        (json!(null), json!("anthropic/claude-opus-4-5"), "claude"),
        (json!({ "name": "unknown" }), json!("openai/gpt-5"), "openai"),
        (json!({ "name": "claude-code" }), json!(null), "claude"),
        (json!({ "name": "somebody's own" }), json!("anthropic/claude-opus-4-5"), "unspecified"),
        (json!(null), json!(null), "unspecified"),
    ] {
        let mut other = record(1, "src/a.rs", "ai");
        other["tool"] = tool;
        other["files"][0]["conversations"][0]["contributor"]["model_id"] = model;
        assert_eq!(shown(&read(&lines(&[other]), None))[0].0, expected);
    }
}

#[test]
fn one_record_and_a_list_of_them_are_read_as_well() {
    let one = record(1, "src/a.rs", "ai");
    assert!(gates(&read(&serde_json::to_string_pretty(&one).unwrap(), None)));
    assert!(gates(&read(&json!([one, record(2, "src/a.rs", "human")]).to_string(), None)));
    assert!(gates(&read(&format!("\r\n{one}\r\n"), None)));
}

#[test]
fn what_is_not_understood_is_said_and_hides_nothing() {
    let mixed = format!("{{\"files\": \n{}\nfiles", lines(&[record(1, "src/a.rs", "ai")]));
    let strengths: Vec<_> = shown(&read(&mixed, None)).into_iter().map(|one| one.2).collect();
    assert_eq!(strengths, [Strength::Attributed, Strength::Hint]);
    for text in ["{}", "[{}]", "7", "null", "{\"files\": 1}", "{\"files\": [", "by hand"] {
        let shown = shown(&read(text, None));
        assert_eq!(shown.iter().map(|one| one.2).collect::<Vec<_>>(), [Strength::Hint], "{text}");
    }
    assert_eq!(read("", None).unread, None);
    assert_eq!(read(&"\n".repeat(LONGEST_BYTES + 1), None).unread, Some(Unread::TooLong));
}

#[test]
fn files_of_records_stand_in_a_folder_of_their_own() {
    for path in [FILE, ".agent-trace/2026/01.json", "services/pay/.agent-trace/traces.jsonl"] {
        assert!(is_trace_file(path), "{path}");
    }
    for path in
        ["traces.jsonl", ".agent-trace/README.md", ".agent-trace", "agent-trace/traces.jsonl", "x.agent-trace/a.json"]
    {
        assert!(!is_trace_file(path), "{path}");
    }
}

#[test]
fn hostile_records_cost_no_more_than_their_size() {
    let many: Vec<Value> = (0..3_000).map(|n| record(n, "src/a.rs", "ai")).collect();
    assert_eq!(shown(&read(&lines(&many), Some(&lines(&many[1..])))).len(), 1);
    let tools: Vec<Value> = (0..500)
        .map(|n| {
            let mut one = record(n, "src/a.rs", "ai");
            one["tool"]["name"] = json!(format!("{n}{}", "x".repeat(300)));
            one
        })
        .collect();
    let kept = read(&lines(&tools), None);
    assert_eq!(kept.authors.len(), 50);
    assert!(kept.authors.iter().all(|author| author.tool.len() <= 100));
    for part in ["[", "{\"files\":[", "{\"files\":[]}\n", "\n", "\""] {
        read(&part.repeat(1_000_000 / part.len()), Some(&part.repeat(1_000_000 / part.len())));
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(now in any::<String>(), before in any::<Option<String>>()) {
        read(&now, before.as_deref()).evidence(Catalogue::embedded());
    }

    #[test]
    fn the_order_of_records_does_not_matter(kinds in prop::collection::vec(prop::sample::select(vec!["ai", "human", "mixed"]), 1..6), at in any::<prop::sample::Index>()) {
        let mut records: Vec<Value> = kinds.iter().zip(0..).map(|(kind, n)| record(n, "src/a.rs", kind)).collect();
        let before = read(&lines(&records), None);
        let at = at.index(records.len());
        records.rotate_left(at);
        prop_assert_eq!(read(&lines(&records), None), before);
    }
}
