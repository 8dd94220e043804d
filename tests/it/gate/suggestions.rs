//! Applied suggestions: what a commit must consist of, and how much is a little.

use std::collections::BTreeSet;

use proptest::prelude::*;
use seconder::gate::contributors::Role;
use seconder::gate::suggestion::{Applied, LineComment, applied, within};
use seconder::gate::verdict::Why;

use super::case::{Case, account, actor, case, linked, sha};

const DIFF: &str = "\
diff --git a/src/retry.rs b/src/retry.rs
index 1111111..2222222 100644
--- a/src/retry.rs
+++ b/src/retry.rs
@@ -1,4 +1,4 @@
 fn retry() {
-    once();
-    twice();
+    thrice();
 }
";

/// What `login` suggests in the place of `once` and `twice`.
fn suggestion(login: &str, text: &str) -> LineComment {
    LineComment {
        author: Some(actor(login)),
        body: format!("How about this?\r\n\r\n```suggestion\r\n{text}```\r\n"),
        is_edited: false,
        path: "src/retry.rs".to_owned(),
        hunk: "@@ -0,0 +1,4 @@\n+fn retry() {\n+    once();\n+    twice();".to_owned(),
        lines: 2,
    }
}

fn sam() -> LineComment {
    suggestion("sam", "    thrice();\r\n")
}

/// Who suggested how many lines of it.
fn found(diff: &str, comments: &[LineComment]) -> Vec<(String, u32)> {
    let names = ["jo", "max", "sam", "sal"];
    let name = |one: &Applied| names.iter().find(|name| account(name) == one.by).unwrap().to_string();
    applied(&sha("head"), diff.as_bytes(), comments).iter().map(|one| (name(one), one.lines)).collect()
}

fn is_sams(diff: &str, comment: LineComment) -> bool {
    found(diff, &[comment]) == [("sam".to_owned(), 3)]
}

#[test]
fn a_commit_that_is_a_suggestion_word_by_word_is_its_authors() {
    assert!(is_sams(DIFF, sam()));
    // Whichever of several blocks was taken, and whatever stands around them.
    let mut wordy = sam();
    wordy.body = format!("Either\n\n```suggestion\n    never();\n```\n\nor\n\n{}", wordy.body);
    assert!(is_sams(DIFF, wordy));
    // Files that end their lines as on Windows, and comments that do not.
    assert!(is_sams(&DIFF.replace("();\n", "();\r\n"), suggestion("sam", "    thrice();\n")));
}

#[test]
fn unchanged_lines_at_its_ends_do_not_count() {
    let comment = suggestion("sam", "    once();\n    thrice();\n");
    let diff = DIFF.replace("-    once();\n", "     once();\n");
    assert_eq!(found(&diff, &[comment]), [("sam".to_owned(), 2)]);
}

#[test]
fn lines_may_go_altogether() {
    let diff = DIFF.replace("+    thrice();\n", "");
    assert_eq!(found(&diff, &[suggestion("sam", "")]), [("sam".to_owned(), 2)]);
}

#[test]
fn a_suggestion_that_changes_nothing_is_none() {
    let diff = DIFF.replace("-    once();\n-    twice();\n+    thrice();\n", "     once();\n     twice();\n");
    assert_eq!(found(&diff, &[suggestion("sam", "    once();\n    twice();\n")]), []);
}

#[test]
fn a_suggestion_counts_only_as_it_was_found() {
    let with = |set: fn(&mut LineComment)| {
        let mut comment = sam();
        set(&mut comment);
        comment
    };
    assert!(!is_sams(DIFF, with(|comment| comment.is_edited = true)));
    assert!(!is_sams(DIFF, with(|comment| comment.author = None)));
    assert!(!is_sams(DIFF, with(|comment| comment.author = Some(actor("copilot")))));
    assert!(!is_sams(DIFF, with(|comment| comment.path = "src/other.rs".to_owned())));
    assert!(!is_sams(DIFF, with(|comment| comment.body = comment.body.replace("suggestion", "rust"))));
    assert!(!is_sams(DIFF, with(|comment| comment.body = format!("> {}", comment.body.replace('\n', "\n> ")) + "x")));
    assert!(!is_sams(DIFF, with(|comment| comment.lines = 1)));
    assert!(!is_sams(DIFF, with(|comment| comment.lines = 0)));
    assert!(!is_sams(DIFF, with(|comment| comment.lines = 9)));
    assert!(!is_sams(DIFF, with(|comment| comment.hunk = String::new())));
    assert!(!is_sams(DIFF, with(|comment| comment.hunk.push_str("\n-    gone();"))));
    assert!(!is_sams(DIFF, with(|comment| comment.body = comment.body.replace("thrice", &"x".repeat(500)))));
}

#[test]
fn anything_else_in_the_commit_makes_it_no_suggestion() {
    let without_header = DIFF.split_once("--- ").unwrap().1;
    for more in [
        "diff --git a/new b/new\nnew file mode 100644\nindex 0000000..1111111\n--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+new\n",
        "diff --git a/old b/new\nsimilarity index 100%\nrename from old\nrename to new\n",
        "diff --git a/run b/run\nold mode 100644\nnew mode 100755\n",
        "diff --git a/logo.png b/logo.png\nindex 1111111..2222222 100644\nBinary files a/logo.png and b/logo.png differ\n",
        "@@ -9,1 +9,2 @@\n nine\n+ten\n",
        "+ten\n",
    ] {
        assert_eq!(found(&format!("{DIFF}{more}"), &[sam()]), [], "{more}");
    }
    for path in ["CLAUDE.md", ".github/workflows/ci.yml"] {
        let mut comment = sam();
        comment.path = path.to_owned();
        assert_eq!(found(&DIFF.replace("src/retry.rs", path), &[comment]), [], "{path} is guarded");
    }
    assert_eq!(found("", &[sam()]), []);
    assert_eq!(found(without_header, &[sam()]), []);
}

#[test]
fn several_peoples_suggestions_are_told_apart() {
    let mut sal = suggestion("sal", "}\n// end\n");
    sal.hunk = "@@ -0,0 +1,4 @@\n+}".to_owned();
    sal.lines = 1;
    let diff = DIFF.replace("\n }\n", "\n }\n+// end\n");
    let both = [("sam".to_owned(), 3), ("sal".to_owned(), 1)];
    let given: BTreeSet<_> = found(&diff, &[sam(), sal.clone()]).into_iter().collect();
    assert_eq!(given, both.into_iter().collect());
    assert_eq!(found(&diff, &[sal]), [], "sam's part is not explained");
}

#[test]
fn all_that_somebody_suggested_counts_together() {
    let part = |commit: &str, by: &str, lines| Applied { commit: sha(commit), by: account(by), lines };
    let all = [part("a", "sam", 4), part("b", "sam", 6), part("b", "sal", 9), part("a", "sam", 4)];
    assert_eq!(within(10, &all).len(), 3, "what is known twice counts once");
    let sals: BTreeSet<_> = [(sha("b"), account("sal"))].into();
    assert_eq!(within(9, &all), sals);
    assert_eq!(within(0, &all), BTreeSet::new());
}

fn suggested() -> Case {
    case().assisted().with(|change| change.commits[0].co_authors.push(linked("sam")))
}

#[test]
fn only_the_co_author_gains_by_it() {
    let neutral = |mut case: Case, login: &str| {
        case.neutral.suggestions.insert((sha("head"), account(login)));
        case
    };
    let approved = |case: Case| case.approved_by("sam");
    let role = |role| Why::Contributor { role };
    approved(neutral(suggested(), "sam")).passes();
    approved(suggested()).waits_because(&role(Role::CoAuthor));
    approved(neutral(suggested(), "sal")).waits_because(&role(Role::CoAuthor));
    approved(neutral(suggested().commit_by(linked("sam")), "sam")).waits_because(&role(Role::Author));
    approved(neutral(suggested().pushed_by("sam"), "sam")).waits_because(&role(Role::Pusher));
    // Another commit that names the same person holds something else.
    let other = suggested().with(|change| {
        let mut again = change.commits[0].clone();
        again.sha = sha("other");
        change.commits.push(again);
    });
    approved(neutral(other, "sam")).waits_because(&role(Role::CoAuthor));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_commit_with_a_word_that_nobody_suggested_is_no_suggestion(
        before in proptest::collection::vec("[abc]", 1..6),
        after in proptest::collection::vec("[abc]", 0..6),
        text in proptest::collection::vec("[abc]", 0..6),
        at in any::<prop::sample::Index>(),
    ) {
        let signed = |sign: &str, lines: &[String]| lines.iter().flat_map(|line| [sign, line, "\n"]).collect::<String>();
        let head = DIFF.split_once("@@").unwrap().0;
        let diff = format!("{head}@@ -1 +1 @@\n{}{}", signed("-", &before), signed("+", &after));
        let comment = LineComment {
            body: format!("```suggestion\n{}```\n", signed("", &text)),
            hunk: format!("@@ -0,0 +1 @@\n{}", signed("+", &before).trim_end()),
            lines: before.len(),
            ..sam()
        };
        let is_whole = text == after && before != after;
        prop_assert_eq!(!found(&diff, std::slice::from_ref(&comment)).is_empty(), is_whole);
        // A line that stands nowhere in the suggestion, wherever it is added.
        let mut more = after.clone();
        more.insert(at.index(after.len() + 1), "x".to_owned());
        let diff = format!("{head}@@ -1 +1 @@\n{}{}", signed("-", &before), signed("+", &more));
        prop_assert_eq!(found(&diff, &[comment]), []);
    }
}
