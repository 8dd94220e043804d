//! `seconder serve` as a process: what it says when it cannot start, what it logs, and how it stops.

use std::fs;
use std::io::Write as _;
use std::net::TcpStream;
use std::path::Path;

use seconder::sandbox::{NewCommit, OpenPull, Opinion, Options, Pace, Sandbox};
use tempfile::TempDir;

use super::process::{Running, run, seconder, text};
use crate::world::{REPOSITORY, claude};

const DIRECTORY: &str = "version: 1\ntiers: [junior, senior]\n";

/// A folder with a working configuration; `change` says what is wrong with it.
pub(super) fn configured(github: Option<&Sandbox>, change: impl Fn(String) -> String) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    let (api, app_id, secret) = match github {
        Some(github) => (github.api_url(), github.app().id, github.app().webhook_secret),
        None => ("https://api.github.com".to_owned(), 1, "a webhook secret".to_owned()),
    };
    let key = github.map_or_else(|| "no key".to_owned(), |github| github.app().private_key_pem);
    write("app.pem", &key);
    write("directory.yml", DIRECTORY);
    let config = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\npublic_url = \"https://seconder.example.com\"\n\
         [store]\nurl = \"sqlite:{}\"\n\
         [[github]]\napi_url = \"{api}\"\napp_id = {app_id}\nprivate_key_file = \"app.pem\"\n\
         webhook_secrets = [\"{secret}\"]\nowners = [\"acme\"]\n\
         [directory]\nfiles = [\"directory.yml\"]\n",
        folder.path().join("seconder.db").display(),
    );
    write("seconder.toml", &change(config));
    folder
}

pub(super) fn path(folder: &TempDir) -> String {
    folder.path().join("seconder.toml").display().to_string()
}

/// Starts with this in the place of that, and holds what is said about it to these words. `…/` is the folder.
#[track_caller]
fn refused(github: Option<&Sandbox>, from: &str, to: &str, says: &str) {
    let folder = configured(github, |config| {
        assert!(config.contains(from), "{from}");
        config.replacen(from, to, 1)
    });
    let output = run(&["serve", "--config", &path(&folder), "--log", "off"]);
    let said = text(&output.stderr).replace(&format!("{}/", folder.path().display()), "…/");
    assert_eq!(said.trim_end(), format!("seconder: {says}"));
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), ""));
}

#[test]
fn a_wrong_configuration_is_said_with_the_place_and_the_remedy() {
    let wrong = |from: &str, to: &str, says: &str| refused(None, from, to, says);
    wrong("app_id = 1", "app_id = one", "…/seconder.toml:8:10: string values must be quoted, expected literal string");
    wrong("app_id = 1", "app_id = \"one\"", "…/seconder.toml:8:10: expected a whole number, found \"one\"");
    wrong("listen", "lisen", "…/seconder.toml:2:1: unknown key `lisen`; did you mean `listen`?");
    wrong(
        "owners = [\"acme\"]",
        "owners = []",
        "github.0.owners: must name at least one organisation or user, e.g. owners = [\"acme\"]",
    );
    wrong("a webhook secret", "", "github.0.webhook_secrets: must hold at least one secret, and none may be empty");
    wrong(
        "app.pem",
        "nowhere.pem",
        "github.0.private_key_file: cannot read …/nowhere.pem: No such file or directory (os error 2)",
    );
    wrong("[directory]", "[engine]\nworkers = 0\n[directory]", "engine.workers: must be between 1 and 64");
    wrong(
        "https://seconder",
        "seconder",
        "server.public_url: must begin with https:// (or http:// for a trial on one machine)",
    );
    wrong(
        "https://api.github.com",
        "http://api.github.com",
        "github: http://api.github.com: the GitHub API address \"http://api.github.com\": must begin with https://, \
         as tokens are sent there",
    );
    wrong("", "", "github: https://api.github.com: the App's private key: is not an RSA key in PEM form");
    let missing = run(&["serve", "--config", "nowhere.toml"]);
    let says = "seconder: --config: cannot read nowhere.toml: No such file or directory (os error 2)\n";
    assert_eq!((missing.status.code(), text(&missing.stderr)), (Some(2), says));
}

#[test]
fn what_the_configuration_names_is_looked_at_before_anything_starts() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let github = runtime.block_on(sandbox());
    let wrong = |from: &str, to: &str, says: &str| refused(Some(&github), from, to, says);
    wrong(
        "directory.yml",
        "nowhere.yml",
        "the directory cannot be used:\ncannot read …/nowhere.yml: No such file or directory (os error 2)",
    );
    wrong(
        "seconder.db",
        "no/such/folder/seconder.db",
        "store.url: the folder of the database file …/no/such/folder/seconder.db does not exist; create it, writable by \
         the user that runs Seconder",
    );
    wrong(
        "sqlite:",
        "mysql:",
        "store.url: the database address names neither sqlite nor postgres; write sqlite:PATH, such as \
         sqlite:/var/lib/seconder/seconder.db, or postgres://USER:PASSWORD@HOST/DATABASE",
    );
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let says = format!("server.listen: cannot use {address}: Address already in use (os error 98)");
    wrong("127.0.0.1:0", &address, &says);
    wrong(
        "[directory]",
        "[policy]\nfloor = \"directory.yml\"\n[directory]",
        "the floor cannot be used:\ndirectory.yml:2:1: unknown key `tiers` (use `version`, `rules`, `disclosure`, \
         `approve`, `override`, `suggestions`, `branches`, `exempt` or `mode`)",
    );
}

/// A server over a sandbox, and where it listens.
pub(super) fn serving(github: &Sandbox, folder: &Path, log: &str) -> (Running, String) {
    let config = folder.join("seconder.toml").display().to_string();
    let mut server = Running::start(seconder(&["serve", "--config", &config, "--log", log, "--log-format", "json"]));
    let line = server.line("\"message\":\"listening\"");
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    let address = line["address"].as_str().unwrap().to_owned();
    github.webhooks_to(format!("http://{address}/webhooks/github"));
    (server, address)
}

pub(super) async fn sandbox() -> Sandbox {
    let github = Sandbox::start(Options { pace: Pace::Running, ..Options::default() }).await.unwrap();
    github.organization("acme");
    github.repository(REPOSITORY);
    github.require_check(REPOSITORY, "main", "seconder", Some(github.app().id));
    github
}

#[test]
fn nothing_secret_is_ever_logged() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _guard = runtime.enter();
    let github = runtime.block_on(sandbox());
    let folder = configured(Some(&github), |config| config);
    let (mut server, address) = serving(&github, folder.path(), "trace");
    let jo = github.user("jo");
    let commit = NewCommit::new(claude("Retry")).file("src/retry.rs", "const PASSWORD: &str = \"swordfish\";\n");
    github.push(&jo, REPOSITORY, "work", commit);
    let number = github.open_pull(&jo, REPOSITORY, OpenPull::new("work", "Retry").body("The body of a change"));
    server.line("change judged");
    github.review_saying(&github.user("ana"), REPOSITORY, number, Opinion::Approve, None, "What ana says of it");
    server.line("change judged");
    let unsigned =
        reqwest::Client::builder().no_proxy().build().unwrap().post(format!("http://{address}/webhooks/github"));
    assert_eq!(runtime.block_on(unsigned.send()).unwrap().status(), 401);
    server.line("delivery refused");
    server.terminate();
    let (code, said) = server.end();
    assert_eq!(code, Some(0), "{said}");
    let app = github.app();
    let key: Vec<&str> = app.private_key_pem.lines().filter(|line| !line.starts_with("---")).collect();
    for secret in [app.webhook_secret.as_str(), "ghs_", key[0], key[5], "PRIVATE KEY", "swordfish"] {
        let line = said.lines().find(|line| line.contains(secret));
        assert!(line.is_none(), "{secret}: {}", line.unwrap_or_default());
    }
}

#[test]
fn a_signal_ends_it_and_what_was_taken_is_kept() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _guard = runtime.enter();
    let github = runtime.block_on(sandbox());
    let folder = configured(Some(&github), |config| config);
    let (mut server, address) = serving(&github, folder.path(), "info");
    let jo = github.user("jo");
    github.push(&jo, REPOSITORY, "work", NewCommit::new(claude("Retry")).file("a", "a"));
    github.open_pull(&jo, REPOSITORY, OpenPull::new("work", "Retry"));
    server.line("delivery taken");
    // Somebody is connected and silent, and somebody in the middle of a request.
    let _silent = TcpStream::connect(&address).unwrap();
    let mut slow = TcpStream::connect(&address).unwrap();
    slow.write_all(b"POST /webhooks/github HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{").unwrap();
    server.terminate();
    let (code, said) = server.end();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("no new work is begun"), "{said}");
    assert!(TcpStream::connect(&address).is_err());
    // What was not done is done by the next one.
    let (mut next, _) = serving(&github, folder.path(), "info");
    github.review(&github.user("ana"), REPOSITORY, 1, Opinion::Approve, None);
    next.line("change judged");
    assert!(github.check_run(REPOSITORY, &github.head(REPOSITORY, 1), "seconder").is_some());
    next.terminate();
    assert_eq!(next.end().0, Some(0));
}
