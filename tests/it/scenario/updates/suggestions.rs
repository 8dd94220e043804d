//! Suggestions that the forge applied: a few lines leave their author the power to approve, where the policy says so.

use seconder::gate::policy::schema;
use seconder::sandbox::NewCommit;

use crate::world::{Change, REPOSITORY, Scene, World, claude};

const FILE: &str = "src/retry.rs";

/// The usual policy, and small suggestions make nobody a contributor.
fn lenient() -> World {
    World::new().on_github().floor(&format!("{}\nsuggestions: {{ lines: 10 }}\n", schema::built_in()))
}

/// A file of so many different lines.
fn lines(count: usize) -> String {
    (1..=count).fold(String::new(), |text, n| text + &format!("let line_{n} = {n};\n"))
}

impl Scene {
    /// Jo's assisted change, with a file of thirty lines.
    async fn change_of_thirty_lines(&self) -> Change {
        let commit = NewCommit::new(claude("Retry failed payments")).file(FILE, lines(30));
        self.change("jo").with(commit).open().await
    }

    /// Somebody suggests another text for some lines.
    fn suggest(&self, login: &str, change: &Change, at: std::ops::RangeInclusive<usize>, text: &str) -> u64 {
        self.forge.suggest(&self.who(login), REPOSITORY, change.number, FILE, at, text)
    }

    async fn apply(&self, login: &str, change: &Change, suggestions: &[u64]) -> String {
        let sha = self.forge.apply_suggestions(&self.who(login), REPOSITORY, change.number, suggestions);
        self.quiet().await;
        sha
    }
}

#[test]
fn a_reviewer_whose_suggestion_the_author_applied_can_still_approve() {
    lenient().run(async |s| {
        let change = s.change_of_thirty_lines().await;
        let suggestion = s.suggest("kim", &change, 3..=4, "let third = 3;\nlet fourth = 4;\n");
        s.approve("kim", &change).await;
        s.apply("jo", &change, &[suggestion]).await;
        s.expect_refused(&change, "kim", "given for another commit");
        s.approve("kim", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn unless_the_policy_does_not_allow_it() {
    World::new().on_github().run(async |s| {
        // A repository cannot allow what the levels above do not.
        s.policy("version: 1\nsuggestions: { lines: 10 }\n").await;
        let change = s.change_of_thirty_lines().await;
        let suggestion = s.suggest("kim", &change, 3..=3, "let third = 3;\n");
        s.apply("jo", &change, &[suggestion]).await;
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", "contributed to this change (co-author)");
    });
}

#[test]
fn or_the_repository_allows_fewer_lines() {
    lenient().run(async |s| {
        s.policy("version: 1\nsuggestions: { lines: 3 }\n").await;
        let change = s.change_of_thirty_lines().await;
        let suggestion = s.suggest("kim", &change, 3..=4, "let third = 3;\nlet fourth = 4;\n");
        s.apply("jo", &change, &[suggestion]).await;
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", "contributed to this change (co-author)");
    });
}

#[test]
fn several_suggestions_of_several_people_may_be_applied_together() {
    lenient().run(async |s| {
        let change = s.change_of_thirty_lines().await;
        let rename = s.suggest("kim", &change, 3..=3, "let third = 3;\n");
        let drop = s.suggest("ana", &change, 5..=6, "");
        let add = s.suggest("kim", &change, 20..=20, "let line_20 = 20;\nlet more = 21;\n");
        s.apply("jo", &change, &[rename, drop, add]).await;
        s.approve("kim", &change).await;
        s.expect_pass(&change);
        s.push("jo", &change, "Retry three times").await;
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn small_steps_add_up() {
    lenient().run(async |s| {
        let change = s.change_of_thirty_lines().await;
        for line in [3, 9, 15, 21, 27] {
            let suggestion = s.suggest("kim", &change, line..=line, "let other = 0;\n");
            s.apply("jo", &change, &[suggestion]).await;
        }
        s.approve("kim", &change).await;
        s.expect_pass(&change);
        let one_more = s.suggest("kim", &change, 29..=29, "let other = 0;\n");
        s.apply("jo", &change, &[one_more]).await;
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", "contributed to this change (co-author)");
    });
}

#[test]
fn they_add_up_through_a_squash_that_drops_their_names() {
    lenient().run(async |s| {
        let change = s.change_of_thirty_lines().await;
        let text = "let a = 1;\nlet b = 2;\nlet c = 3;\n";
        let first = s.suggest("kim", &change, 3..=5, text);
        s.apply("jo", &change, &[first]).await;
        // Jo squashes: one commit on top of main, with the tree that the head had, and nobody's name but Claude's.
        let base = s.forge.tip(REPOSITORY, "main").unwrap();
        let all = lines(2) + text + &lines(30).split_inclusive('\n').skip(5).collect::<String>();
        let squashed = NewCommit::new(claude("Retry failed payments")).onto(base).file(FILE, all);
        s.force_push("jo", &change, squashed).await;
        s.approve("kim", &change).await;
        s.expect_pass(&change);
        let second = s.suggest("kim", &change, 13..=15, text);
        s.apply("jo", &change, &[second]).await;
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", "contributed to this change (co-author)");
    });
}

#[test]
fn a_suggestion_that_was_found_once_is_not_sought_again() {
    lenient().run(async |s| {
        let change = s.change_of_thirty_lines().await;
        let suggestion = s.suggest("kim", &change, 3..=3, "let third = 3;\n");
        s.calls().await;
        s.apply("jo", &change, &[suggestion]).await;
        let compared = |calls: &[seconder::sandbox::Call]| {
            let of = |call: &&seconder::sandbox::Call| call.path.contains("/compare/");
            let comments = calls.iter().filter(|call| call.operation() == Some("Suggestions")).count();
            (calls.len(), comments, calls.iter().filter(of).count())
        };
        assert_eq!(compared(&s.calls().await), (4, 1, 1), "a read, the comments, the difference, and a write");
        // What it said when it was applied is on record.
        s.forge.edit_line_comment(&s.who("kim"), suggestion, "Never mind.");
        s.approve("kim", &change).await;
        assert_eq!(compared(&s.calls().await), (2, 0, 0));
        s.expect_pass(&change);
    });
}

#[test]
fn nothing_is_asked_where_the_author_suggested_it_to_himself() {
    lenient().run(async |s| {
        let change = s.change_of_thirty_lines().await;
        let suggestion = s.suggest("jo", &change, 3..=3, "let third = 3;\n");
        s.calls().await;
        s.apply("jo", &change, &[suggestion]).await;
        assert_eq!(s.calls().await.len(), 2);
    });
}

#[test]
fn a_reviewer_may_suggest_a_little_and_press_update_branch_as_well() {
    lenient().run(async |s| {
        let change = s.change_of_thirty_lines().await;
        let suggestion = s.suggest("kim", &change, 3..=3, "let third = 3;\n");
        s.apply("jo", &change, &[suggestion]).await;
        s.put("main", "src/other.rs", "// other\n").await;
        s.forge.update_branch(&s.who("kim"), REPOSITORY, change.number);
        s.quiet().await;
        s.approve("kim", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn an_agents_suggestion_is_evidence_all_the_same() {
    lenient().run(async |s| {
        let commit = NewCommit::new("Retry failed payments").file(FILE, lines(30));
        let change = s.change("jo").with(commit).open().await;
        s.expect_silent(&change, "coderabbit");
        let suggestion = s.suggest("coderabbitai[bot]", &change, 3..=3, "let third = 3;\n");
        s.apply("jo", &change, &[suggestion]).await;
        s.expect_says(&change, "coderabbit");
    });
}
