//! Files and parts of files that the pages show, read by the parsers that read them in earnest.

use std::fs;
use std::path::Path;

use jiff::Timestamp;
use seconder::config::Config;
use seconder::directory::Directory;
use seconder::gate::command::{Ask, parse};
use seconder::gate::detect::Catalogue;
use seconder::gate::people::Tiers;
use seconder::gate::policy::SourceLevel;
use seconder::gate::policy::compile;
use seconder::gate::policy::diagnostic::Diagnostic;

use super::page::{Block, Kind};

/// What the parts of a configuration are added to.
const CONFIG: &str = r#"
[server]
public_url = "https://seconder.example.com"
[store]
url = "sqlite:seconder.db"
[[github]]
app_id = 1
private_key = "a key"
webhook_secrets = ["a secret of some length, made by openssl"]
owners = ["acme"]
"#;

/// What is wrong with the block, if it shows a file.
pub(super) fn wrong(block: &Block) -> Option<String> {
    match block.kind.as_ref().ok()? {
        // Their commands say what is wrong with these, and are held to it.
        Kind::File { name } if name.contains("broken") => None,
        Kind::File { name } if name.contains("directory") => directory(&block.text),
        Kind::File { name } if name.contains("agents") => agents(&block.text),
        Kind::File { name } if name.starts_with(".github/workflows/") => crate::packaging::ci::workflow(&block.text),
        Kind::File { name } if name == ".gitlab-ci.yml" => crate::packaging::ci::pipeline(&block.text),
        Kind::File { name } if is(name, "yml") => policy(&block.text),
        Kind::PolicyPart => policy(&format!("version: 1\n{}", block.text)),
        Kind::File { name } if is(name, "toml") => config(&block.text),
        Kind::ConfigPart => config(&block.text),
        Kind::File { .. } | Kind::Json => {
            let value = serde_json::from_str::<serde_json::Value>(&block.text);
            value.err().map(|error| format!("not JSON: {error}"))
        }
        Kind::Commands => commands(&block.text),
        Kind::Console { .. } | Kind::Script | Kind::Text => None,
    }
}

fn is(name: &str, ending: &str) -> bool {
    Path::new(name).extension().is_some_and(|found| found == ending)
}

fn told(findings: &[Diagnostic]) -> Option<String> {
    let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn policy(text: &str) -> Option<String> {
    let tiers = Tiers::new(["junior", "mid", "senior", "principal"].map(str::to_owned).to_vec());
    match compile::read("policy", SourceLevel::Organisation, text, &tiers) {
        Ok(file) => told(&file.warnings),
        Err(findings) => told(&findings),
    }
}

fn agents(text: &str) -> Option<String> {
    match Catalogue::with(&[("agents", text)]) {
        Ok((_, warnings)) => told(&warnings),
        Err(findings) => told(&findings),
    }
}

fn directory(text: &str) -> Option<String> {
    let now: Timestamp = "2026-12-01T12:00:00Z".parse().unwrap();
    match Directory::load(&[("directory", text)], now) {
        Ok((_, warnings)) => told(&warnings),
        Err(findings) => told(&findings),
    }
}

/// A configuration, or a part of one, put into the smallest that is whole.
fn config(text: &str) -> Option<String> {
    let part: toml::Table = match text.parse() {
        Ok(part) => part,
        Err(error) => return Some(error.to_string()),
    };
    let mut whole: toml::Table = CONFIG.parse().unwrap();
    for (key, value) in part {
        match (whole.get_mut(&key), value) {
            (Some(toml::Value::Table(known)), toml::Value::Table(part)) => known.extend(part),
            (_, value) => {
                whole.insert(key, value);
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    // Files that examples name are there; what is in them is not looked at.
    for name in ["app.pem", "app-ghes.pem", "store-url", "webhook-secrets", "webhook-secrets-ghes"] {
        fs::write(folder.path().join(name), "sqlite:what it holds").unwrap();
    }
    fs::write(folder.path().join("policy.yml"), "version: 1\n").unwrap();
    let path = folder.path().join("seconder.toml");
    fs::write(&path, whole.to_string()).unwrap();
    Config::load(&path, []).err().map(|error| error.to_string())
}

/// Every line that is not empty has to be a command that makes sense.
fn commands(text: &str) -> Option<String> {
    let is_understood = |line: &str| parse(line).is_some_and(|said| !matches!(said.ask, Ask::Mistaken(_)));
    let line = text.lines().find(|line| !line.trim().is_empty() && !is_understood(line))?;
    Some(format!("not a command: {line}"))
}
