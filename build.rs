//! Tells the program which commit it was built from: `SECONDER_COMMIT`, 12 hex digits, or nothing where nobody knows.

use std::path::Path;
use std::process::Command;

const VARIABLE: &str = "SECONDER_COMMIT";

/// Enough to tell any two commits of this repository apart.
const DIGITS: usize = 12;

#[expect(clippy::disallowed_methods, reason = "the environment is how cargo speaks to a build script")]
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed={VARIABLE}");
    // What is not given is asked of git for a release alone: while somebody works, no commit is what is built, and
    // each new one would have everything built again.
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let commit = match std::env::var(VARIABLE) {
        Ok(given) if !given.is_empty() => Some(given),
        _ if is_release => of_git(),
        _ => None,
    };
    let Some(commit) = commit else { return };
    if commit.len() < DIGITS || !commit.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        println!("cargo::error={VARIABLE} is {commit:?}, and not the {DIGITS} or more hex digits of a commit");
        return;
    }
    println!("cargo::rustc-env={VARIABLE}={}", commit[..DIGITS].to_ascii_lowercase());
}

/// The commit that is checked out here. A source archive has none, whatever repository it was unpacked in.
fn of_git() -> Option<String> {
    if !Path::new(".git").exists() {
        return None;
    }
    let commit = git(&["rev-parse", "HEAD"])?;
    // A commit moves the branch and not HEAD; HEAD's log is written either way. Without one, the branch's own file has
    // to do. Of a file that is not there, cargo would say that it has changed each time.
    let branch = git(&["symbolic-ref", "--quiet", "HEAD"]);
    for name in ["HEAD", "logs/HEAD", "packed-refs"].into_iter().chain(branch.as_deref()) {
        let path = git(&["rev-parse", "--git-path", name])?;
        if Path::new(&path).exists() {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    Some(commit)
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}
