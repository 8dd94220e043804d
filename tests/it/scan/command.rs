//! The command as people use it.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::by_claude;
use crate::cli::process::{Running, seconder};
use crate::local::{NewCommit, Repository};

fn scan(folder: &Path, args: &[&str]) -> Output {
    let args: Vec<&str> = ["scan"].into_iter().chain(args.iter().copied()).collect();
    seconder(&args).current_dir(folder).output().unwrap()
}

#[track_caller]
fn says(output: &Output, code: i32, words: &str) {
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{told}");
    assert!(told.contains(words), "{told}");
}

fn small() -> Repository {
    let repository = Repository::new();
    repository.commit(&NewCommit::new("One").file("src/a.rs", "1"));
    repository.commit(&by_claude("Two").file("src/a.rs", "2"));
    repository
}

/// Thousands of commits, each with evidence.
fn large(commits: usize) -> Repository {
    let repository = Repository::new();
    let commit = "commit refs/heads/main\ncommitter jo <jo@acme.dev> 1767614400 +0000\ndata <<END\nChange\n\n\
        Co-Authored-By: Claude <noreply@anthropic.com>\nEND\n";
    repository.git_with(&["fast-import", "--quiet"], &[], commit.repeat(commits).as_bytes());
    repository
}

#[test]
fn what_cannot_be_scanned_is_refused_with_a_word_on_what_to_do() {
    let repository = small();
    let nowhere = tempfile::tempdir().unwrap();
    says(&scan(nowhere.path(), &[]), 2, "not in a git repository");
    says(&scan(repository.path(), &["nowhere"]), 2, "nowhere: there is no such folder");
    says(&scan(repository.path(), &["HEAD~1..HEAD"]), 2, "for a range, say `seconder scan . HEAD~1..HEAD`");
    says(&scan(repository.path(), &[".", "v9..HEAD"]), 2, "`v9..HEAD` names no commit here");
    says(&scan(repository.path(), &["--since", "soon"]), 2, "--since: `soon` is no time");
    says(&scan(repository.path(), &["--all", ".", "HEAD"]), 2, "cannot be used with");
    says(&scan(repository.path(), &["--evidence", "--format", "csv"]), 2, "evidence is printed as text or json");
    says(&scan(repository.path(), &["--anonymous", "--evidence"]), 2, "cannot be used with");
    says(&scan(repository.path(), &["--depth", "0"]), 2, "0 is not in 1..=64");
    says(&scan(repository.path(), &["--commit", "v9"]), 2, "`v9` names no commit here");
    says(&scan(repository.path(), &["--output", "src"]), 2, "src is a folder");
    says(&scan(repository.path(), &["--output", "none/x"]), 2, "none/x cannot be written");
    assert_eq!(repository.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_scan_changes_nothing_in_the_repository() {
    let repository = small();
    let files = || {
        let listed = Command::new("find").arg(repository.path()).args(["-printf", "%p %s %T@\n"]).output().unwrap();
        String::from_utf8(listed.stdout).unwrap()
    };
    let before = files();
    says(&scan(repository.path(), &["--all", "--depth", "3"]), 0, "");
    assert_eq!(files(), before);
}

#[test]
fn evidence_commit_by_commit_is_what_detect_says() {
    let repository = small();
    repository.commit(&NewCommit::new("Three\n\nAssisted-by: Cursor").by("Claude <noreply@anthropic.com>"));
    let found = scan(repository.path(), &["--evidence", "--format", "json"]);
    let shas: Vec<String> = repository.git(&["rev-list", "HEAD"]).lines().map(str::to_owned).collect();
    let input: Vec<String> = shas
        .iter()
        .map(|sha| {
            let show = |format: &str| repository.git(&["show", "--no-patch", &format!("--format={format}"), sha]);
            let (author, committer) = (
                serde_json::json!({ "name": show("%an"), "email": show("%ae") }),
                serde_json::json!({ "name": show("%cn"), "email": show("%ce") }),
            );
            serde_json::json!({ "sha": sha, "message": show("%B"), "author": author, "committer": committer })
                .to_string()
        })
        .collect();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("commits.jsonl"), input.join("\n")).unwrap();
    let file = fs::File::open(folder.path().join("commits.jsonl")).unwrap();
    let detected = seconder(&["detect"]).stdin(file).output().unwrap();
    let with_evidence: Vec<&str> = std::str::from_utf8(&detected.stdout)
        .unwrap()
        .lines()
        .filter(|line| line.contains("\"evidence\":[{"))
        .collect();
    assert_eq!(with_evidence.len(), 2);
    assert_eq!(std::str::from_utf8(&found.stdout).unwrap().lines().collect::<Vec<_>>(), with_evidence);
    let one = scan(repository.path(), &["--commit", "HEAD~1", "--format", "json"]);
    assert_eq!(std::str::from_utf8(&one.stdout).unwrap().trim_end(), with_evidence[1]);
    let none = scan(repository.path(), &["--commit", "HEAD~2"]);
    assert!(String::from_utf8_lossy(&none.stdout).contains("no evidence. Absence of evidence"), "{none:?}");
}

#[test]
fn a_file_is_there_whole_or_not_at_all() {
    let repository = small();
    let beside = repository.beside("out");
    fs::create_dir(&beside).unwrap();
    let target = beside.join("report.json");
    fs::write(&target, "before").unwrap();
    says(
        &scan(repository.path(), &["--format", "json", "--output", target.to_str().unwrap(), ".", "v9"]),
        2,
        "names no commit",
    );
    assert_eq!(fs::read_to_string(&target).unwrap(), "before");
    says(&scan(repository.path(), &["--format", "json", "--output", target.to_str().unwrap()]), 0, "");
    let report: serde_json::Value = serde_json::from_str(&fs::read_to_string(&target).unwrap()).unwrap();
    assert_eq!(report["total"]["assisted"], 1);
    assert_eq!(fs::read_dir(&beside).unwrap().count(), 1);
}

#[test]
fn an_interrupted_scan_leaves_nothing() {
    let repository = large(60_000);
    let beside = repository.beside("out");
    fs::create_dir(&beside).unwrap();
    let target = beside.join("evidence.jsonl");
    let mut command = seconder(&["scan", "--evidence", "--format", "json", "--output", target.to_str().unwrap()]);
    command.current_dir(repository.path());
    let running = Running::start(command);
    while fs::read_dir(&beside).unwrap().next().is_none() {
        std::thread::yield_now();
    }
    running.signal("INT");
    assert_eq!(running.end(), (Some(130), String::new()));
    assert_eq!(fs::read_dir(&beside).unwrap().count(), 0);
}

#[test]
fn whoever_has_read_enough_may_leave() {
    let repository = large(3_000);
    let mut command = seconder(&["scan", "--evidence", "--format", "json"]);
    let mut child =
        command.current_dir(repository.path()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""));
}
