//! `seconder detect` as a process.

use std::io::{Read as _, Write as _};
use std::process::Stdio;

use super::process::{run_with, seconder, text};

const SHA: &str = "1111111111111111111111111111111111111111";

fn commit(message: &str) -> String {
    serde_json::json!({ "sha": SHA, "message": message }).to_string()
}

#[test]
fn commits_come_in_and_answers_go_out() {
    let input = format!("{}\n{}\n", commit("Fix\n\nAssisted-by: Claude Code"), commit("Fix"));
    let output = run_with(&["detect"], input.as_bytes());
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
    let assisted: Vec<bool> = text(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["assisted"].as_bool().unwrap())
        .collect();
    assert_eq!(assisted, [true, false]);
}

#[test]
fn no_commits_give_no_answers() {
    for input in ["", "\n", "\n \n"] {
        let output = run_with(&["detect"], input.as_bytes());
        assert_eq!((output.status.code(), output.stdout.len(), output.stderr.len()), (Some(0), 0, 0));
    }
}

#[test]
fn a_bad_line_ends_it_after_the_answers_before() {
    let mut input = format!("{}\n{{\"sha\": 1}}\n", commit("Fix")).into_bytes();
    let output = run_with(&["detect"], &input);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(text(&output.stdout).lines().count(), 1);
    let said = text(&output.stderr);
    assert!(said.starts_with("seconder: line 2 of the input is not a commit"), "{said}");
    assert!(said.contains("expected an object with `sha`"), "{said}");
    input.truncate(0);
    input.extend_from_slice(b"{\"sha\": \"\xff\"}\n");
    let output = run_with(&["detect"], &input);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("line 1 of the input cannot be read"), "{}", text(&output.stderr));
}

#[test]
fn a_long_history_is_read_to_its_end() {
    let line = commit(&format!("Fix\n\n{}", "All work and no play. ".repeat(40))) + "\n";
    let output = run_with(&["detect"], line.repeat(2_000).as_bytes());
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
    assert_eq!(text(&output.stdout).lines().count(), 2_000);
}

#[test]
fn one_huge_message_is_no_trouble() {
    let message = format!("{}\n\nCo-Authored-By: Claude <noreply@anthropic.com>", "long ".repeat(1_000_000));
    let output = run_with(&["detect"], (commit(&message) + "\n").as_bytes());
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
    assert!(text(&output.stdout).contains("\"assisted\":true"));
}

#[test]
fn whoever_has_read_enough_may_leave() {
    let mut child =
        seconder(&["detect"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().unwrap();
    let line = commit("Fix\n\nAssisted-by: Claude Code") + "\n";
    // It stops reading once its answers go nowhere.
    while stdin.write_all(line.repeat(100).as_bytes()).is_ok() {}
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""));
}
