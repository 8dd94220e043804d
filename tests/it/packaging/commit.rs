//! `build.rs`: which commit a program says it was built from.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::ROOT;

/// The build script as a program, and a folder to run it in.
struct Build {
    folder: tempfile::TempDir,
    program: PathBuf,
}

impl Build {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("build-script");
        let source = Path::new(ROOT).join("build.rs");
        let status =
            Command::new("rustc").args(["--edition", "2024", "-o"]).arg(&program).arg(source).status().unwrap();
        assert!(status.success());
        fs::create_dir(folder.path().join("tree")).unwrap();
        Self { folder, program }
    }

    fn tree(&self) -> PathBuf {
        self.folder.path().join("tree")
    }

    /// What it tells cargo when it is run there.
    fn tells(&self, at: &Path, profile: &str, given: Option<&str>) -> Vec<String> {
        let mut command = Command::new(&self.program);
        command.current_dir(at).env_remove("SECONDER_COMMIT").env("PROFILE", profile);
        if let Some(given) = given {
            command.env("SECONDER_COMMIT", given);
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
    }

    fn commit(&self, at: &Path, profile: &str, given: Option<&str>) -> Option<String> {
        let told = self.tells(at, profile, given);
        told.iter().find_map(|line| line.strip_prefix("cargo::rustc-env=SECONDER_COMMIT=")).map(str::to_owned)
    }
}

fn git(at: &Path, arguments: &[&str]) -> String {
    let nobody = ["-c", "user.name=Jo", "-c", "user.email=jo@acme.dev", "-c", "init.defaultBranch=main"];
    let output = Command::new("git").current_dir(at).args(nobody).args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

const GIVEN: &str = "0123456789ABCDEF0123456789abcdef01234567";

#[test]
fn the_commit_that_is_given_is_told() {
    let build = Build::new();
    assert_eq!(build.commit(&build.tree(), "debug", Some(GIVEN)).as_deref(), Some("0123456789ab"));
    assert_eq!(build.commit(&build.tree(), "release", Some(&GIVEN[..12])).as_deref(), Some("0123456789ab"));
    for wrong in ["main", "0123456", "$(git rev-parse HEAD)"] {
        let told = build.tells(&build.tree(), "release", Some(wrong));
        assert!(told.iter().any(|line| line.starts_with("cargo::error=SECONDER_COMMIT is ")), "{told:?}");
    }
}

#[test]
fn a_source_archive_has_none() {
    let build = Build::new();
    assert_eq!(build.commit(&build.tree(), "release", None), None);
    assert_eq!(build.commit(&build.tree(), "release", Some("")), None);
    // Not even one that was unpacked within somebody's repository.
    git(build.folder.path(), &["init", "--quiet"]);
    git(build.folder.path(), &["commit", "--quiet", "--allow-empty", "--message", "theirs"]);
    assert_eq!(build.commit(&build.tree(), "release", None), None);
}

#[test]
fn a_release_from_a_clone_or_a_worktree_tells_its_commit_until_the_next() {
    let build = Build::new();
    let tree = build.tree();
    git(&tree, &["init", "--quiet"]);
    git(&tree, &["commit", "--quiet", "--allow-empty", "--message", "one"]);
    let beside = build.folder.path().join("beside");
    git(&tree, &["worktree", "add", "--quiet", beside.to_str().unwrap()]);
    for at in [&tree, &beside] {
        let first = git(at, &["rev-parse", "HEAD"]);
        assert_eq!(build.commit(at, "release", None).as_deref(), Some(&first[..12]));
        assert_eq!(build.commit(at, "debug", None), None, "while somebody works, no commit is what is built");
        // Cargo runs it again once one of these has changed, and always if one is not there.
        let told = build.tells(at, "release", None);
        let watched: Vec<PathBuf> = told
            .iter()
            .filter_map(|line| line.strip_prefix("cargo::rerun-if-changed="))
            .map(|path| at.join(path))
            .collect();
        let contents = |paths: &[PathBuf]| paths.iter().map(|path| fs::read(path).ok()).collect::<Vec<_>>();
        let before = contents(&watched);
        assert!(before[1..].iter().all(Option::is_some), "{watched:?}");
        git(at, &["commit", "--quiet", "--allow-empty", "--message", "two"]);
        assert_ne!(contents(&watched), before);
        assert_ne!(build.commit(at, "release", None).as_deref(), Some(&first[..12]));
    }
}
