//! Configuration files and environments with which no server starts. Each is said in a line, and nothing is left behind.

use std::fs;
use std::net::TcpListener;

use super::process::{run, seconder, text};
use super::serve::{configured, path};

/// What is said of these bytes in the place of a configuration file.
fn told_of(bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seconder.toml");
    fs::write(&file, bytes).unwrap();
    let output = run(&["serve", "--config", file.to_str().unwrap(), "--log", "off"]);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), ""));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing was made");
    assert!(!output.stderr.contains(&0x1b), "nothing reaches the terminal but text");
    text(&output.stderr).replace(&format!("{}/", folder.path().display()), "…/")
}

#[test]
fn a_file_that_is_no_configuration_is_refused() {
    let nothing = "the file says nothing; it needs at least [server], [store] and one [[github]] or [[gitlab]] table";
    assert_eq!(told_of(b""), format!("seconder: …/seconder.toml:1:1: {nothing}\n"));
    assert_eq!(
        told_of(b"\xff\xfe[server]"),
        "seconder: --config: …/seconder.toml is not UTF-8 text; save it as such\n"
    );
    let huge = vec![b'#'; 2 * 1024 * 1024];
    assert_eq!(told_of(&huge), "seconder: --config: cannot read …/seconder.toml: it is larger than 1024 KiB\n");
    assert!(told_of(b"\x7fELF\x02\x01\0\0").starts_with("seconder: …/seconder.toml:1:"));
    assert!(told_of(b"version: 1\nrules: []\n").starts_with("seconder: …/seconder.toml:1:"));
    assert!(told_of(b"[server]\n\"\x1b[2J\" = 1\n").starts_with("seconder: …/seconder.toml:2:"));
    let deep = format!("a = {}1{}", "[".repeat(50_000), "]".repeat(50_000));
    assert!(told_of(deep.as_bytes()).starts_with("seconder: …/seconder.toml:1:"));
}

#[test]
fn a_folder_or_a_device_is_no_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().display().to_string();
    for (given, says) in
        [(folder.as_str(), "Is a directory (os error 21)"), ("/dev/zero", "it is larger than 1024 KiB")]
    {
        let output = run(&["serve", "--config", given]);
        let said = format!("seconder: --config: cannot read {given}: {says}\n");
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(2), said.as_str()));
    }
}

#[test]
fn the_environment_is_as_strict_as_the_file() {
    use std::os::unix::ffi::OsStrExt as _;
    let folder = configured(None, |config| config);
    for (name, value, says) in [
        ("SECONDER_STORE__URL", &b""[..], "SECONDER_STORE__URL: is empty; give it a value, or leave the variable out"),
        ("SECONDER_STORE__URL", b"sqlite:\xff", "SECONDER_STORE__URL: is not UTF-8 text"),
        (
            "SECONDER_STORE_URL",
            b"sqlite:other.db",
            "SECONDER_STORE_URL: names no key; with two underscores between its parts, it is SECONDER_STORE__URL",
        ),
    ] {
        let mut command = seconder(&["serve", "--config", &path(&folder)]);
        let output = command.env(name, std::ffi::OsStr::from_bytes(value)).output().unwrap();
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(2), format!("seconder: {says}\n").as_str()));
    }
    assert!(!folder.path().join("seconder.db").exists());
}

#[test]
fn a_database_that_is_not_there_is_named_and_its_password_is_not() {
    // A port that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let folder = configured(None, |config| config);
    let mut command = seconder(&["serve", "--config", &path(&folder)]);
    let url = format!("postgres://seconder:hunter2@127.0.0.1:{port}/seconder");
    let output = command.env("SECONDER_STORE__URL", url).output().unwrap();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains(&format!("store.url: PostgreSQL at 127.0.0.1:{port} does not answer; start it, or")),
        "{said}"
    );
    assert!(!said.contains("hunter2"), "{said}");
}

#[test]
fn what_to_log_is_said_to_be_wrong_as_well() {
    let folder = configured(None, |config| config);
    let output = run(&["serve", "--config", &path(&folder), "--log", "loud,=x"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).starts_with("seconder: --log: "), "{}", text(&output.stderr));
}
