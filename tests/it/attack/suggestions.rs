//! What only looks like a small suggestion that somebody took over makes contributors as before.

use seconder::gate::policy::schema;
use seconder::sandbox::NewCommit;

use crate::world::{Change, REPOSITORY, Scene, World, claude};

const FILE: &str = "src/retry.rs";

const LINES: &str = "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\n";

fn lenient() -> World {
    World::new().on_github().floor(&format!("{}\nsuggestions: {{ lines: 10 }}\n", schema::built_in()))
}

impl Scene {
    /// Jo's assisted change, on which kim suggests another third line.
    async fn change_with_a_suggestion(&self) -> (Change, u64) {
        let commit = NewCommit::new(claude("Retry failed payments")).file(FILE, LINES);
        let change = self.change("jo").with(commit).open().await;
        let suggestion = self.forge.suggest(&self.who("kim"), REPOSITORY, change.number, FILE, 3..=3, "drei\n");
        (change, suggestion)
    }

    async fn expect_co_author(&self, login: &str, change: &Change) {
        self.approve(login, change).await;
        self.expect_refused(change, login, "contributed to this change (co-author)");
    }
}

/// What jo commits in the web pages, with kim named as co-author.
fn with_kim(text: &str) -> NewCommit {
    NewCommit::new("Update retry.rs\n\nCo-authored-by: kim <kim@example.com>").file(FILE, text).via_web()
}

#[test]
fn a39_a_web_commit_that_names_a_reviewer_need_not_be_her_suggestion() {
    lenient().run(async |s| {
        let (change, _) = s.change_with_a_suggestion().await;
        s.push_commit("jo", &change, with_kim(&LINES.replace("five", "fuenf"))).await;
        s.expect_co_author("kim", &change).await;
    });
}

#[test]
fn a39_nor_does_her_suggestion_cover_what_else_is_in_the_commit() {
    lenient().run(async |s| {
        let (change, _) = s.change_with_a_suggestion().await;
        s.push_commit("jo", &change, with_kim(&LINES.replace("three", "drei").replace("five", "fuenf"))).await;
        s.expect_co_author("kim", &change).await;
    });
}

#[test]
fn a39_nor_another_file() {
    lenient().run(async |s| {
        let (change, _) = s.change_with_a_suggestion().await;
        let more = with_kim(&LINES.replace("three", "drei")).file("src/ledger.rs", "skip\n");
        s.push_commit("jo", &change, more).await;
        s.expect_co_author("kim", &change).await;
    });
}

#[test]
fn a39_nor_a_commit_that_the_forge_did_not_make() {
    lenient().run(async |s| {
        let (change, first) = s.change_with_a_suggestion().await;
        s.forge.suggest(&s.who("kim"), REPOSITORY, change.number, FILE, 7..=7, "sieben\n");
        s.forge.apply_suggestions(&s.who("jo"), REPOSITORY, change.number, &[first]);
        s.quiet().await;
        s.approve("kim", &change).await;
        s.expect_pass(&change);
        // The second one jo writes himself.
        let own = NewCommit::new("Update\n\nCo-authored-by: kim <kim@example.com>");
        let text = LINES.replace("three", "drei").replace("seven", "sieben");
        s.push_commit("jo", &change, own.file(FILE, text)).await;
        s.expect_co_author("kim", &change).await;
    });
}

#[test]
fn a39_a_suggestion_that_was_edited_may_have_said_anything() {
    lenient().run(async |s| {
        let (change, suggestion) = s.change_with_a_suggestion().await;
        let body = "Better so:\n\n```suggestion\nDREI\n```\n";
        s.forge.edit_line_comment(&s.who("jo"), suggestion, body);
        s.forge.apply_suggestions(&s.who("jo"), REPOSITORY, change.number, &[suggestion]);
        s.quiet().await;
        s.expect_co_author("kim", &change).await;
    });
}

#[test]
fn a39_whoever_applied_a_suggestion_wrote_to_the_branch() {
    lenient().run(async |s| {
        let (change, suggestion) = s.change_with_a_suggestion().await;
        s.forge.apply_suggestions(&s.who("ana"), REPOSITORY, change.number, &[suggestion]);
        s.quiet().await;
        s.approve("ana", &change).await;
        s.expect_refused(&change, "ana", "contributed to this change (pusher)");
        s.approve("kim", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a39_so_did_whoever_applied_her_own() {
    lenient().run(async |s| {
        let (change, suggestion) = s.change_with_a_suggestion().await;
        s.forge.apply_suggestions(&s.who("kim"), REPOSITORY, change.number, &[suggestion]);
        s.quiet().await;
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", "contributed to this change (pusher)");
    });
}

#[test]
fn a39_a_suggestion_in_a_guarded_file_is_a_contribution() {
    lenient().run(async |s| {
        let commit = NewCommit::new(claude("Instruct agents")).file("CLAUDE.md", LINES);
        let change = s.change("jo").with(commit).open().await;
        let (kim, jo) = (s.who("pat"), s.who("jo"));
        let suggestion = s.forge.suggest(&kim, REPOSITORY, change.number, "CLAUDE.md", 3..=3, "drei\n");
        s.forge.apply_suggestions(&jo, REPOSITORY, change.number, &[suggestion]);
        s.quiet().await;
        s.expect_co_author("pat", &change).await;
    });
}

#[test]
fn a39_a_long_line_is_more_than_a_line() {
    lenient().run(async |s| {
        let (change, _) = s.change_with_a_suggestion().await;
        let long = format!("{}\n", "skip the ledger; ".repeat(30));
        let suggestion = s.forge.suggest(&s.who("kim"), REPOSITORY, change.number, FILE, 5..=5, &long);
        s.forge.apply_suggestions(&s.who("jo"), REPOSITORY, change.number, &[suggestion]);
        s.quiet().await;
        s.expect_co_author("kim", &change).await;
    });
}
