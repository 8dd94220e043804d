//! Whatever an offline command is given: a clear answer in bounded time and memory, and nothing written.

use std::fs;
use std::path::Path;
use std::process::Output;

use super::process::{run_in, run_with, seconder, text};

/// The most memory that a command may map, in KiB. The input is 50 MB at most.
const MAX_MAPPED_KIB: u64 = 2_000_000;

/// Commands that read a file, with FILE in its place. The others are given good files.
const COMMANDS: &[&[&str]] = &[
    &["policy", "check", "FILE"],
    &["policy", "check", "good.yml", "--floor", "FILE"],
    &["policy", "check", "good.yml", "--organisation", "FILE"],
    &["policy", "check", "good.yml", "--directory", "FILE"],
    &["policy", "explain", "FILE"],
    &["policy", "explain", "good.yml", "--directory", "FILE"],
    &["agents", "check", "FILE"],
    &["directory", "check", "FILE"],
    &["directory", "lookup", "ana", "--directory", "FILE"],
];

struct Case {
    name: &'static str,
    bytes: Vec<u8>,
    /// What every command says of it, after `name:`.
    says: &'static str,
}

fn case(name: &'static str, bytes: impl Into<Vec<u8>>, says: &'static str) -> Case {
    Case { name, bytes: bytes.into(), says }
}

/// An anchor of ten, and each of eight below it holds the one before ten times.
fn bomb() -> String {
    let level = |n: u32| format!("- &a{} [{}]\n", n + 1, vec![format!("*a{n}"); 10].join(", "));
    let levels: Vec<_> = (0..8).map(level).collect();
    format!("version: 1\n{{}}: &a0 [{}]\nrules:\n{}", ["x"; 10].join(", "), levels.concat())
}

fn cases() -> Vec<Case> {
    vec![
        case("empty", "", "1:1: error: the file is empty"),
        case("blank", "\n# nothing\n---\n", "1:1: error: the file is empty"),
        case("latin1", b"version: 1\n# gr\xfc\xdfe\n", "2:5: error: the file is not UTF-8 text from here on"),
        case("utf16", b"\xff\xfev\0e\0r\0", "1:1: error: the file is not UTF-8 text from here on"),
        case("huge", vec![b'#'; 50_000_000], "1:1: error: the file is larger than "),
        case("deep", format!("version: 1\nversion: {}", "[".repeat(100_000)), "error: "),
        case("bomb", bomb(), "error: "),
        case("self", "version: &v [*v]\n", "1:13: error: expected a single value"),
        case("nul", "version: 1\0\n", "1:11: error: unexpected character: `\\u{0}'"),
        case("nuls", vec![0; 1_000], "1:1: error: unexpected character: `\\u{0}'"),
        case("bom", "\u{feff}version: 2\n", "1:"),
        case("crlf", "version: 1\r\nno: 1\r\n", "2:1: error: unknown key `no`"),
        case("ansi", "version: 1\n\"\\e[31mred\": 1\n", "2:1: error: unknown key `\\u{1b}[31mred`"),
        case("bidi", "version: 1\n\"a\u{202e}b\": 1\n", "2:1: error: unknown key `a\\u{202e}b`"),
        case("long", format!("version: {}\n", "x".repeat(500_000)), "1:10: error: "),
        case("json", "{\"version\": 1, \"no\": 3}", "1:16: error: unknown key `no`"),
        case("html", "<!doctype html>\n<html>", "1:1: error: expected keys and values"),
        case("toml", "[server]\n", "1:1: error: expected keys and values"),
    ]
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("good.yml"), "version: 1\nrules: [{ name: r, require: { approvals: 1 } }]\n").unwrap();
    folder
}

/// Runs a command with a bound on the memory that it may map.
fn run_bounded(folder: &Path, command: &[&str], file: &str) -> Output {
    let words = command.iter().map(|word| if *word == "FILE" { file } else { word });
    let binary = seconder(&[]).get_program().to_owned();
    let mut bounded = std::process::Command::new("bash");
    bounded.args(["-c", &format!("ulimit -v {MAX_MAPPED_KIB}; exec \"$0\" \"$@\"")]).arg(binary).args(words);
    bounded.env_clear().current_dir(folder).output().unwrap()
}

/// Everything in a folder and how large it is.
fn listing(folder: &Path) -> Vec<(String, u64)> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let mut listing: Vec<_> = entries
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.metadata().unwrap().len()))
        .collect();
    listing.sort();
    listing
}

/// Nothing that a terminal would obey, and nothing that reorders what people read.
#[track_caller]
fn is_harmless(said: &str) {
    let is_bad = |c: &char| (c.is_control() && *c != '\n') || matches!(c, '\u{202a}'..='\u{202e}');
    assert_eq!(said.chars().find(is_bad), None, "{said}");
}

#[test]
fn a_file_that_is_none_of_ours_is_named_with_line_and_column() {
    let folder = folder();
    for Case { name, bytes, says } in cases() {
        fs::write(folder.path().join(name), bytes).unwrap();
        let before = listing(folder.path());
        for command in COMMANDS {
            let output = run_bounded(folder.path(), command, name);
            let (said, complained) = (text(&output.stdout), text(&output.stderr));
            let all = format!("{command:?} of {name}: {said}{complained}");
            assert_eq!((output.status.code(), complained), (Some(1), ""), "{all}");
            let first = said.lines().next().unwrap();
            assert!(first.starts_with(&format!("{name}:")) && first.contains(says), "{all}");
            assert!(said.lines().count() < 12, "{all}");
            is_harmless(said);
            assert_eq!(listing(folder.path()), before, "{all}");
        }
        fs::remove_file(folder.path().join(name)).unwrap();
    }
}

#[test]
fn nesting_without_end_is_called_that() {
    let folder = folder();
    for (command, key) in [("policy", "rules"), ("directory", "people")] {
        fs::write(folder.path().join("deep.yml"), format!("version: 1\n{key}: {}", "[".repeat(100_000))).unwrap();
        let output = run_bounded(folder.path(), &[command, "check", "deep.yml"], "");
        let said = text(&output.stdout);
        assert!(said.starts_with("deep.yml:2:"), "{said}");
        assert!(said.contains("error: the file nests or repeats too much\n  help: write it flat"), "{said}");
    }
}

#[test]
fn what_is_no_file_is_named_and_nothing_is_printed() {
    let folder = folder();
    fs::create_dir(folder.path().join("folder")).unwrap();
    for (file, says) in [("none", "there is no such file"), ("folder", "it is a directory")] {
        for command in COMMANDS {
            let output = run_bounded(folder.path(), command, file);
            let expected = format!("seconder: cannot read {file}: {says}");
            assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), ""), "{command:?} of {file}");
            assert!(text(&output.stderr).starts_with(&expected), "{command:?}: {}", text(&output.stderr));
        }
    }
}

#[test]
fn hostile_names_of_files_are_shown_harmlessly() {
    let folder = folder();
    let name = "\u{1b}[31m\u{202e}red\n.yml";
    for command in COMMANDS {
        let missing = run_bounded(folder.path(), command, name);
        is_harmless(text(&missing.stderr));
        assert!(text(&missing.stderr).contains("\\u{1b}[31m\\u{202e}red\\n.yml"), "{}", text(&missing.stderr));
    }
    fs::write(folder.path().join(name), "version: 1\nno: 1\n").unwrap();
    for command in COMMANDS {
        let output = run_bounded(folder.path(), command, name);
        assert_eq!(output.status.code(), Some(1));
        is_harmless(text(&output.stdout));
        assert!(
            text(&output.stdout).starts_with("\\u{1b}[31m\\u{202e}red\\n.yml:2:1: error"),
            "{}",
            text(&output.stdout)
        );
    }
}

#[test]
fn a_thousand_errors_are_a_thousand_findings() {
    let folder = folder();
    let people: Vec<_> = (0..2_000).map(|n| format!("  - {{ id: p{n}, groups: [g{n}] }}\n")).collect();
    let directory = format!("version: 1\ntiers: [a]\npeople:\n{}", people.concat());
    fs::write(folder.path().join("d.yml"), directory).unwrap();
    let output = run_bounded(folder.path(), &["directory", "check", "d.yml"], "");
    let said = text(&output.stdout);
    assert_eq!(said.matches(": error: unknown group").count(), 1_000);
    assert!(said.contains("… and 1000 more: `--format json` lists them all"), "{said}");
    assert!(said.ends_with("1 file: 2000 errors, 0 warnings\n"), "{said}");
    let output = run_bounded(folder.path(), &["directory", "check", "d.yml", "--format", "json"], "");
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((told["errors"].as_u64(), told["diagnostics"].as_array().unwrap().len()), (Some(2_000), 2_000));
    let rules: Vec<_> = (0..100).map(|n| format!("{{ name: \"r {n}\", require: {{ approvals: 0 }} }}")).collect();
    fs::write(folder.path().join("p.yml"), format!("version: 1\nrules: [{}]\n", rules.join(", "))).unwrap();
    let output = run_bounded(folder.path(), &["policy", "check", "p.yml"], "");
    assert!(text(&output.stdout).contains("1 file: 200 errors"), "{}", text(&output.stdout));
}

#[test]
fn a_configuration_that_cannot_be_used_is_named() {
    let folder = folder();
    let with_config: &[&[&str]] = &[
        &["policy", "check", "good.yml", "--config", "FILE"],
        &["policy", "explain", "--config", "FILE"],
        &["directory", "check", "--config", "FILE"],
        &["directory", "lookup", "ana", "--config", "FILE"],
    ];
    for (name, bytes, says) in [
        ("none.toml", None, "none.toml"),
        ("empty.toml", Some(&b""[..]), "empty.toml:1:1: the file says nothing; it needs at least [server]"),
        ("latin1.toml", Some(b"# gr\xfc\xdfe"), "latin1.toml"),
        ("yaml.toml", Some(b"version: 1\n"), "yaml.toml:1:10: key with no value"),
        ("ansi.toml", Some(b"[server]\n\"\\u001b[31m\" = 1\n"), "ansi.toml:2:1"),
    ] {
        if let Some(bytes) = bytes {
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        for command in with_config {
            let output = run_bounded(folder.path(), command, name);
            assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), ""), "{command:?} of {name}");
            is_harmless(text(&output.stderr));
            assert!(text(&output.stderr).contains(says), "{command:?}: {}", text(&output.stderr));
        }
    }
}

#[test]
fn standard_input_is_read_once_and_within_bounds() {
    let folder = folder();
    let twice = run_in(folder.path(), &["policy", "check", "-", "-"], b"version: 1\n");
    assert_eq!(twice.status.code(), Some(2));
    assert!(text(&twice.stderr).contains("standard input (`-`) can be read only once"), "{}", text(&twice.stderr));
    // It stops reading once there is too much, and whoever writes may notice.
    let endless = run_in(folder.path(), &["policy", "check", "-"], &vec![b'#'; 5_000_000]);
    assert_eq!(endless.status.code(), Some(1));
    assert!(text(&endless.stdout).starts_with("stdin:1:1: error: the file is larger than 512 KiB"));
}

#[test]
fn lines_for_detect_that_are_no_commits_are_named() {
    let sha = "1".repeat(40);
    let good = format!("{{\"sha\": \"{sha}\"}}\n");
    let nested = vec![b'['; 100_000];
    let cases: &[(&[u8], &str)] = &[
        (b"{\"sha\": \"1\xff\"}\n", "line 2 of the input cannot be read: it is not UTF-8 text from byte 11 on"),
        (b"{\"sha\": \"\\u001b[31m\"}\n", "line 2 of the input: commit \"\\u{1b}[31m\" is not 40 or 64 hex digits"),
        (
            b"[\"0123456789012345678901234567890123456789\"]\n",
            "line 2 of the input is not a commit: it is a list; expected an object",
        ),
        (b"\0\0\n", "line 2 of the input is not a commit: expected value, in column 1; expected an object"),
        (b"{\"sha\": 1}\n", "line 2 of the input is not a commit: invalid type: integer `1`"),
        (b"{}\n", "line 2 of the input is not a commit: missing field `sha`"),
        (&nested, "line 2 of the input is not a commit"),
        (b"version: 1\n", "line 2 of the input is not a commit"),
    ];
    for (line, says) in cases {
        let output = run_with(&["detect"], &[good.as_bytes(), line].concat());
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(text(&output.stdout).lines().count(), 1, "the answer to the line before it stands");
        is_harmless(text(&output.stderr));
        assert!(text(&output.stderr).starts_with(&format!("seconder: {says}")), "{}", text(&output.stderr));
    }
    let with_mark = run_with(&["detect"], format!("\u{feff}{}\r\n", good.trim_end()).as_bytes());
    assert_eq!((with_mark.status.code(), text(&with_mark.stderr)), (Some(0), ""));
}

#[test]
fn a_line_for_detect_that_never_ends_is_refused() {
    let output = run_with(&["detect"], &vec![b'x'; 100_000_000]);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), ""));
    let expected = "seconder: line 1 of the input is longer than 64 MiB, the most that is read\n";
    assert_eq!(text(&output.stderr), expected);
}

#[test]
fn tiers_that_cannot_be_are_refused() {
    let folder = folder();
    for (tiers, says) in [
        ("", "--tiers: a tier has no name"),
        ("junior,,senior", "--tiers: a tier has no name"),
        ("junior,senior,junior", "--tiers: `junior` is named twice"),
        ("agent,senior", "--tiers: `agent` is built in below all tiers; leave it out"),
    ] {
        let output = run_in(folder.path(), &["policy", "check", "good.yml", "--tiers", tiers], b"");
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), ""), "{tiers}");
        assert!(text(&output.stderr).contains(says), "{}", text(&output.stderr));
    }
}

#[test]
fn whoever_has_read_enough_may_leave() {
    let folder = folder();
    for command in
        [&["schema", "policy"][..], &["policy", "explain"], &["policy", "check", "good.yml"], &["version"], &["man"]]
    {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = seconder(command).current_dir(folder.path()).stdout(writer).output().unwrap();
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""), "{command:?}");
    }
}

#[test]
fn colours_are_for_those_who_want_them() {
    let folder = folder();
    fs::write(folder.path().join("p.yml"), "version: 1\nno: 1\n").unwrap();
    let has_colours = |variables: &[(&str, &str)]| {
        let mut command = seconder(&["policy", "check", "p.yml"]);
        let output = command.envs(variables.iter().copied()).current_dir(folder.path()).output().unwrap();
        text(&output.stdout).contains("\u{1b}[")
    };
    assert!(!has_colours(&[]), "this is no terminal");
    assert!(has_colours(&[("CLICOLOR_FORCE", "1")]));
    assert!(!has_colours(&[("NO_COLOR", "1")]));
}
