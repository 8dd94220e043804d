//! Our reading of trailers is git's own: the same messages are given to git, and the answers compared.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRng, TestRunner};
use seconder::gate::detect::trailers::{git_trailers, trailers};
use serde::Deserialize;

type Trailers = Vec<(String, String)>;

/// Git, without what anybody configured on this machine.
fn git(directory: &Path) -> Command {
    let mut git = Command::new("git");
    git.current_dir(directory).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    git.env("GIT_CONFIG_NOSYSTEM", "1").env("HOME", directory).env("LC_ALL", "C.UTF-8");
    git
}

fn run(command: &mut Command, input: &[u8]) -> Vec<u8> {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("git is installed: apt-get install git");
    let mut stdin = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(input).unwrap());
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        output.stdout
    })
}

/// What git finds in each of many messages, which are committed for this: one process instead of thousands.
fn by_git(messages: &[String]) -> Vec<Trailers> {
    let directory = tempfile::tempdir().unwrap();
    run(git(directory.path()).args(["init", "--quiet", "--bare"]), b"");
    let mut stream = Vec::new();
    for (at, message) in messages.iter().enumerate() {
        // Each at a time of its own, so that no two are the same commit.
        let who = format!("committer Ana <ana@acme.dev> {} +0000", 1_700_000_000 + at);
        write!(stream, "commit refs/heads/m{at}\n{who}\ndata {}\n{message}\n", message.len()).unwrap();
    }
    run(git(directory.path()).args(["fast-import", "--quiet"]), &stream);
    let format = "--format=%ct%x1d%(trailers:only=true,unfold=true,separator=%x1c,key_value_separator=%x1f)%x1e";
    let output = run(git(directory.path()).args(["log", "--branches", format]), b"");
    let mut found = vec![Trailers::new(); messages.len()];
    for entry in String::from_utf8(output).unwrap().split('\u{1e}') {
        let Some((time, rest)) = entry.trim_start_matches('\n').split_once('\u{1d}') else {
            continue;
        };
        let at = time.parse::<usize>().unwrap() - 1_700_000_000;
        let pairs = rest.split('\u{1c}').filter_map(|pair| pair.split_once('\u{1f}'));
        *found.get_mut(at).unwrap() = pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    }
    found
}

#[track_caller]
fn agree(messages: &[String]) {
    for (message, by_git) in messages.iter().zip(by_git(messages)) {
        assert_eq!(git_trailers(message), by_git, "ours and git's, of {message:?}");
    }
}

/// A line that matters to git, or one that does not.
fn line() -> impl Strategy<Value = String> {
    let telling = prop::sample::select(vec![
        "",
        "",
        "",
        " ",
        "\t",
        "\r",
        "Signed-off-by: Ana <ana@acme.dev>",
        "(cherry picked from commit 1111111111111111111111111111111111111111)",
        "Co-authored-by: Claude <noreply@anthropic.com>",
        "Assisted-by: Claude:claude-opus-4-6",
        "Key : value",
        "Key\t: value",
        "Two words: value",
        "under_score: value",
        "Key:",
        "Key:value",
        ": value",
        "-: value",
        " Key: value",
        "\tfolded",
        "  folded more",
        "# a comment",
        "#",
        "# ------------------------ >8 ------------------------",
        "Conflicts:",
        "\tsrc/main.rs",
        "---",
        "--- a/file",
        "Prose that says something.",
        "Prose: that looks like a trailer",
        "https://example.org/a",
        "Schlüssel: Wert",
        "Key: value \u{a0}",
    ]);
    let any = "[A-Za-z:# \t-]{0,12}";
    prop_oneof![6 => telling.prop_map(str::to_owned), 1 => any]
}

fn message() -> impl Strategy<Value = String> {
    let body = prop::collection::vec(line(), 0..12);
    ("[A-Z][a-z :]{0,12}", body, any::<bool>()).prop_map(|(title, body, ends)| {
        let mut message = title;
        for line in body {
            write!(message, "\n{line}").unwrap();
        }
        message + if ends { "\n" } else { "" }
    })
}

#[test]
fn generated_messages_hold_the_trailers_that_git_finds() {
    let rng = TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let messages: Vec<String> = (0..4_000).map(|_| message().new_tree(&mut runner).unwrap().current()).collect();
    let with_trailers = messages.iter().filter(|message| !git_trailers(message).is_empty()).count();
    assert!(with_trailers > 400, "only {with_trailers} of the messages hold trailers");
    agree(&messages);
}

#[test]
fn real_messages_hold_the_trailers_that_git_finds() {
    #[derive(Deserialize)]
    struct Commit {
        message: String,
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/corpus/commits.jsonl");
    let corpus = std::fs::read_to_string(path).unwrap();
    let commits = corpus.lines().map(|line| serde_json::from_str::<Commit>(line).unwrap());
    // Git takes blank lines before the title away before it looks.
    agree(&commits.map(|commit| commit.message.trim_start().to_owned()).collect::<Vec<_>>());
}

#[test]
fn the_command_that_everybody_knows_says_the_same() {
    let directory = tempfile::tempdir().unwrap();
    for message in [
        "Fix\n\nBody.\n\nCo-authored-by: Jo <jo@acme.dev>\nAssisted-by: Claude:claude-opus-4-6\n  [Claude Code]\n",
        "Fix\n\nProse above.\nSigned-off-by: Jo <jo@acme.dev>\nfolded? no\n",
        "Fix\n\nSigned-off-by: Jo <jo@acme.dev>\n\nConflicts:\n\tsrc/main.rs\n",
        "Fix: not a trailer\n",
    ] {
        let output =
            run(git(directory.path()).args(["interpret-trailers", "--parse", "--no-divider"]), message.as_bytes());
        let lines: Vec<String> = git_trailers(message).iter().map(|(key, value)| format!("{key}: {value}")).collect();
        assert_eq!(String::from_utf8(output).unwrap().lines().collect::<Vec<_>>(), lines, "{message:?}");
    }
}

#[test]
fn a_trailer_says_whether_it_stands_where_git_looks() {
    let message = "Squash\n\n* One\n\nCo-authored-by: Claude <noreply@anthropic.com>\n\n* Two\n\nCo-authored-by: Jo <jo@acme.dev>";
    let places: Vec<_> = trailers(message).into_iter().map(|trailer| (trailer.line, trailer.in_block)).collect();
    assert_eq!(places, [(5, false), (9, true)]);
}
