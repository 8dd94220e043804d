//! Answers that look like answers, and lack something.

use seconder::sandbox::{Fault, Matching, Opinion};

use super::check_runs;
use crate::world::{REPOSITORY, World};

fn place(steps: &[&str]) -> Vec<String> {
    steps.iter().map(|step| (*step).to_owned()).collect()
}

/// As below, of GitLab's answer.
const GITLAB_PARTS: [&[&str]; 8] = [
    &["mergeRequest"],
    &["currentUser"],
    &["mergeRequest", "approvedBy"],
    &["mergeRequest", "reviewers"],
    &["mergeRequest", "commits"],
    &["mergeRequest", "commits", "nodes", "0"],
    &["mergeRequest", "activity"],
    &["mergeRequest", "targetProject"],
];

/// Parts of the answer, any of which may be missing without a word.
const PARTS: [&[&str]; 8] = [
    &["repository"],
    &["repository", "facts"],
    &["repository", "pullRequest"],
    &["repository", "pullRequest", "reviews"],
    &["repository", "pullRequest", "commits"],
    &["repository", "pullRequest", "commits", "nodes", "0"],
    &["repository", "pullRequest", "timelineItems"],
    &["repository", "pullRequest", "files"],
];

#[test]
fn a_partial_answer_is_never_a_pass_and_a_whole_one_is_sought() {
    World::new().run(async |s| {
        for part in if s.is_gitlab() { GITLAB_PARTS } else { PARTS } {
            for fault in [Fault::Partial(place(part)), Fault::SilentNull(place(part))] {
                let change = s.change("jo").open_at_once();
                s.forge.faults().next(5, Matching::operation("Change"), fault.clone());
                for _ in 0..5 {
                    s.quiet().await;
                    let runs = s.forge.check_runs(REPOSITORY, &s.head(&change), "seconder");
                    let passed = runs.iter().any(|run| run.conclusion.as_deref() == Some("success"));
                    assert!(!passed, "{fault:?}");
                }
                s.patience().await;
                s.expect_held(&change, "Needs 1 approval");
                assert_eq!(check_runs(s, &change).len(), 1, "{fault:?}");
            }
        }
    });
}

#[test]
fn a_change_that_cannot_be_read_says_so_on_one_check_and_recovers() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        s.approve("ana", &change).await;
        s.expect_pass(&change);
        let reviews: &[&str] =
            if s.is_gitlab() { &["mergeRequest", "activity"] } else { &["repository", "pullRequest", "reviews"] };
        let reviews = Fault::SilentNull(place(reviews));
        s.forge.faults().next(1_000, Matching::operation("Change"), reviews);
        s.forge.review(&s.who("kim"), REPOSITORY, change.number, Opinion::RequestChanges, None);
        for attempt in 0..8 {
            s.quiet().await;
            if attempt < 3 {
                s.expect_pass(&change);
            } else {
                s.expect_held(&change, "could not be read completely: `Git");
            }
            s.until_due().await;
        }
        assert_eq!(check_runs(s, &change).len(), 1);
        s.forge.faults().clear();
        s.patience().await;
        s.expect_held(&change, "@kim");
        assert_eq!(check_runs(s, &change).len(), 1);
    });
}

#[test]
fn an_unreadable_change_never_writes_to_the_check_of_another_head() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        let first = s.head(&change);
        s.approve("ana", &change).await;
        let before = s.forge.check_runs(REPOSITORY, &first, "seconder").len();
        // What is read names the new head; what was witnessed is still the old one.
        s.expect_refusals();
        s.forge.faults().hold_webhooks();
        s.push("jo", &change, "Retry three times").await;
        s.forge.faults().release_webhooks(Vec::clear);
        let files: &[&str] =
            if s.is_gitlab() { &["mergeRequest", "commits"] } else { &["repository", "pullRequest", "files"] };
        let files = Fault::SilentNull(place(files));
        s.forge.faults().next(1_000, Matching::operation("Change"), files);
        s.forge.label(&s.who("mia"), REPOSITORY, change.number, "payments");
        for _ in 0..8 {
            s.quiet().await;
            s.until_due().await;
        }
        s.forge.faults().clear();
        s.patience().await;
        s.expect_held(&change, "given for another commit");
        let on_first = s.forge.check_runs(REPOSITORY, &first, "seconder");
        assert!(on_first.len() >= before && on_first.iter().all(|run| run.head_sha == first));
        assert_eq!(check_runs(s, &change).len(), 1);
    });
}
