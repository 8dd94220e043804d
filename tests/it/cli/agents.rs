//! `seconder agents`, and the files of tools that other commands take.

use seconder::gate::detect::Catalogue;

use super::files::Files;
use super::process::{run_in, text};

const OURS: &str = "version: 1
tools:
  - id: acme-coder
    name: Acme Coder
    url: https://acme.example/coder
    sources: [https://acme.example/coder]
    first_seen: 2026Q1
    trailers: [{ key: acme-coder, value: 'session' }]
    samples: { positive: [{ line: \"Acme-Coder: session 12\" }], negative: [{ line: \"Coder: 12\" }] }
  - id: claude
    off: { weak_branches: ['worktree-.+'] }
off: [cursor]
";

fn files() -> Files {
    Files::new(&[("ours.yml", OURS)])
}

#[track_caller]
fn refuses(line: &str, words: &str) {
    let output = files().run(line);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), ""));
    assert!(text(&output.stderr).contains(words), "{}", text(&output.stderr));
}

#[test]
fn the_list_shows_what_is_ones_own_and_what_is_off() {
    let said = files().says("agents --agents ours.yml");
    let line = |id: &str| said.lines().find(|line| line.starts_with(id)).unwrap_or_default();
    assert!(line("acme-coder").ends_with("trailers 1 (ours.yml)"), "{said}");
    assert!(line("claude ").contains("1 OFF (built in)"), "{said}");
    assert!(line("cursor").ends_with("OFF (built in)"), "{said}");
    let listed = files().json("agents --agents ours.yml");
    let tools = listed["tools"].as_array().unwrap();
    let cursor = tools.iter().find(|tool| tool["id"] == "cursor").unwrap();
    assert_eq!((&cursor["is_on"], &listed["files"][1]), (&false.into(), &"ours.yml".into()));
    assert!(!files().says("agents").contains("(built in)"), "without files of one's own, all are built in");
}

#[test]
fn a_tool_is_shown_whole() {
    insta::assert_snapshot!(files().says("agents show acme-coder --agents ours.yml"), @r"
    acme-coder: Acme Coder (ours.yml)
    https://acme.example/coder
    seen from 2026Q1 to now

    trailers
      acme-coder with session

    must match
      line: Acme-Coder: session 12

    must not match
      line: Coder: 12

    sources
      https://acme.example/coder
    exit code 0
    ");
    refuses("agents show cladue", "there is no tool `cladue`: did you mean `claude`?");
}

#[test]
fn a_text_is_tested_and_the_answer_says_why() {
    insta::assert_snapshot!(
        files().says("agents test --agents ours.yml --branch cursor/x --label copilot 'Acme-Coder: session 7'"),
        @r"
    line 1, trailer: Acme-Coder: session 7
      acme-coder (Acme Coder): attributed; it gates
      outside the trailer block: git does not take it for a trailer
      by trailers: `acme-coder` with `session` (ours.yml, line 8)

    not evidence (copilot): copilot
      it is named after a tool, in none of the forms that the tool makes: it may be what the work is about

    assisted: acme-coder
    exit code 0
    "
    );
    insta::assert_snapshot!(files().says("agents test --author 'Claude Paroz <paroz@acme.dev>' 'Support claude'"), @r"
    not evidence (claude): Claude Paroz <paroz@acme.dev>
      people have this name, and nothing else here is a tool's
    not evidence (claude): line 1: Support claude
      it names a tool, but does not say that the tool made this change

    nothing matches
    exit code 0
    ");
    insta::assert_snapshot!(files().says("agents test 'Fix the parser'"), @r"
    nothing matches, and nothing comes near
    exit code 0
    ");
    let tested = files().json("agents test --author 'Claude <noreply@anthropic.com>'");
    assert_eq!(tested["assisted"], true);
    assert_eq!(tested["matches"][0]["mark"]["kind"], "addresses");
}

#[test]
fn a_text_from_elsewhere_does_not_steer_the_terminal() {
    let said = files().says("agents test 'Made-with: Cursor \u{1b}[31m\u{202e}'");
    assert!(said.contains("\\u{1b}[31m") && !said.contains(['\u{1b}', '\u{202e}']), "{said}");
}

#[test]
fn nothing_to_test_is_a_mistake() {
    refuses("agents test", "there is nothing to test");
}

#[test]
fn a_file_is_checked() {
    // How many tools there are changes with every new one.
    let said = files().says("agents check ours.yml");
    let known = Catalogue::embedded().tools().len();
    insta::assert_snapshot!(said.replacen(&format!("{known} tools"), "N tools", 1), @r"
    N tools, 1 of them your own; switched off: cursor, and 1 mark of others
    1 file: nothing wrong
    exit code 0
    ");
    let files = Files::new(&[("bad.yml", &OURS.replace("'session'", "'.*'").replace("[cursor]", "[cusor]"))]);
    insta::assert_snapshot!(files.says("agents check bad.yml"), @r"
    bad.yml:8:42: error: the pattern `.*` matches even where nothing is written
      |
    8 |     trailers: [{ key: acme-coder, value: '.*' }]
      |                                          ^
      help: say what the tool writes, and nobody else

    bad.yml:12:7: error: there is no tool `cusor` to switch off
       |
    12 | off: [cusor]
       |       ^
      help: did you mean `cursor`?

    1 file: 2 errors, 0 warnings
    exit code 1
    ");
    assert_eq!(files.json("agents check bad.yml")["errors"], 2);
}

#[test]
fn other_commands_take_files_of_tools() {
    let commit = r#"{"sha":"1111111111111111111111111111111111111111","message":"Fix\n\nAcme-Coder: session 1"}"#;
    let files = files();
    let run = |arguments: &[&str]| run_in(files.path(), arguments, commit.as_bytes());
    assert!(text(&run(&["detect"]).stdout).contains("\"assisted\":false"));
    assert!(text(&run(&["detect", "--agents", "ours.yml"]).stdout).contains("\"tools\":[\"acme-coder\"]"));
    let refused = run(&["detect", "--agents", "none.yml"]);
    assert_eq!((refused.status.code(), text(&refused.stdout)), (Some(2), ""));
    assert!(text(&refused.stderr).contains("cannot read none.yml: there is no such file"));
}
