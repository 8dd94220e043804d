//! Which files changed.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;

use seconder::history::Content;

use super::repository::id;
use super::{NewCommit, Repository};

fn all<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.map(str::to_owned).into()
}

#[test]
fn files_and_folders_against_the_first_parent() {
    let repository = Repository::new();
    let first =
        NewCommit::new("One").file("README", "1").file("src/a.rs", "1").file("src/deep/b.rs", "1").file("z/y/x/w", "1");
    let first = repository.commit(&first);
    let second =
        repository.commit(&NewCommit::new("Two").file("src/deep/b.rs", "2").without("z/y/x/w").file("new/é", ""));
    let history = repository.history();
    let (first, second) = (history.commit(id(&first)).unwrap(), history.commit(id(&second)).unwrap());
    assert_eq!(history.files_of(&first).unwrap(), ["README", "src/a.rs", "src/deep/b.rs", "z/y/x/w"]);
    assert_eq!(history.files_of(&second).unwrap(), ["new/é", "src/deep/b.rs", "z/y/x/w"]);
    assert_eq!(history.folders_of(&first, 1).unwrap(), all(["", "src", "z"]));
    assert_eq!(history.folders_of(&second, 1).unwrap(), all(["new", "src", "z"]));
    assert_eq!(history.folders_of(&second, 2).unwrap(), all(["new", "src/deep", "z/y"]));
    assert_eq!(history.folders_of(&first, 9).unwrap(), all(["", "src", "src/deep", "z/y/x"]));
    assert_eq!(history.changed_files(Some(second.tree), Some(second.tree)).unwrap(), [""; 0]);
}

#[test]
fn what_turns_into_something_else_changed() {
    let repository = Repository::new();
    repository.commit(&NewCommit::new("One").file("a", "1").file("b/c", "1").file("m", "1"));
    std::fs::set_permissions(repository.path().join("m"), std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::remove_dir_all(repository.path().join("b")).unwrap();
    let second = repository.commit(&NewCommit::new("Two").without("a").file("a.txt", "1").file("b", "now a file"));
    let third = repository.commit(&NewCommit::new("Three").file("a/b", "now a folder"));
    let history = repository.history();
    let files = |name: &str| {
        let expected = repository.git(&["diff-tree", "-r", "--name-only", "--no-commit-id", name]);
        let found = history.files_of(&history.commit(id(name)).unwrap()).unwrap();
        let expected: BTreeSet<String> = expected.lines().map(str::to_owned).collect();
        assert_eq!(found.iter().cloned().collect::<BTreeSet<_>>(), expected);
        found
    };
    assert_eq!(files(&second), ["a", "a.txt", "b", "b/c", "m"]);
    assert_eq!(files(&third), ["a/b"]);
}

#[test]
fn a_file_is_read_as_it_is_in_a_commit_unless_it_is_too_large() {
    let repository = Repository::new();
    let first = id(&repository.commit(&NewCommit::new("One").file("src/a", "1234")));
    repository.commit(&NewCommit::new("Two").file("src/a", "5"));
    let history = repository.history();
    assert_eq!(history.file_at(first, "src/a", 4), Ok(Some(Content::Whole(b"1234".to_vec()))));
    assert_eq!(history.file_at(first, "src/a", 3), Ok(Some(Content::TooLarge { bytes: 4 })));
    for nothing in ["src", "src/b", "a", "src/a/b", ""] {
        assert_eq!(history.file_at(first, nothing, 9), Ok(None), "{nothing}");
    }
}
