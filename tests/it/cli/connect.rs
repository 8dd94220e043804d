//! `seconder connect gitlab` as a process: where its token comes from, what it prints, with which exit code.

use std::fs;

use seconder::sandbox::{Dialect, GitLab, Options, Pace, Sandbox};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::process::{run_with, seconder, text};

/// A GitLab with a group, and a configuration for it. The token of its owner is in the folder.
fn town() -> (Runtime, Sandbox, TempDir) {
    let runtime = Runtime::new().unwrap();
    let guard = runtime.enter();
    let options = Options { dialect: Dialect::GitLab(GitLab::default()), pace: Pace::Running, ..Options::default() };
    let forge = runtime.block_on(Sandbox::start(options)).unwrap();
    forge.organization("acme");
    forge.repository("acme/pay");
    let ana = forge.user("ana");
    forge.set_role("acme", &ana, 50);
    let folder = TempDir::new().unwrap();
    let config = format!(
        "[server]\npublic_url = \"https://seconder.example.com\"\n[store]\nurl = \"sqlite:seconder.db\"\n[[gitlab]]\nurl = {:?}\n\
         token = {:?}\nwebhook_signing_tokens = [{:?}]\nowners = [\"acme\"]\n",
        forge.web_url(),
        forge.bot_token(),
        forge.signing_token(),
    );
    fs::write(folder.path().join("seconder.toml"), config).unwrap();
    fs::write(folder.path().join("owner.token"), forge.user_token(&ana) + "\n").unwrap();
    drop(guard);
    (runtime, forge, folder)
}

#[test]
fn a_configuration_says_what_is_set_up_and_the_plan_is_printed_for_people_and_for_programs() {
    let (_runtime, forge, folder) = town();
    let in_folder = |args: &[&str]| {
        let mut command = seconder(&["connect", "gitlab", "--config", "seconder.toml"]);
        command.args(args).current_dir(folder.path()).output().unwrap()
    };
    let output = in_folder(&["--token-file", "owner.token"]);
    let said = text(&output.stdout);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""), "{said}");
    assert!(
        said.contains("as @ana, whose token ends on ") && said.contains("the bot account is @seconder-bot"),
        "{said}"
    );
    assert!(said.contains("none -> https://seconder.example.com/webhooks/gitlab for "), "{said}");
    assert!(!said.contains('\u{1b}'), "colour outside of a terminal");
    assert_eq!(forge.hooks("acme"), []);
    let output = in_folder(&["--token-file", "owner.token", "--apply", "--format", "json"]);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &json["v"], &json["applied"]), (Some(0), &1.into(), &true.into()));
    // The server has a secret already: none is made.
    assert_eq!((&json["server"], forge.hooks("acme").len()), (&Value::Null, 1));
    let output = in_folder(&["--token-file", "owner.token", "--undo", "seconder-connect.json", "--apply"]);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""), "{}", text(&output.stdout));
    assert_eq!(forge.hooks("acme"), []);
    assert!(!folder.path().join("seconder-connect.json").exists());
}

#[test]
fn the_servers_own_token_shows_the_plan_and_may_not_do_it() {
    let (_runtime, _forge, folder) = town();
    let args = ["connect", "gitlab", "--config", "seconder.toml", "--apply"];
    let output = seconder(&args).current_dir(folder.path()).output().unwrap();
    let said = text(&output.stdout);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(1), ""), "{said}");
    assert!(said.contains("that takes the role Owner in acme"), "{said}");
    assert!(said.ends_with("nothing was changed: first see to what cannot be done\n"), "{said}");
}

#[test]
fn a_token_comes_from_the_environment_or_from_standard_input_and_is_never_printed() {
    let (_runtime, forge, folder) = town();
    let token = fs::read_to_string(folder.path().join("owner.token")).unwrap();
    let url = forge.web_url();
    let hook = "https://seconder.example.com/webhooks/gitlab";
    let args = ["connect", "gitlab", "--url", &url, "--project", "acme/pay", "--webhook-url", hook];
    let of_environment = seconder(&args).env("SECONDER_GITLAB_TOKEN", token.trim()).output().unwrap();
    let of_input = run_with(&[&args[..], &["--token-file", "-"]].concat(), token.as_bytes());
    // With a configuration as well, of which it is no key.
    let mut beside = seconder(&["connect", "gitlab", "--config", "seconder.toml"]);
    let beside = beside.env("SECONDER_GITLAB_TOKEN", token.trim()).current_dir(folder.path()).output().unwrap();
    for output in [of_environment, of_input, beside] {
        let said = text(&output.stdout);
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""), "{said}");
        assert!(said.contains("as @ana") && !said.contains(token.trim()), "{said}");
    }
}

/// What is said on standard error, and nothing on standard output, with exit code 2.
#[track_caller]
fn refused(args: &[&str], input: &str, says: &str) {
    let output = run_with(&[&["connect", "gitlab"], args].concat(), input.as_bytes());
    let said = text(&output.stderr);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), ""), "{args:?}: {said}");
    assert!(said.contains(says), "{args:?}: {said}");
}

#[test]
fn what_cannot_be_right_is_refused_with_what_to_do() {
    let (_runtime, forge, folder) = town();
    let url = forge.web_url();
    let stdin = ["--token-file", "-", "--url", &url];
    let with = |more: &[&'static str]| [&stdin[..], more].concat();
    let hook = "--webhook-url=https://seconder.example.com/webhooks/gitlab";
    refused(&["--group", "acme", hook], "", "there is no token; give --token-file FILE");
    refused(&with(&["--group", "acme", hook]), "two words\n", "the token is not one word");
    refused(&with(&["--group", "acme"]), "x", "nobody said where deliveries go; give --config, or --webhook-url");
    refused(&with(&[hook]), "x", "nobody said what to set up; give --group PATH, --project PATH");
    refused(&with(&["--project", "pay", hook]), "x", "write it as GROUP/PROJECT, such as acme/pay");
    refused(&with(&["--group", "acme", hook]), "glpat-unknown", "does not accept our credentials");
    refused(
        &["--token-file", "-", "--url", "http://gitlab.example.com", "--group", "acme", hook],
        "x",
        "must begin with https://",
    );
    let config = folder.path().join("seconder.toml").display().to_string();
    refused(
        &["--config", &config, "--url", "https://gitlab.com"],
        "",
        "is not configured; the configuration has http://127",
    );
    refused(&["--undo", "nowhere.json", "--token-file", "-"], "x", "--undo: cannot read nowhere.json");
    let token = fs::read_to_string(folder.path().join("owner.token")).unwrap();
    refused(&with(&["--group", "nobody", hook]), &token, "--group: namespace nobody does not exist");
}
