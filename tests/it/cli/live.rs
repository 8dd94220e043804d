//! `seconder evaluate` and `seconder doctor` as processes: what they print, with which exit code, and what they refuse.

use std::fs;

use seconder::sandbox::{NewCommit, OpenPull, Sandbox};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::process::{run, text};
use super::serve::{configured, path, sandbox};
use crate::world::{REPOSITORY, claude};

/// A sandbox with one assisted change, and a configuration for it. No server has run.
fn town() -> (Runtime, Sandbox, TempDir) {
    let runtime = Runtime::new().unwrap();
    let guard = runtime.enter();
    let github = runtime.block_on(sandbox());
    let jo = github.user("jo");
    github.push(&jo, REPOSITORY, "work", NewCommit::new(claude("Retry")).file("a", "a"));
    github.open_pull(&jo, REPOSITORY, OpenPull::new("work", "Retry"));
    runtime.block_on(github.settled());
    // Nobody listens there, and nothing goes there any more.
    github.webhooks_to("http://127.0.0.1:1/webhooks/github");
    let folder =
        configured(Some(&github), |config| config.replace("https://seconder.example.com", "http://127.0.0.1:1"));
    drop(guard);
    (runtime, github, folder)
}

#[test]
fn a_verdict_is_printed_for_people_and_for_programs() {
    let (_runtime, github, folder) = town();
    let config = path(&folder);
    let args = ["evaluate", "--config", &config, "--repo", REPOSITORY, "--number", "1"];
    let output = run(&args);
    let said = text(&output.stdout);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(1), ""), "{said}");
    assert!(said.starts_with("acme/pay#1 on 127.0.0.1"), "{said}");
    assert!(said.contains(": waiting\n") && said.contains("There is no store yet"), "{said}");
    assert!(!said.contains('\u{1b}'), "colour outside of a terminal");
    let output = run(&[&args[..], &["--format", "json"]].concat());
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &json["v"], &json["outcome"]), (Some(1), &1.into(), &"waiting".into()));
    assert_eq!(json["verdict"]["outcome"], "waiting");
    assert_eq!((&json["check"]["name"], &json["check"]["conclusion"]), (&"seconder".into(), &"action_required".into()));
    assert_eq!(json["known"]["store"], "none yet");
    assert_eq!(json["head"], github.head(REPOSITORY, 1));
    assert!(!folder.path().join("seconder.db").exists(), "a store was made");
    assert!(github.check_run(REPOSITORY, &github.head(REPOSITORY, 1), "seconder").is_none());
}

#[test]
fn findings_are_printed_for_people_and_for_programs() {
    let (_runtime, _github, folder) = town();
    let config = path(&folder);
    let output = run(&["doctor", "--config", &config]);
    let said = text(&output.stdout);
    // Nobody runs a server there, and the directory is empty: two warnings at least, and no error.
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""), "{said}");
    assert!(said.contains("\nwarning server: http://127.0.0.1:1/healthz: it cannot be reached\n"), "{said}");
    assert!(said.contains("\n        what to do: ") && said.contains("\n0 errors, "), "{said}");
    let output = run(&["doctor", "--config", &config, "--repo", "acme/nowhere", "--format", "json"]);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &json["v"], &json["errors"]), (Some(1), &1.into(), &1.into()));
    let wrong = json["findings"].as_array().unwrap().iter().find(|one| one["severity"] == "error").unwrap();
    assert_eq!((&wrong["id"], &wrong["about"]), (&"repository".into(), &"acme/nowhere".into()));
    assert!(!folder.path().join("seconder.db").exists(), "a store was made");
}

/// What is said on standard error, and nothing on standard output, with exit code 2.
#[track_caller]
fn refused(args: &[&str], says: &str) {
    let output = run(args);
    let said = text(&output.stderr);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), ""), "{args:?}: {said}");
    assert!(said.contains(says), "{args:?}: {said}");
}

#[test]
fn wrong_usage_is_refused_with_the_remedy() {
    let (_runtime, _github, folder) = town();
    let config = path(&folder);
    let evaluate = |more: &[&str], says: &str| {
        refused(&[&["evaluate", "--config", &config][..], more].concat(), says);
    };
    evaluate(&["--repo", "acme/pay", "--number", "0"], "0 is not in 1..");
    evaluate(&["--repo", "acme/pay", "--number", "one"], "invalid digit");
    evaluate(&["--repo", "acme", "--number", "1"], "write it as OWNER/NAME, such as acme/pay");
    evaluate(&["--repo", "acme/pay/../..", "--number", "1"], "write it as OWNER/NAME");
    evaluate(&["--repo", "acme/pay", "--number", "1", "--host", "github.com"], "--host: github.com is not configured");
    evaluate(&["--repo", "acme/pay", "--number", "99"], "acme/pay has no change #99");
    refused(&["doctor", "--config", &config, "--repo", "acme"], "write it as OWNER/NAME");
}

#[test]
fn a_configuration_that_cannot_be_used_is_refused_by_both() {
    let folder = configured(None, |config| config);
    let config = path(&folder);
    let both = |config: &str, says: &str| {
        refused(&["doctor", "--config", config], says);
        refused(&["evaluate", "--config", config, "--repo", "acme/pay", "--number", "1"], says);
    };
    both("nowhere.toml", "cannot read nowhere.toml: No such file or directory");
    both(&folder.path().display().to_string(), "cannot read");
    // The key is none.
    both(&config, "the App's private key: is not an RSA key in PEM form");
    for (text, says) in [
        (&b""[..], "the file says nothing; it needs at least [server]"),
        (b"[server", "seconder.toml:1:"),
        (b"\xff\xfe", "is not UTF-8 text"),
        (b"[server]\npublic_url = \"https://x\"\n", "github: no forge is configured"),
    ] {
        fs::write(&config, text).unwrap();
        both(&config, says);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3, "something was made");
}
