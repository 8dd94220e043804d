//! `packaging/seconder.service`.

use std::process::Command;
use std::time::Duration;

use seconder::cli::serve::DRAIN;
use secrecy::ExposeSecret as _;

use super::{configured, takes, text};

const UNIT: &str = "packaging/seconder.service";

/// Section, key and value of every line that says something.
fn directives() -> Vec<(String, String, String)> {
    let mut section = String::new();
    let mut directives = Vec::new();
    for line in text(UNIT).lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix('[') {
            name.strip_suffix(']').unwrap().clone_into(&mut section);
            continue;
        }
        let (key, value) = line.split_once('=').unwrap_or_else(|| panic!("{line} says nothing"));
        assert!(key.chars().all(|c| c.is_ascii_alphanumeric()) && value.trim() == value, "{line}");
        directives.push((section.clone(), key.to_owned(), value.to_owned()));
    }
    directives
}

fn all(key: &str) -> Vec<String> {
    directives().into_iter().filter(|(_, given, _)| given == key).map(|(.., value)| value).collect()
}

fn one(key: &str) -> String {
    let [value] = all(key).try_into().unwrap_or_else(|found| panic!("{key}: {found:?}"));
    value
}

#[test]
fn the_server_takes_all_that_the_unit_tells_it() {
    let filled = |value: &str| value.replace("%d", "/run/credentials/seconder.service").replace("%S", "/var/lib");
    let variables: Vec<(String, String)> = all("Environment")
        .iter()
        .map(|pair| pair.split_once('=').unwrap())
        .map(|(name, value)| (name.to_owned(), filled(value)))
        .collect();
    let config = configured(&variables);
    let credentials = all("LoadCredential");
    let loaded: Vec<&str> = credentials.iter().map(|credential| credential.split_once(':').unwrap().0).collect();
    let host = &config.github[0];
    let read = [host.private_key.expose_secret(), host.webhook_secrets[0].expose_secret()];
    assert_eq!(loaded, read, "what is loaded is what is read");
    let state = format!("sqlite:/var/lib/{}/seconder.db", one("StateDirectory"));
    assert_eq!(config.store_url.expose_secret(), state);
    let start = one("ExecStart");
    let (program, arguments) = start.split_once(' ').unwrap();
    assert_eq!(program, "/usr/local/bin/seconder");
    takes(&arguments.split(' ').collect::<Vec<_>>());
}

#[test]
fn the_unit_leaves_running_work_its_time() {
    assert!(Duration::from_secs(one("TimeoutStopSec").parse().unwrap()) > DRAIN);
    assert_eq!((one("Type").as_str(), one("Restart").as_str()), ("notify", "always"));
}

#[test]
fn each_directive_stands_once_in_a_section_that_there_is() {
    let mut seen = std::collections::BTreeSet::new();
    let lists = ["Environment", "LoadCredential", "SystemCallFilter"];
    for (section, key, _) in directives() {
        assert!(["Unit", "Service", "Install"].contains(&section.as_str()), "{section}");
        assert!(seen.insert(key.clone()) || lists.contains(&key.as_str()), "{key} stands twice");
    }
}

/// systemd itself reads the unit where it is at hand.
#[test]
fn systemd_understands_the_unit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("seconder.service");
    std::fs::write(&path, text(UNIT).replace("/usr/local/bin/seconder", env!("CARGO_BIN_EXE_seconder"))).unwrap();
    let Ok(output) = Command::new("systemd-analyze").arg("verify").arg(&path).output() else { return };
    let said = String::from_utf8_lossy(&output.stderr);
    // It complains of this machine's other units as well.
    let of_ours: Vec<&str> = said.lines().filter(|line| line.contains("seconder")).collect();
    assert!(of_ours.is_empty(), "{said}");
}
