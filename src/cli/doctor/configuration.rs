//! The server's own configuration: addresses, secrets, and who can read the files that hold them.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};

use super::finding::Finding;
use crate::gate::ids::Host;

const ABOUT: &str = "configuration";

/// A shorter secret can be guessed from one recorded delivery, in characters.
const SHORT_SECRET: usize = 20;

/// A secret with fewer different characters is a pattern.
const FEW_CHARACTERS: usize = 8;

/// A file that is nobody else's business.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SecretFile {
    pub(super) path: PathBuf,
    /// The file's permission bits.
    pub(super) mode: u32,
    /// Whether everybody may enter the folders that lead there.
    pub(super) is_in_the_open: bool,
}

/// Looks at these files. Those that are not there are left out.
pub(super) fn look(paths: &[PathBuf]) -> Vec<SecretFile> {
    let mode = |path: &Path| Some(std::fs::metadata(path).ok()?.permissions().mode());
    let look = |path: &PathBuf| {
        let path = std::path::absolute(path).ok()?;
        let is_open = |folder: &Path| mode(folder).is_some_and(|mode| mode & 0o001 != 0);
        let is_in_the_open = path.ancestors().skip(1).all(is_open);
        Some(SecretFile { mode: mode(&path)? & 0o777, is_in_the_open, path })
    };
    paths.iter().filter_map(look).collect()
}

/// Whether others can read what only the server should.
pub(super) fn files(files: &[SecretFile]) -> Vec<Finding> {
    let others_can = |file: &&SecretFile| file.is_in_the_open && file.mode & 0o006 != 0;
    let exposed: Vec<Finding> = files
        .iter()
        .filter(others_can)
        .map(|file| {
            let path = file.path.display();
            Finding::warning(
                "secret-file",
                ABOUT,
                format!("every user of this machine can read {path} ({:03o})", file.mode),
            )
            .why("it holds a secret, or what people said and did")
            .remedy(format!("chmod 600 {path}, as the user that runs the server"))
        })
        .collect();
    if exposed.is_empty() {
        return vec![Finding::ok("secret-file", ABOUT, "no other user can read the files that hold secrets")];
    }
    exposed
}

/// Whether deliveries are signed with something that cannot be guessed. What a secret is, is never said.
pub(super) fn secrets(host: &Host, secrets: &[SecretString]) -> Vec<Finding> {
    let is_weak = |secret: &SecretString| {
        let secret = secret.expose_secret();
        let different: BTreeSet<char> = secret.chars().collect();
        secret.chars().count() < SHORT_SECRET || different.len() < FEW_CHARACTERS
    };
    let weak: Vec<usize> =
        secrets.iter().enumerate().filter(|(_, secret)| is_weak(secret)).map(|(n, _)| n + 1).collect();
    let weak_ones = weak.iter().map(|number| {
        Finding::warning("webhook-secret", host, format!("webhook secret number {number} can be guessed"))
            .why("whoever guesses it can tell the server what never happened: who pushed, and which commands were given")
            .remedy(
                "make one with `openssl rand -hex 32`, add it to webhook_secrets beside the old one, set it on the App's \
                 settings page under Webhook, and remove the old one",
            )
    });
    let mut found: Vec<Finding> = weak_ones.collect();
    if found.is_empty() {
        found.push(Finding::ok("webhook-secret", host, "the webhook secret is long enough"));
    }
    if secrets.len() > 1 {
        let found_more = format!("{} webhook secrets are accepted", secrets.len());
        found.push(
            Finding::info("webhook-rotation", host, found_more).remedy("once the App uses the new one, remove the old"),
        );
    }
    found
}

/// Whether people and the forge come in by https.
pub(super) fn addresses(listen: &str, public_url: &str) -> Vec<Finding> {
    let (is_secure, is_local) = (public_url.starts_with("https://"), is_local(public_url));
    let address = if is_secure {
        Finding::ok("public-url", ABOUT, format!("people and GitHub reach the server at {public_url}"))
    } else if is_local {
        Finding::info(
            "public-url",
            ABOUT,
            format!("{public_url} is an address of this machine alone: good for a trial"),
        )
    } else {
        Finding::warning("public-url", ABOUT, format!("server.public_url is {public_url}, without encryption"))
            .why("whoever is on the way can read what is private, and change what people are shown")
            .remedy("put a proxy with a certificate in front of the server, and write https:// in server.public_url")
    };
    let is_loopback = ["127.", "localhost:", "[::1]"].iter().any(|start| listen.starts_with(start));
    let mut found = vec![address];
    if is_secure && !is_loopback {
        found.push(
            Finding::info("listen", ABOUT, format!("the server itself speaks plain HTTP, on {listen}"))
                .remedy("make sure that only the proxy with the certificate reaches that port"),
        );
    }
    found
}

/// Whether an address leads to this machine.
pub(super) fn is_local(url: &str) -> bool {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = host.split(['/', '?']).next().unwrap_or_default();
    ["127.0.0.1", "localhost", "[::1]"].iter().any(|local| host == *local || host.starts_with(&format!("{local}:")))
}

#[cfg(test)]
mod tests {
    use super::super::finding::Severity;
    use super::*;

    #[test]
    fn addresses_are_judged_by_who_could_listen_in() {
        for (listen, public_url, severities) in [
            ("127.0.0.1:8080", "https://seconder.example.com", vec![Severity::Ok]),
            ("0.0.0.0:8080", "https://seconder.example.com", vec![Severity::Ok, Severity::Info]),
            ("127.0.0.1:8080", "http://127.0.0.1:8080", vec![Severity::Info]),
            ("127.0.0.1:8080", "http://localhost", vec![Severity::Info]),
            ("0.0.0.0:80", "http://seconder.example.com", vec![Severity::Warning]),
            ("0.0.0.0:80", "http://localhost.example.com", vec![Severity::Warning]),
            ("0.0.0.0:80", "http://127.0.0.1.example.com/", vec![Severity::Warning]),
        ] {
            let found: Vec<Severity> = addresses(listen, public_url).iter().map(|one| one.severity).collect();
            assert_eq!(found, severities, "{listen} {public_url}");
        }
    }

    #[test]
    fn a_file_is_exposed_when_it_and_every_folder_above_it_are_open() {
        let file = |mode, is_in_the_open| SecretFile { path: "/etc/seconder/app.pem".into(), mode, is_in_the_open };
        for (mode, is_in_the_open, severity) in [
            (0o600, true, Severity::Ok),
            (0o640, true, Severity::Ok),
            (0o644, true, Severity::Warning),
            (0o602, true, Severity::Warning),
            (0o644, false, Severity::Ok),
        ] {
            let found = files(&[file(mode, is_in_the_open)]);
            assert_eq!(found.iter().map(|one| one.severity).collect::<Vec<_>>(), [severity], "{mode:o}");
        }
    }
}
