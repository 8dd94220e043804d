//! A repository in a folder of its own, written by `git`: stories about local histories begin with one.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use seconder::history::{History, Id};
use tempfile::TempDir;

/// A commit to be made. By jo, on 5 January 2026, in no file, unless something else is said.
#[derive(Debug, Clone)]
pub(crate) struct NewCommit {
    message: Vec<u8>,
    author: String,
    committer: Option<String>,
    at: String,
    files: Vec<(String, Option<Vec<u8>>)>,
}

impl NewCommit {
    pub(crate) fn new(message: impl Into<Vec<u8>>) -> Self {
        let at = "2026-01-05T12:00:00Z".to_owned();
        Self { message: message.into(), author: "jo <jo@acme.dev>".to_owned(), committer: None, at, files: Vec::new() }
    }

    /// Written and committed by `NAME <ADDRESS>`.
    pub(crate) fn by(mut self, who: &str) -> Self {
        who.clone_into(&mut self.author);
        self
    }

    /// Committed by another.
    pub(crate) fn committed_by(mut self, who: &str) -> Self {
        self.committer = Some(who.to_owned());
        self
    }

    /// At a time that git understands: RFC 3339, or `@SECONDS +0000`.
    pub(crate) fn at(mut self, when: &str) -> Self {
        when.clone_into(&mut self.at);
        self
    }

    /// Writes a file.
    pub(crate) fn file(mut self, path: &str, content: &str) -> Self {
        self.files.push((path.to_owned(), Some(content.as_bytes().to_vec())));
        self
    }

    /// Removes a file.
    pub(crate) fn without(mut self, path: &str) -> Self {
        self.files.push((path.to_owned(), None));
        self
    }
}

/// A repository. It is gone with the value.
#[derive(Debug)]
pub(crate) struct Repository {
    root: TempDir,
    folder: PathBuf,
}

impl Repository {
    /// An empty one with the branch `main`, in a folder called `pay`.
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("pay");
        fs::create_dir(&folder).unwrap();
        let repository = Self { root, folder };
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository
    }

    pub(crate) fn path(&self) -> &Path {
        &self.folder
    }

    /// The folder around it, for clones and other things beside it.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub(crate) fn history(&self) -> History {
        History::open(&self.folder).unwrap()
    }

    /// What `git` prints, without the last line end. It must succeed.
    pub(crate) fn git(&self, args: &[&str]) -> String {
        self.git_with(args, &[], b"")
    }

    /// The same, with these variables and this input.
    pub(crate) fn git_with(&self, args: &[&str], variables: &[(&str, &str)], input: &[u8]) -> String {
        let mut command = git(&self.folder);
        command.args(args).envs(variables.iter().copied());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// Makes a commit on the current branch, and gives its name.
    pub(crate) fn commit(&self, commit: &NewCommit) -> String {
        for (path, content) in &commit.files {
            let path = self.folder.join(path);
            match content {
                Some(content) => {
                    fs::create_dir_all(path.parent().unwrap()).unwrap();
                    fs::write(path, content).unwrap();
                }
                None => fs::remove_file(path).unwrap(),
            }
        }
        self.git(&["add", "--all"]);
        let people = identities(commit);
        let variables: Vec<(&str, &str)> = people.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let args = ["commit", "--quiet", "--allow-empty", "--allow-empty-message", "--cleanup=verbatim", "--file=-"];
        self.git_with(&args, &variables, &commit.message);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Merges a branch into the current one.
    pub(crate) fn merge(&self, branch: &str, commit: &NewCommit) -> String {
        let people = identities(commit);
        let variables: Vec<(&str, &str)> = people.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let message = String::from_utf8_lossy(&commit.message).into_owned();
        self.git_with(&["merge", "--quiet", "--no-ff", "--message", &message, branch], &variables, b"");
        self.git(&["rev-parse", "HEAD"])
    }

    /// Writes an object as it is, valid or not.
    pub(crate) fn object(&self, kind: &str, content: &[u8]) -> String {
        self.git_with(&["hash-object", "-t", kind, "-w", "--stdin", "--literally"], &[], content)
    }

    /// Attaches a note to a commit.
    pub(crate) fn note(&self, reference: &str, commit: &str, text: &str) {
        self.git_with(&["notes", "--ref", reference, "add", "--force", "--file=-", commit], &[], text.as_bytes());
    }

    /// Where `git` keeps an object that is in no pack.
    pub(crate) fn object_path(&self, id: &str) -> PathBuf {
        self.folder.join(".git/objects").join(&id[..2]).join(&id[2..])
    }
}

/// `git` with nothing of this machine's configuration.
pub(crate) fn git(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command.current_dir(folder).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    for (name, value) in [
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_AUTHOR_NAME", "jo"),
        ("GIT_AUTHOR_EMAIL", "jo@acme.dev"),
        ("GIT_COMMITTER_NAME", "jo"),
        ("GIT_COMMITTER_EMAIL", "jo@acme.dev"),
        ("GIT_AUTHOR_DATE", "2026-01-05T12:00:00Z"),
        ("GIT_COMMITTER_DATE", "2026-01-05T12:00:00Z"),
    ] {
        command.env(name, value);
    }
    command
}

fn identities(commit: &NewCommit) -> Vec<(&'static str, String)> {
    let (author, author_email) = person(&commit.author);
    let (committer, committer_email) = person(commit.committer.as_ref().unwrap_or(&commit.author));
    vec![
        ("GIT_AUTHOR_NAME", author),
        ("GIT_AUTHOR_EMAIL", author_email),
        ("GIT_AUTHOR_DATE", commit.at.clone()),
        ("GIT_COMMITTER_NAME", committer),
        ("GIT_COMMITTER_EMAIL", committer_email),
        ("GIT_COMMITTER_DATE", commit.at.clone()),
    ]
}

fn person(written: &str) -> (String, String) {
    let (name, email) = written.split_once('<').unwrap();
    (name.trim().to_owned(), email.trim_end_matches('>').to_owned())
}

pub(crate) fn id(hex: &str) -> Id {
    Id::from_hex(hex.as_bytes()).unwrap()
}
