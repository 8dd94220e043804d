//! The example configuration: what the documentation shows has to work.

use std::fs;
use std::path::Path;

use seconder::clock::Clock;
use seconder::config::{Config, Paths, json_schema};
use secrecy::ExposeSecret as _;

use crate::{committed_schema, schema_agrees};

const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/config");

/// The examples as somebody would copy them, with a key beside them.
fn copied() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["seconder.toml", "policy.yml", "directory.yml"] {
        fs::copy(Path::new(EXAMPLES).join(name), folder.path().join(name)).unwrap();
    }
    fs::write(folder.path().join("app.pem"), "the App's private key").unwrap();
    folder
}

/// Loads the example with secrets of its own: nothing starts with those that everybody knows.
fn load(folder: &Path, environment: &[(&str, &str)]) -> Result<Config, String> {
    let secrets = [("SECONDER_GITHUB__0__WEBHOOK_SECRETS", "hush")];
    load_as_it_is(folder, &[environment, &secrets].concat())
}

fn load_as_it_is(folder: &Path, environment: &[(&str, &str)]) -> Result<Config, String> {
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::load(&folder.join("seconder.toml"), environment).map_err(|error| error.to_string())
}

#[test]
fn the_example_loads() {
    let folder = copied();
    let config = load(folder.path(), &[]).unwrap();
    assert_eq!(config.github[0].owners, ["acme"]);
    assert_eq!(config.github[0].private_key.expose_secret(), "the App's private key");
    assert_eq!(config.floor.unwrap().name, "policy.yml");
    assert_eq!(config.check_name, "seconder");
}

#[test]
fn every_key_that_the_example_mentions_is_one() {
    let text = fs::read_to_string(Path::new(EXAMPLES).join("seconder.toml")).unwrap();
    let folder = copied();
    // A commented key is one space away from the comment sign, and has a value. So is the head of a commented table.
    let is_key = |line: &str| {
        line == "# [[gitlab]]"
            || line
                .strip_prefix("# ")
                .and_then(|rest| rest.split_once(" = "))
                .is_some_and(|(key, _)| !key.contains(' '))
    };
    let active: Vec<&str> = text.lines().map(|line| if is_key(line) { &line[2..] } else { line }).collect();
    fs::write(folder.path().join("seconder.toml"), active.join("\n")).unwrap();
    fs::write(folder.path().join("webhook-secrets"), "one\n\ntwo\n").unwrap();
    fs::write(folder.path().join("gitlab-token"), "glpat-example\n").unwrap();
    fs::write(folder.path().join("gitlab-signing-tokens"), format!("whsec_{}=\n", "AQEB".repeat(10) + "AQE")).unwrap();
    fs::write(folder.path().join("gitlab-secret-tokens"), "0123456789abcdef\n").unwrap();
    // Two ways to say the same, of which one is an example.
    let twice = load_as_it_is(folder.path(), &[]).unwrap_err();
    assert!(twice.contains("github.0.webhook_secrets: are given twice"), "{twice}");
    let given = |line: &&&str| !line.starts_with("webhook_secrets = ");
    fs::write(folder.path().join("seconder.toml"), active.iter().filter(given).copied().collect::<Vec<_>>().join("\n"))
        .unwrap();
    let config = load_as_it_is(folder.path(), &[]).unwrap();
    assert_eq!(config.github[0].webhook_secrets.len(), 2, "{active:#?}");
    assert_eq!(config.engine.workers, 8);
    let gitlab = &config.gitlab[0];
    assert_eq!((gitlab.host(), gitlab.owners.as_slice()), ("gitlab.com", ["acme".to_owned()].as_slice()));
    assert_eq!((gitlab.webhook_signing_tokens.len(), gitlab.webhook_secret_tokens.len()), (1, 1));
    assert_eq!(gitlab.policy_project, "seconder-policy");
}

#[tokio::test]
async fn a_server_starts_with_the_examples_but_for_the_key() {
    let folder = copied();
    let store = format!("sqlite:{}", folder.path().join("seconder.db").display());
    let environment = [("SECONDER_STORE__URL", store.as_str()), ("SECONDER_SERVER__LISTEN", "127.0.0.1:0")];
    let config = load(folder.path(), &environment).unwrap();
    let error = seconder::cli::serve::prepare(config, Clock::system()).await.unwrap_err();
    let said = format!("{error:#}");
    assert!(said.contains("private key"), "{said}");
}

#[test]
fn a_secret_given_twice_is_refused() {
    let folder = copied();
    let error = load(folder.path(), &[("SECONDER_GITHUB__0__PRIVATE_KEY", "PEM")]).unwrap_err();
    assert!(error.contains("given twice"), "{error}");
}

#[test]
fn a_missing_file_is_named_with_its_key() {
    let folder = copied();
    fs::remove_file(folder.path().join("app.pem")).unwrap();
    let error = load(folder.path(), &[]).unwrap_err();
    assert!(error.contains("github.0.private_key_file") && error.contains("app.pem"), "{error}");
}

#[test]
fn the_secret_of_the_example_is_refused() {
    let folder = copied();
    let error = load_as_it_is(folder.path(), &[]).unwrap_err();
    assert!(error.contains("github.0.webhook_secrets") && error.contains("openssl rand"), "{error}");
}

#[test]
fn a_secret_belongs_to_one_host() {
    let folder = copied();
    let second = [
        ("SECONDER_GITHUB__1__API_URL", "https://ghe.example.com/api/v3"),
        ("SECONDER_GITHUB__1__APP_ID", "2"),
        ("SECONDER_GITHUB__1__PRIVATE_KEY", "PEM"),
        ("SECONDER_GITHUB__1__WEBHOOK_SECRETS", "hush"),
        ("SECONDER_GITHUB__1__OWNERS", "acme"),
    ];
    let error = load(folder.path(), &second).unwrap_err();
    assert!(error.contains("github.1.webhook_secrets") && error.contains("another host"), "{error}");
}

#[test]
fn the_committed_schema_is_up_to_date() {
    committed_schema("config/seconder.schema.json", &json_schema());
}

#[test]
fn the_schema_takes_what_the_parser_takes() {
    let folder = copied();
    let example = fs::read_to_string(Path::new(EXAMPLES).join("seconder.toml")).unwrap();
    let with = |line: &str| format!("{example}\n{line}\n");
    let instead = |from: &str, to: &str| {
        assert!(example.contains(from), "{from}");
        example.replacen(from, to, 1)
    };
    let cases = [
        (example.clone(), true),
        (
            with(
                "[[github]]\napp_id = 2\napi_url = 'https://ghe.example.com/api/v3'\nprivate_key = 'PEM'\nwebhook_secrets = ['x']\nowners = ['a']",
            ),
            true,
        ),
        (with("[engines]\nworkers = 1"), false),
        (instead("[engine]", "[engine]\nworkers = 64"), true),
        (instead("[engine]", "[engine]\nworkers = 65"), false),
        (instead("[engine]", "[engine]\nworkers = -1"), false),
        (instead("[engine]", "[engine]\nworker = 1"), false),
        (instead("[engine]", "[engine]\nrequest_timeout_seconds = 0"), false),
        (instead("[sweep]", "[sweep]\nchanges_minutes = 1441"), false),
        (instead("[sweep]", "[sweep]\ndeliveries_minutes = 1.5"), false),
        (instead("[check]", "[check]\nnames_candidates = 'yes'"), false),
        (instead("[policy]", "[policy]\norganisation = 'required'"), true),
        (instead("[policy]", "[policy]\norganisation = 'mandatory'"), false),
        (instead("files = [\"directory.yml\"]", "files = 1"), false),
        (instead("app_id = 1", ""), false),
        (instead("public_url = \"https://seconder.example.com\"", ""), false),
        (instead("public_url = \"https://", "public_url = \"ftp://"), false),
    ];
    let is_taken = |text: &str| {
        fs::write(folder.path().join("seconder.toml"), text).unwrap();
        load(folder.path(), &[]).is_ok()
    };
    let value = |text: &str| serde_json::to_value(toml::from_str::<toml::Table>(text).unwrap()).unwrap();
    schema_agrees(&json_schema(), &cases, is_taken, value);
}

#[test]
fn the_files_that_it_names_are_known_without_its_secrets() {
    let folder = copied();
    fs::remove_file(folder.path().join("app.pem")).unwrap();
    let path = |name: &str| folder.path().join(name);
    let load = |environment: &[(&str, &str)]| {
        let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Paths::load(&path("seconder.toml"), environment).unwrap()
    };
    let named = Paths { directory: vec![path("directory.yml")], agents: Vec::new(), floor: Some(path("policy.yml")) };
    assert_eq!(load(&[]), named);
    let moved = load(&[("SECONDER_DIRECTORY__FILES", "a.yml,b.yml")]);
    assert_eq!(moved.directory, [path("a.yml"), path("b.yml")]);
}

#[test]
fn tiers_are_shown_for_owners_that_are_served_only() {
    let folder = copied();
    let config = load(folder.path(), &[("SECONDER_PAGES__TIERS", "Acme")]).unwrap();
    assert_eq!(config.tiers_shown_for, ["Acme"]);
    let error = load(folder.path(), &[("SECONDER_PAGES__TIERS", "acme,others")]).unwrap_err();
    assert!(error.contains("pages.tiers") && error.contains("\"others\"") && error.contains("owners"), "{error}");
}
