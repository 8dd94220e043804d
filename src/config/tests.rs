use super::*;

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
    let file = file::parse(Path::new("seconder.toml"), text, environment)?;
    resolve(file, Path::new("/nonexistent"))
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
    assert!(error(&unknown, &[]).starts_with("seconder.toml:8:1: unknown field `owner`"), "{}", error(&unknown, &[]));
    let word = MINIMAL.replace("app_id = 1", "app_id = 'one'");
    assert!(error(&word, &[]).contains("expected a whole number, found \"one\""));
    assert!(error(&MINIMAL.replace("[[github]]", "[[forge]]"), &[]).contains("unknown field `forge`"));
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
