//! The Dockerfile.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::{ROOT, takes, text};

/// The instructions, each on one line.
fn instructions() -> Vec<(String, String)> {
    let text = text("Dockerfile").replace("\\\n", "");
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once(' ').unwrap()).map(|(word, rest)| (word.to_owned(), rest.to_owned())).collect()
}

fn only(word: &str) -> String {
    let all = instructions();
    let found: Vec<_> = all.iter().filter(|(given, _)| given == word).collect();
    assert_eq!(found.len(), 1, "{word}");
    found[0].1.clone()
}

/// What is copied from the source tree.
fn copied() -> Vec<String> {
    let copies = instructions().into_iter().filter(|(word, rest)| word == "COPY" && !rest.starts_with("--from"));
    copies
        .flat_map(|(_, rest)| {
            let mut paths: Vec<String> = rest.split_whitespace().map(str::to_owned).collect();
            paths.pop();
            paths
        })
        .collect()
}

/// The arguments of an instruction in the form that needs no shell.
fn words(json: &str) -> Vec<String> {
    serde_json::from_str(json).unwrap()
}

/// Whatever the compiler read for the library or the program, as it noted beside what it made.
fn read_by_the_build() -> BTreeSet<String> {
    let beside = std::env::current_exe().unwrap();
    let notes = fs::read_dir(beside.parent().unwrap()).unwrap().map(|entry| entry.unwrap().path());
    let is_ours = |path: &Path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.starts_with("seconder-") && path.extension().is_some_and(|ending| ending == "d")
    };
    let notes = notes.filter(|path| is_ours(path)).map(|path| fs::read_to_string(path).unwrap());
    // With its unit tests, the library reads more, and lints have a configuration.
    let read_for_us = ["src/config/tests.rs", "clippy.toml"];
    let shipped = notes.filter(|note| !read_for_us.iter().any(|file| note.contains(file)));
    let root = fs::canonicalize(ROOT).unwrap();
    let mut files = BTreeSet::new();
    for note in shipped {
        for word in note.split_whitespace() {
            // Includes are noted as they are written, with their way up and down again.
            let Ok(file) = fs::canonicalize(root.join(word.trim_end_matches(':'))) else { continue };
            let ours = file.strip_prefix(&root).ok().filter(|file| root.join(file).is_file());
            files.extend(ours.map(|file| file.to_str().unwrap().to_owned()));
        }
    }
    files.into_iter().filter(|file| !file.starts_with("target/")).collect()
}

#[test]
fn every_file_that_the_build_reads_is_copied() {
    let read = read_by_the_build();
    for known in ["src/lib.rs", "config/agents.yml", "migrations/sqlite/0001_foundation.sql"] {
        assert!(read.contains(known), "{known} is not among {read:?}");
    }
    let copied = copied();
    let is_copied = |file: &str| copied.iter().any(|path| file == path || file.starts_with(&format!("{path}/")));
    for file in read.iter().map(String::as_str).chain(["Cargo.toml", "Cargo.lock", "build.rs"]) {
        assert!(is_copied(file), "{file} is read and not copied");
    }
}

#[test]
fn what_is_not_copied_need_not_be_there() {
    // Cargo looks for the file of a test or bench only if the manifest does not say where it is.
    let manifest: toml::Table = text("Cargo.toml").parse().unwrap();
    for kind in ["test", "bench", "example"] {
        for target in manifest.get(kind).and_then(toml::Value::as_array).into_iter().flatten() {
            assert!(target.get("path").is_some(), "[[{kind}]] {} needs its path", target["name"]);
        }
    }
}

#[test]
fn what_is_copied_is_sent_to_the_builder_and_is_there() {
    let ignore = text(".dockerignore");
    assert!(ignore.lines().any(|line| line == "*"), "what is not named stays here");
    let mut sent: Vec<&str> = ignore.lines().filter_map(|line| line.strip_prefix('!')).collect();
    let mut copied = copied();
    sent.sort_unstable();
    copied.sort_unstable();
    assert_eq!(sent, copied);
    for path in copied {
        assert!(Path::new(ROOT).join(&path).exists(), "{path}");
    }
}

#[test]
fn the_image_is_the_one_that_is_described() {
    let manifest: toml::Table = text("Cargo.toml").parse().unwrap();
    let package = manifest["package"].as_table().unwrap();
    let bases: Vec<String> =
        instructions().into_iter().filter(|(word, _)| word == "FROM").map(|(_, base)| base).collect();
    assert!(bases[0].starts_with(&format!("rust:{}-", package["rust-version"].as_str().unwrap())), "{bases:?}");
    for base in &bases {
        let (_, tag) = base.split(' ').next().unwrap().rsplit_once(':').unwrap();
        assert!(!tag.is_empty() && tag != "latest", "{base}");
    }
    let labels = only("LABEL");
    for (label, key) in [("version", "version"), ("licenses", "license"), ("description", "description")] {
        let label = format!("org.opencontainers.image.{label}=\"{}\"", package[key].as_str().unwrap());
        assert!(labels.contains(&label), "{label} is not in {labels}");
    }
    let build = &instructions().into_iter().find(|(word, rest)| word == "RUN" && rest.contains("cargo")).unwrap().1;
    assert!(build.contains("--release --locked --no-default-features --bin seconder"), "{build}");
}

#[test]
fn it_runs_as_nobody_and_stops_as_it_is_asked() {
    let user = only("USER");
    let (user, group) = user.split_once(':').unwrap();
    assert!(user.parse::<u32>().unwrap() > 0 && user == group);
    let state = only("VOLUME");
    let owned = instructions().into_iter().find(|(word, rest)| word == "COPY" && rest.ends_with(&state)).unwrap().1;
    assert!(owned.contains(&format!("--chown={user}:{user} ")), "{owned}");
    assert_eq!(only("STOPSIGNAL"), "SIGTERM");
}

#[test]
fn it_is_started_and_asked_without_a_shell() {
    let program = words(&only("ENTRYPOINT"));
    assert_eq!(program, ["/usr/local/bin/seconder"]);
    takes(&words(&only("CMD")).iter().map(String::as_str).collect::<Vec<_>>());
    let check = only("HEALTHCHECK");
    let check = words(check.split_once("CMD ").unwrap().1);
    assert_eq!(check[..1], program);
    takes(&check[1..].iter().map(String::as_str).collect::<Vec<_>>());
    let environment = only("ENV");
    let set: Vec<(&str, &str)> = environment.split_whitespace().map(|pair| pair.split_once('=').unwrap()).collect();
    assert_eq!(set, [("SECONDER_CONFIG", "/etc/seconder/seconder.toml"), ("SECONDER_SERVER__LISTEN", "0.0.0.0:8080")]);
}
