use super::*;

mod gitlab;

const MINIMAL: &str = r#"
[server]
public_url = "https://seconder.example.com/"
[store]
url = "sqlite:seconder.db"
[[github]]
app_id = 1
private_key = "PEM"
webhook_secrets = ["hush-1", "hush-2"]
owners = ["acme"]
"#;

fn load(text: &str, environment: &[(&str, &str)]) -> Result<Config, Error> {
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::load_with(Path::new("seconder.toml"), environment, &|path| match path.to_str() {
        Some("seconder.toml") => Ok(text.as_bytes().to_vec()),
        _ => Err(io::ErrorKind::NotFound.into()),
    })
}

fn error(text: &str, environment: &[(&str, &str)]) -> String {
    load(text, environment).map(|_| ()).unwrap_err().to_string()
}

#[test]
fn a_minimal_file_is_enough() {
    let config = load(MINIMAL, &[]).unwrap();
    assert_eq!(config.listen, "127.0.0.1:8080");
    assert_eq!(config.public_url, "https://seconder.example.com");
    assert_eq!(config.github[0].api_url, "https://api.github.com");
    assert_eq!(config.github[0].webhook_secrets.len(), 2);
    assert_eq!(config.organisation_policy, OrganisationPolicy::Optional);
}

#[test]
fn the_environment_overrides_the_file() {
    let config = load(
        MINIMAL,
        &[
            ("SECONDER_STORE__URL", "postgres://db/seconder"),
            ("SECONDER_GITHUB__0__APP_ID", "77"),
            ("SECONDER_GITHUB__0__WEBHOOK_SECRETS", "123, 456"),
            ("SECONDER_ENGINE__WORKERS", "3"),
            ("UNRELATED__KEY", "x"),
        ],
    )
    .unwrap();
    assert_eq!(config.store_url.expose_secret(), "postgres://db/seconder");
    assert_eq!(config.github[0].app_id, 77);
    assert_eq!(config.github[0].webhook_secrets[0].expose_secret(), "123");
    assert_eq!(config.engine.workers, 3);
}

#[test]
fn a_second_host_can_come_from_the_environment() {
    let config = load(
        MINIMAL,
        &[
            ("SECONDER_GITHUB__1__API_URL", "https://ghe.example.com/api/v3"),
            ("SECONDER_GITHUB__1__APP_ID", "2"),
            ("SECONDER_GITHUB__1__PRIVATE_KEY", "PEM"),
            ("SECONDER_GITHUB__1__WEBHOOK_SECRETS", "s"),
            ("SECONDER_GITHUB__1__OWNERS", "acme,beta"),
        ],
    )
    .unwrap();
    assert_eq!(config.github[1].owners, ["acme", "beta"]);
}

#[test]
fn mistakes_are_named_with_their_place() {
    let unknown = MINIMAL.replace("app_id = 1", "app_id = 1\nowner = 'x'");
    assert!(
        error(&unknown, &[]).starts_with("seconder.toml:8:1: unknown key `owner`; did you mean `owners`?"),
        "{}",
        error(&unknown, &[])
    );
    let word = MINIMAL.replace("app_id = 1", "app_id = 'one'");
    assert!(error(&word, &[]).contains("expected a whole number, found \"one\""));
    assert!(
        error(&MINIMAL.replace("[[github]]", "[[forge]]"), &[])
            .contains("unknown key `forge`; the keys here are server, store, github, gitlab")
    );
    assert!(error(&MINIMAL.replace("[\"acme\"]", "[]"), &[]).contains("must name at least one organisation"));
    assert!(error(MINIMAL, &[("SECONDER_SWEEP__CHANGES_MINUTES", "0")]).contains("between 1 and 1440 minutes"));
    assert!(error(MINIMAL, &[("SECONDER_GITHUB__7__APP_ID", "1")]).contains("counts past the end"));
    assert!(error(MINIMAL, &[("SECONDER_GITHUB__0__NO_SUCH", "1")]).contains("SECONDER_GITHUB__0__NO_SUCH"));
}

#[test]
fn secrets_do_not_show_in_debug_output() {
    let config = load(MINIMAL, &[]).unwrap();
    let shown = format!("{config:?}");
    assert!(!shown.contains("PEM") && !shown.contains("hush") && !shown.contains("sqlite:"), "{shown}");
}

/// What is said of this in the file, without its name.
#[track_caller]
fn wrong(from: &str, to: &str, says: &str) {
    assert!(MINIMAL.contains(from), "{from}");
    assert_eq!(error(&MINIMAL.replacen(from, to, 1), &[]), says, "{to}");
}

#[test]
fn each_mistake_in_the_file_is_said_in_words() {
    let host = "app_id = 1";
    wrong("public_url", "publik_url", "seconder.toml:3:1: unknown key `publik_url`; did you mean `public_url`?");
    wrong("public_url", "url", "seconder.toml:3:1: unknown key `url`; the keys here are listen, public_url");
    wrong(
        "[server]\npublic_url = \"https://seconder.example.com/\"",
        "",
        "seconder.toml:1:1: the key `server` is missing",
    );
    wrong(host, "app_id = 1\napp_id = 2", "seconder.toml:8:1: duplicate key");
    wrong(host, "app_id = -1", "seconder.toml:7:10: expected a whole number");
    wrong(host, "app_id = 1.5", "seconder.toml:7:10: expected a whole number");
    wrong(host, "app_id = 0", "github.0.app_id: must be the number on the App's settings page");
    wrong(
        "\"acme\"",
        "\"acme/pay\"",
        "github.0.owners: \"acme/pay\" is not the login of an organisation or user, such as \"acme\"",
    );
    wrong(
        "[\"acme\"]",
        "\"acme,\"",
        "github.0.owners: \"\" is not the login of an organisation or user, such as \"acme\"",
    );
    wrong(
        "[store]",
        "[check]\nname = \"\"\n[store]",
        "check.name: must be one line of at most 100 characters, without blanks around it",
    );
    wrong(
        "[store]",
        "[check]\nnames_candidates = 1\n[store]",
        "seconder.toml:5:20: invalid type: integer `1`, expected a boolean",
    );
    wrong(
        "[store]",
        "[policy]\norganisation = \"sometimes\"\n[store]",
        "seconder.toml:5:16: unknown variant `sometimes`, expected `optional` or `required`",
    );
    wrong(
        "https://seconder.example.com/",
        "https://",
        "server.public_url: is not an address such as https://seconder.example.com",
    );
    wrong(
        "https://seconder.example.com/",
        "https://jo:x@seconder.example.com",
        "server.public_url: must hold neither credentials nor a query",
    );
    wrong(
        "\"sqlite:seconder.db\"\n",
        "\"sqlite:seconder.db\"\nurl_file = \"store-url\"\n",
        "store.url: is given twice: as store.url and as store.url_file; keep one",
    );
    wrong(
        host,
        "app_id = 1\nwebhook_secrets_file = \"s\"",
        "github.0.webhook_secrets: are given twice: as webhook_secrets and as webhook_secrets_file; keep one",
    );
    wrong("private_key = \"PEM\"", "private_key_file = \"\"", "github.0.private_key_file: names no file");
    wrong(
        host,
        "app_id = 1\napi_url = \"https://jo:hunter2@ghe.example.com/api/v3\"",
        "github.0.api_url: must hold no credentials; the App's key is all that is needed",
    );
    let nothing = "the file says nothing; it needs at least [server], [store] and one [[github]] or [[gitlab]] table";
    assert_eq!(error("# nothing yet\n", &[]), format!("seconder.toml:1:1: {nothing}"));
}

#[test]
fn no_mistake_shows_a_secret() {
    for (from, to) in [
        ("private_key = \"PEM\"", "private_key = 8675309"),
        ("private_key = \"PEM\"", "private_key = [\"8675309\"]"),
        ("[\"hush-1\", \"hush-2\"]", "8675309"),
        ("[\"hush-1\", \"hush-2\"]", "[8675309]"),
        ("[\"hush-1\", \"hush-2\"]", "8675309x"),
        ("[\"hush-1\", \"hush-2\"]", "\"8675309"),
        ("url = \"sqlite:seconder.db\"", "url = 8675309"),
    ] {
        let said = error(&MINIMAL.replacen(from, to, 1), &[]);
        assert!(said.starts_with("seconder.toml:") && !said.contains("8675309"), "{to}: {said}");
    }
}

#[test]
fn control_characters_of_the_file_do_not_reach_a_terminal() {
    let said = error(&MINIMAL.replacen("app_id = 1", "app_id = 1\n\"\\u001b[31mred\" = 1", 1), &[]);
    assert!(said.contains("unknown key `\\u{1b}[31mred`"), "{said:?}");
}

#[test]
fn each_mistake_in_the_environment_is_said_with_its_variable() {
    for (name, value, says) in [
        ("SECONDER_STORE__URL", "", "SECONDER_STORE__URL: is empty; give it a value, or leave the variable out"),
        (
            "SECONDER_STORE_URL",
            "sqlite:x",
            "SECONDER_STORE_URL: names no key; with two underscores between its parts, it is SECONDER_STORE__URL",
        ),
        (
            "SECONDER_GITHUB_0_APP_ID",
            "1",
            "SECONDER_GITHUB_0_APP_ID: names no key; with two underscores between its parts, it is SECONDER_GITHUB__0__APP_ID",
        ),
        ("SECONDER_STORE__URI", "x", "seconder.toml with SECONDER_STORE__URI: unknown key `uri`; did you mean `url`?"),
        ("SECONDER_GITHUB__APP_ID", "1", "SECONDER_GITHUB__APP_ID: does not name a table"),
        (
            "SECONDER_GITHUB__0__APP_ID",
            "one",
            "seconder.toml with SECONDER_GITHUB__0__APP_ID: expected a whole number, found \"one\"",
        ),
        ("SECONDER_ENGINE__WORKERS", "65", "engine.workers: must be between 1 and 64"),
        (
            "SECONDER_SERVER__",
            "x",
            "seconder.toml with SECONDER_SERVER__: unknown key ``; the keys here are listen, public_url",
        ),
    ] {
        assert_eq!(error(MINIMAL, &[(name, value)]), says);
    }
    // What Kubernetes sets for a service of our name, and what other commands take, is none of this.
    let others =
        [("SECONDER_SERVICE_HOST", "10.0.0.1"), ("SECONDER_STORE_PORT", "tcp://10.0.0.1"), ("SECONDER_LOG", "info")];
    load(MINIMAL, &others).unwrap();
}

#[test]
fn the_order_of_variables_does_not_matter() {
    let host = |n: usize, key: &str| format!("SECONDER_GITHUB__{n}__{key}");
    let values =
        [("API_URL", "https://ghe.example.com/api/v3"), ("PRIVATE_KEY", "PEM"), ("APP_ID", "2"), ("OWNERS", "acme")];
    let mut variables: Vec<(String, String)> = Vec::new();
    for n in (1..=11).rev() {
        variables.extend(values.iter().map(|(key, value)| (host(n, key), (*value).to_owned())));
        variables.push((host(n, "WEBHOOK_SECRETS"), format!("secret-{n}")));
    }
    let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(load(MINIMAL, &variables).unwrap().github.len(), 12);
}

#[test]
fn names_of_files_are_relative_to_the_configuration() {
    let store = |url: &str| {
        let text = MINIMAL.replacen("sqlite:seconder.db", url, 1);
        let config =
            Config::load_with(Path::new("/etc/seconder/seconder.toml"), [], &|_| Ok(text.clone().into_bytes()));
        config.unwrap().store_url.expose_secret().to_owned()
    };
    assert_eq!(store("sqlite:seconder.db"), "sqlite:/etc/seconder/seconder.db");
    assert_eq!(store("sqlite://seconder.db?mode=rw"), "sqlite:/etc/seconder/seconder.db?mode=rw");
    assert_eq!(store("sqlite:/var/lib/seconder/seconder.db"), "sqlite:/var/lib/seconder/seconder.db");
    assert_eq!(store("sqlite:///var/lib/x.db"), "sqlite:///var/lib/x.db");
    for other in ["sqlite::memory:", "sqlite:", "postgres://jo@db/seconder"] {
        assert_eq!(store(other), other);
    }
}
