//! Updates from the base: what has the form of one, what is one, and whom it makes a contributor.

use std::collections::BTreeMap;

use proptest::prelude::*;
use seconder::gate::change::{Commit, Push};
use seconder::gate::contributors::Role;
use seconder::gate::update::{candidates, leaves_as_it_was};
use seconder::gate::verdict::Why;

use super::case::{Case, Catalogue, actor, address, case, commit, linked, minute, sha};

const DIFF: &str = "\
diff --git a/src/retry.rs b/src/retry.rs
index 1111111..2222222 100644
--- a/src/retry.rs
+++ b/src/retry.rs
@@ -1,3 +1,3 @@
 fn retry() {
-    once()
+    thrice()
 }
";

/// What `sam` made the forge do: `merge`, on top of the head before, of a commit of the base.
fn merge() -> Commit {
    Commit {
        sha: sha("merge"),
        parents: vec![sha("head"), sha("newer base")],
        committer: address("noreply@github.com"),
        committed_via_web: true,
        signed_by_forge: true,
        notes: Vec::new(),
        ..commit(linked("sam"))
    }
}

fn updated(merge: Commit) -> Case {
    let mut case = case().assisted();
    case.change.head = merge.sha.clone();
    case.change.commits.push(merge);
    let pusher = actor("sam");
    case.pushes.push(Push { head: sha("merge"), before: Some(sha("head")), pusher, received_at: minute(1) });
    case
}

fn neutral(case: Case) -> Case {
    let mut case = case;
    case.neutral.updates.insert(sha("merge"), sha("head"));
    case
}

fn has_its_form(case: &Case) -> bool {
    let previous = BTreeMap::from([(sha("merge"), sha("head"))]);
    !candidates(&case.change, &previous, &Catalogue).is_empty()
}

#[test]
fn only_a_merge_of_the_forges_own_making_has_the_form_of_an_update() {
    let with = |set: fn(&mut Commit)| {
        let mut merge = merge();
        set(&mut merge);
        has_its_form(&updated(merge))
    };
    assert!(with(|_| ()));
    assert!(!with(|merge| merge.signed_by_forge = false), "not signed by it");
    assert!(!with(|merge| merge.committed_via_web = false), "not made in its pages");
    assert!(!with(|merge| merge.committer = linked("sam")), "committed by somebody");
    assert!(!with(|merge| drop(merge.parents.pop())), "no merge");
    assert!(!with(|merge| merge.parents.push(sha("third"))), "a merge of three");
    assert!(!with(|merge| merge.parents.swap(0, 1)), "the other way round");
    assert!(!with(|merge| merge.parents[0] = sha("hidden")), "not on top of the head before");
}

#[test]
fn what_it_merges_must_be_of_the_base() {
    let mut own = commit(linked("jo"));
    own.sha = sha("newer base");
    assert!(!has_its_form(&updated(merge()).with(|change| change.commits.push(own))));
}

#[test]
fn a_head_whose_predecessor_nobody_witnessed_is_a_push_like_any_other() {
    assert_eq!(candidates(&updated(merge()).change, &BTreeMap::new(), &Catalogue), []);
}

#[test]
fn only_an_update_makes_nobody_a_contributor() {
    let approved = |case: Case| case.approved_by("sam").of_commit("merge");
    approved(neutral(updated(merge()))).passes();
    approved(updated(merge())).waits_because(&Why::Contributor { role: Role::Pusher });
    // Nor do records of the same push that the forge keeps itself.
    approved(neutral(updated(merge()).with(|change| change.head_pushers.push(actor("sam"))))).passes();
}

#[test]
fn whoever_pushed_it_in_another_way_or_did_something_else_is_one() {
    let pushed = Why::Contributor { role: Role::Pusher };
    let again = |before| Push { head: sha("merge"), before, pusher: actor("sam"), received_at: minute(2) };
    for before in [None, Some(sha("later"))] {
        let mut case = neutral(updated(merge()));
        case.pushes.push(again(before));
        case.approved_by("sam").of_commit("merge").waits_because(&pushed);
    }
    let other = |case: Case, role| case.approved_by("sam").of_commit("merge").waits_because(&Why::Contributor { role });
    other(neutral(updated(merge())).force_pushed("sam", "merge", 3), Role::Pusher);
    other(neutral(updated(merge()).commit_by(linked("sam"))), Role::Author);
    // That somebody else pushed the head as well is no part of it.
    let sal = neutral(updated(merge()).with(|change| change.head_pushers.push(actor("sal"))));
    sal.approved_by("sal").of_commit("merge").waits_because(&pushed);
}

#[test]
fn the_same_difference_is_the_same() {
    assert!(leaves_as_it_was(DIFF.as_bytes(), DIFF.as_bytes()));
    let empty_file = "diff --git a/empty b/empty\nnew file mode 100644\nindex 0000000..e69de29\n";
    let renamed = "diff --git a/old b/new\nsimilarity index 100%\nrename from old\nrename to new\n";
    for diff in [String::new(), format!("{empty_file}{DIFF}"), format!("{DIFF}{renamed}")] {
        assert!(leaves_as_it_was(diff.as_bytes(), diff.as_bytes()), "{diff}");
    }
}

#[test]
fn a_difference_that_does_not_tell_all_proves_nothing() {
    let binary = "diff --git a/logo.png b/logo.png\nindex 1111111..2222222 100644\nBinary files a/logo.png and b/logo.png differ\n";
    let left_out = "diff --git a/huge.txt b/huge.txt\nindex 1111111..2222222 100644\n";
    let many_files = DIFF.repeat(300);
    let many_lines = format!("{DIFF}{}", "+\n".repeat(20_000));
    let many_bytes = format!("{DIFF}+{}\n", "x".repeat(500_000));
    for diff in [binary, left_out, &format!("{left_out}{DIFF}"), &many_files, &many_lines, &many_bytes] {
        assert!(!leaves_as_it_was(diff.as_bytes(), diff.as_bytes()), "{diff:.200}");
    }
    // Lines of a file may speak of anything.
    let quoting = format!("{DIFF} Binary files a and b differ\n+index 1111111..2222222\n");
    assert!(leaves_as_it_was(quoting.as_bytes(), quoting.as_bytes()));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_difference_of_one_byte_is_a_difference(
        lines in proptest::collection::vec("[-+ ][a-z ]{0,8}", 0..6), at in any::<prop::sample::Index>(), byte: u8, edit in 0..3
    ) {
        let before = format!("{DIFF}{}\n", lines.join("\n")).into_bytes();
        let mut after = before.clone();
        let at = at.index(after.len());
        match edit {
            0 => after[at] = after[at].wrapping_add(byte.max(1)),
            1 => after.insert(at, byte),
            _ => drop(after.remove(at)),
        }
        prop_assert!(leaves_as_it_was(&before, &before));
        prop_assert!(!leaves_as_it_was(&before, &after) && !leaves_as_it_was(&after, &before));
    }
}
