//! What is read of a commit, however it was written.

use std::fs;

use seconder::history::{Error, WalkOptions, sha};

use super::repository::id;
use super::{NewCommit, Repository};

#[test]
fn a_commit_is_read_as_it_was_written() {
    let repository = Repository::new();
    let parent = repository.commit(&NewCommit::new("One"));
    let commit = NewCommit::new("Two\n\nBody\n").by("Ana <ana@acme.dev>").committed_by("Kim <kim@acme.dev>");
    let name = repository.commit(&commit.at("2026-02-03T04:05:06+02:00"));
    let read = repository.history().commit(id(&name)).unwrap();
    assert_eq!((read.author.name.as_str(), read.author.email.as_str()), ("Ana", "ana@acme.dev"));
    assert_eq!((read.committer.name.as_str(), read.committer.email.as_str()), ("Kim", "kim@acme.dev"));
    assert_eq!(read.committer.date, Some("2026-02-03T02:05:06Z".parse().unwrap()));
    assert_eq!(
        (read.message.as_str(), read.parents, read.tree.to_string()),
        ("Two\n\nBody\n", vec![id(&parent)], repository.git(&["rev-parse", "HEAD^{tree}"]))
    );
    assert_eq!(sha(read.id).as_str(), name);
}

#[test]
fn messages_in_other_encodings_are_converted_and_nonsense_is_replaced() {
    let repository = Repository::new();
    let tree = repository.git(&["write-tree"]);
    let read = |header: &str, message: &[u8]| {
        let mut content = format!(
            "tree {tree}\nauthor J\u{f6} <jo@acme.dev> 1 +0000\ncommitter jo <jo@acme.dev> 1 +0000\n{header}\n"
        )
        .into_bytes();
        content.extend(message);
        repository.history().commit(id(&repository.object("commit", &content))).unwrap().message
    };
    assert_eq!(read("encoding ISO-8859-1\n", b"caf\xe9"), "café");
    assert_eq!(read("encoding CP1251\n", b"\xcf\xf0\xe8\xe2\xe5\xf2"), "Привет");
    assert_eq!(read("encoding Shift_JIS\n", b"\x83e\x83X\x83g"), "テスト");
    assert_eq!(read("encoding nonsense\n", b"caf\xe9"), "caf\u{fffd}");
    assert_eq!(read("", b"caf\xe9"), "caf\u{fffd}");
    // Whoever configured an encoding and wrote UTF-8 all the same is read right.
    assert_eq!(read("encoding ISO-8859-1\n", "café".as_bytes()), "café");
}

#[test]
fn careless_people_and_dates_are_read_as_far_as_they_go() {
    let repository = Repository::new();
    let tree = repository.git(&["write-tree"]);
    let read = |line: &str| {
        let content = format!("tree {tree}\nauthor {line}\ncommitter {line}\n\nm");
        let commit = repository.history().commit(id(&repository.object("commit", content.as_bytes()))).unwrap();
        (commit.author.name, commit.author.email, commit.author.date.map(|date| date.to_string()))
    };
    let of = |name: &str, email: &str, date: Option<&str>| (name.to_owned(), email.to_owned(), date.map(str::to_owned));
    assert_eq!(read("jo <jo@acme.dev> 0 +0000"), of("jo", "jo@acme.dev", Some("1970-01-01T00:00:00Z")));
    assert_eq!(read(" <> 4102444800 +0000"), of("", "", Some("2100-01-01T00:00:00Z")));
    assert_eq!(read("jo <jo@acme.dev> 99999999999999999999 +0000"), of("jo", "jo@acme.dev", None));
    assert_eq!(read("jo <a <b@acme.dev>> 1 +9999"), of("jo", "a <b@acme.dev>", Some("1970-01-01T00:00:01Z")));
}

#[test]
fn what_is_missing_or_broken_is_named() {
    let repository = Repository::new();
    repository.commit(&NewCommit::new("One").file("a", "1"));
    let second = repository.commit(&NewCommit::new("Two").file("a", "2"));
    let third = repository.commit(&NewCommit::new("Three").file("a", "3"));
    let history = repository.history();
    let blob = id(&repository.git(&["rev-parse", "HEAD:a"]));
    assert!(matches!(history.commit(blob), Err(Error::Broken { id, .. }) if id == blob));
    let nonsense = id(&repository.object("commit", b"nonsense"));
    assert!(matches!(history.commit(nonsense), Err(Error::Broken { id, .. }) if id == nonsense));
    fs::remove_file(repository.object_path(&second)).unwrap();
    let history = repository.history();
    assert_eq!(history.commit(id(&second)), Err(Error::Missing { id: id(&second) }));
    let visits: Vec<_> = history.walk(&history.head().unwrap(), WalkOptions::default()).unwrap().collect();
    assert_eq!((visits[0].as_ref().unwrap(), visits.len()), (&id(&third), 2));
    assert!(visits[1].is_err(), "{visits:?}");
}
