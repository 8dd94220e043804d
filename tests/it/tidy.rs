//! The house rules that a compiler does not check: who may import whom, and how large things get.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The longest source file, in lines.
const LONGEST_FILE: usize = 500;

/// What each room may import of the others (ARCHITECTURE.md).
fn allowed() -> BTreeMap<&'static str, &'static [&'static str]> {
    BTreeMap::from([
        ("gate", &[] as &[_]),
        ("forge", &["gate"]),
        ("store", &["gate"]),
        ("directory", &["gate"]),
        ("history", &["gate"]),
        ("scan", &["gate", "history"]),
        ("engine", &["gate", "forge", "store", "directory", "clock", "telemetry", "wake"]),
        ("server", &["gate", "store", "forge", "clock", "telemetry", "wake"]),
        ("sandbox", &[]),
        ("config", &[]),
        ("clock", &[]),
        ("telemetry", &[]),
        ("wake", &[]),
    ])
}

fn sources(below: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(ROOT).join(below)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path.strip_prefix(ROOT).unwrap().to_owned(), text));
            }
        }
    }
    assert!(!found.is_empty());
    found
}

/// The room that a source file belongs to: `src/gate.rs` and `src/gate/ids.rs` are both of `gate`.
fn room(path: &Path) -> String {
    let part = path.components().nth(1).unwrap().as_os_str().to_str().unwrap();
    part.trim_end_matches(".rs").to_owned()
}

/// Lines of code: comments speak of other rooms freely.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")).map(|(n, line)| (n + 1, line))
}

#[test]
fn rooms_import_only_what_they_may() {
    let allowed = allowed();
    let rooms: Vec<&str> = allowed.keys().copied().chain(["cli"]).collect();
    let mut broken = Vec::new();
    for (path, text) in sources("src") {
        let Some(may) = allowed.get(room(&path).as_str()) else { continue };
        for (number, line) in code(&text) {
            for other in &rooms {
                let imports = line.contains(&format!("crate::{other}::")) || line.contains(&format!("crate::{other};"));
                if imports && *other != room(&path) && !may.contains(other) {
                    broken.push(format!("{}:{number} imports {other}: {}", path.display(), line.trim()));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_gate_reaches_nothing_outside() {
    let forbidden = [
        "tokio::",
        "sqlx::",
        "octocrab::",
        "axum::",
        "reqwest::",
        "std::fs",
        "std::env",
        "std::net",
        "std::process",
        "SystemTime",
        "Instant::",
        "Timestamp::now",
        "async fn",
        ".await",
    ];
    let mut broken = Vec::new();
    for (path, text) in sources("src").into_iter().filter(|(path, _)| room(path) == "gate") {
        for (number, line) in code(&text) {
            if let Some(what) = forbidden.iter().find(|what| line.contains(**what)) {
                broken.push(format!("{}:{number} reaches for {what}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn only_the_webhook_half_of_the_forge_serves_the_server() {
    let clients_of = |forge: &str, line: &str| {
        let of = format!("crate::forge::{forge}");
        let serves = ["webhook", "job_token"].iter().any(|half| line.contains(&format!("{of}::{half}")));
        line.contains(&format!("{of}::")) && !serves
    };
    let imports = |line: &str| clients_of("github", line) || clients_of("gitlab", line);
    for (path, text) in sources("src").into_iter().filter(|(path, _)| room(path) == "server") {
        for (number, line) in code(&text) {
            assert!(!imports(line), "{}:{number}: {line}", path.display());
        }
    }
}

#[test]
fn no_file_outgrows_its_reader() {
    let long: Vec<String> = sources("src")
        .into_iter()
        .chain(sources("tests"))
        .chain(sources("fuzz/src"))
        .filter(|(_, text)| text.lines().count() > LONGEST_FILE)
        .map(|(path, text)| format!("{} has {} lines: split it by noun", path.display(), text.lines().count()))
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn nothing_is_left_half_done() {
    let unfinished = ["todo!(", "unimplemented!(", "#[ignore"];
    for (path, text) in sources("src").into_iter().chain(sources("tests")) {
        if path.ends_with("tidy.rs") {
            continue;
        }
        for (number, line) in code(&text) {
            let found = unfinished.iter().find(|word| line.contains(**word));
            assert!(found.is_none(), "{}:{number}: {}", path.display(), line.trim());
        }
    }
}

#[test]
fn tests_wait_on_conditions_and_not_on_sleeps() {
    // The load under which a server is killed goes on at a random pace. Nothing there waits for something by a pause.
    let paces = |path: &Path| path.starts_with("tests/it/kills") || path == Path::new("tests/it/kills.rs");
    for (path, text) in sources("tests").into_iter().filter(|(path, _)| !path.ends_with("tidy.rs")) {
        for (number, line) in code(&text) {
            let sleeps = line.contains("sleep(") && !line.contains("pg_sleep(") && !paces(&path);
            assert!(!sleeps, "{}:{number}: {}", path.display(), line.trim());
        }
    }
}
