//! Object ids: SHA-1 over git's own object encoding, so that a real git would agree.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use super::{Commit, Files, Sha, Stamp};

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn object(kind: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("{kind} {}\0", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    digest(&SHA1_FOR_LEGACY_USE_ONLY, &bytes).as_ref().to_vec()
}

pub(super) fn blob(text: &str) -> Sha {
    hex(&object("blob", text.as_bytes()))
}

enum Entry<'a> {
    Blob(&'a str),
    Tree(BTreeMap<&'a str, Entry<'a>>),
}

pub(super) fn tree(files: &Files) -> Sha {
    let mut root = BTreeMap::new();
    for (path, sha) in files {
        insert(&mut root, path, sha);
    }
    hex(&tree_object(&root))
}

fn insert<'a>(tree: &mut BTreeMap<&'a str, Entry<'a>>, path: &'a str, sha: &'a str) {
    match path.split_once('/') {
        None => {
            tree.insert(path, Entry::Blob(sha));
        }
        Some((directory, rest)) => {
            if let Entry::Tree(below) = tree.entry(directory).or_insert_with(|| Entry::Tree(BTreeMap::new())) {
                insert(below, rest, sha);
            }
        }
    }
}

fn tree_object(entries: &BTreeMap<&str, Entry<'_>>) -> Vec<u8> {
    // git sorts a directory as if its name ended in a slash.
    let mut sorted: Vec<_> = entries.iter().collect();
    sorted.sort_by_key(|(name, entry)| match entry {
        Entry::Blob(_) => (**name).to_owned(),
        Entry::Tree(_) => format!("{name}/"),
    });
    let mut body = Vec::new();
    for (name, entry) in sorted {
        let (mode, id) = match entry {
            Entry::Blob(sha) => ("100644", unhex(sha)),
            Entry::Tree(below) => ("40000", tree_object(below)),
        };
        body.extend_from_slice(format!("{mode} {name}\0").as_bytes());
        body.extend_from_slice(&id);
    }
    object("tree", &body)
}

fn unhex(text: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok()).unwrap_or(0);
    text.as_bytes().chunks(2).map(|pair| pair.iter().fold(0, |sum, byte| (sum << 4) | digit(*byte))).collect()
}

pub(super) fn commit(commit: &Commit) -> Sha {
    let mut text = format!("tree {}\n", commit.tree);
    for parent in &commit.parents {
        let _ = writeln!(text, "parent {parent}");
    }
    let _ = writeln!(text, "author {}", stamp(&commit.author));
    let _ = writeln!(text, "committer {}", stamp(&commit.committer));
    let _ = write!(text, "\n{}", commit.message);
    hex(&object("commit", text.as_bytes()))
}

fn stamp(stamp: &Stamp) -> String {
    format!("{} <{}> {} +0000", stamp.name, stamp.email, stamp.at.as_second())
}
