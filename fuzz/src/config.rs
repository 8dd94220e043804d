//! The server's configuration file, alone and with variables over it.

use std::io;
use std::path::Path;

use seconder::config::{Config, Error};
use secrecy::ExposeSecret as _;

/// What every file that the configuration names holds, and every secret of the environment.
const SECRET: &str = "swordfish-0123456789";

/// Holds a configuration file to what people and the server rely on.
pub fn hold(input: &[u8]) {
    let read = |path: &Path| -> io::Result<Vec<u8>> {
        if path == Path::new("seconder.toml") { Ok(input.to_vec()) } else { Ok(SECRET.into()) }
    };
    let variables = [
        ("SECONDER_SERVER__PUBLIC_URL", "https://seconder.example.com"),
        ("SECONDER_STORE__URL", SECRET),
        ("SECONDER_GITHUB__0__APP_ID", "7"),
        ("SECONDER_GITHUB__0__PRIVATE_KEY", SECRET),
        ("SECONDER_GITHUB__0__WEBHOOK_SECRETS", SECRET),
        ("SECONDER_GITHUB__0__OWNERS", "acme"),
    ];
    for variables in [&[][..], &variables] {
        let load = || {
            let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            Config::load_with(Path::new("seconder.toml"), variables, &read)
        };
        match (load(), load()) {
            (Ok(config), Ok(again)) => {
                assert_eq!(format!("{config:?}"), format!("{again:?}"), "the same file means the same");
                is_sound(config);
            }
            (Err(error), Err(again)) => {
                assert_eq!(error.to_string(), again.to_string(), "the same file is refused for the same reason");
                can_be_shown(&error, input);
            }
            (first, second) => panic!("{first:?} became {second:?}"),
        }
    }
}

fn is_sound(mut config: Config) {
    assert!((1..=64).contains(&config.engine.workers) && config.engine.lease > config.engine.request_timeout);
    assert!(!config.public_url.ends_with('/') && config.public_url.starts_with("http"), "{}", config.public_url);
    assert!(!config.check_name.trim().is_empty() && !config.check_name.contains(char::is_control));
    assert!(!config.github.is_empty());
    for host in &config.github {
        assert!(host.app_id > 0 && !host.owners.is_empty() && !host.api_url.contains('@'), "{host:?}");
        assert!(host.webhook_secrets.iter().all(|secret| !secret.expose_secret().is_empty()));
        assert!(!host.webhook_secrets.is_empty(), "anybody could sign");
    }
    // The floor is no secret, and the only file whose text may be shown.
    config.floor = None;
    assert!(!format!("{config:?}").contains(SECRET), "a secret shows");
}

fn can_be_shown(error: &Error, input: &[u8]) {
    let said = error.to_string();
    assert!(!said.contains(SECRET), "a secret shows: {said}");
    assert!(!said.contains(char::is_control) && said.chars().count() < 2_000, "{said:?}");
    if let Error::Invalid { line, column, .. } = error {
        let lines = input.split(|byte| *byte == b'\n').count();
        assert!((1..=lines).contains(line) && *column >= 1, "{said} of {lines} lines");
    }
}
