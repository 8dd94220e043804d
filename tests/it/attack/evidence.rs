//! Evidence is sticky: what was seen once is not unseen by rewriting, moving or denying it.

use seconder::sandbox::NewCommit;

use crate::world::{REPOSITORY, World, claude};

/// What jo's commit holds, whatever its message says.
const FILE: (&str, &str) = ("src/retry.rs", "// retry\n");

fn assisted() -> NewCommit {
    NewCommit::new(claude("Retry failed payments")).file(FILE.0, FILE.1)
}

fn stripped() -> NewCommit {
    NewCommit::new("Retry failed payments").file(FILE.0, FILE.1)
}

/// Not even the content is the same.
fn rewritten() -> NewCommit {
    NewCommit::new("Retry failed payments").file(FILE.0, "// retry, in other words\n")
}

#[test]
fn a28_amending_the_trailer_away_changes_nothing() {
    World::new().run(async |s| {
        let change = s.change("jo").with(assisted()).open().await;
        s.force_push("jo", &change, rewritten()).await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
    });
}

#[test]
fn a28_not_even_before_anybody_looked() {
    World::new().run(async |s| {
        let change = s.change("jo").with(stripped()).open().await;
        s.expect_pass(&change);
        // The assisted head is there for a second only.
        s.forge.push(&s.who("jo"), &change.home, &change.branch, assisted().file("src/b.rs", "// b\n"));
        s.force_push("jo", &change, rewritten()).await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
        s.expect_held(&change, "message of commit");
    });
}

#[test]
fn a28_not_even_in_a_fork_whose_pushes_nobody_reports() {
    World::new().run(async |s| {
        let change = s.change("jo").in_a_fork().with(assisted()).open_at_once();
        s.force_push("jo", &change, rewritten()).await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
    });
}

#[test]
fn a28_not_even_at_the_end_of_a_long_history() {
    World::new().run(async |s| {
        let base = s.forge.tip(REPOSITORY, "main").unwrap();
        let mut opening = s.change("jo").in_a_fork();
        for i in 0..120 {
            opening = opening.commit(&format!("Step {i}"));
        }
        let change = opening.with(assisted()).open_at_once();
        s.force_push("jo", &change, rewritten().onto(base)).await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
    });
}

#[test]
fn a28_the_author_of_a_hidden_head_is_a_contributor() {
    World::new().run(async |s| {
        let change = s.assisted_change().await;
        let hidden = NewCommit::new("Skip the ledger").by("kim <kim@example.com>").file("src/ledger.rs", "// skip\n");
        s.forge.push(&s.who("jo"), &change.home, &change.branch, hidden);
        s.force_push("jo", &change, NewCommit::new("Skip it").file("src/ledger.rs", "// skip\n")).await;
        s.approve("kim", &change).await;
        s.expect_refused(&change, "kim", "contributed to this change (commit author)");
    });
}

#[test]
fn a28_the_same_branch_in_a_new_change_is_the_same_work() {
    World::new().run(async |s| {
        let first = s.change("jo").branch("retry").with(assisted()).open().await;
        s.forge.close(&s.who("jo"), REPOSITORY, first.number);
        s.quiet().await;
        s.force_push("jo", &first, rewritten()).await;
        let second = s.change("jo").branch("retry").commit("Mention it in the docs").open().await;
        s.expect_held(&second, "Needs 1 approval for ai-needs-senior");
    });
}

#[test]
fn a28_squashing_it_onto_another_branch_is_recognised_by_its_files() {
    World::new().run(async |s| {
        let first = s.change("jo").branch("retry").with(assisted()).open().await;
        s.forge.close(&s.who("jo"), REPOSITORY, first.number);
        s.quiet().await;
        let second = s.change("jo").branch("tidy").with(stripped()).open().await;
        s.expect_held(&second, "Needs 1 approval for ai-needs-senior");
    });
}

#[test]
fn a28_a_head_that_was_only_proposed_elsewhere_counts_after_a_retarget() {
    World::new().run(async |s| {
        s.branch("scratch");
        let change = s.change("jo").to("scratch").with(assisted()).open().await;
        s.expect_no_check(&change);
        s.force_push("jo", &change, rewritten()).await;
        s.retarget("jo", &change, "main").await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
    });
}

#[test]
fn a28_silence_is_unknown_where_a_disclosure_is_asked_for() {
    World::new().floor(ASKS).run(async |s| {
        let change = s.change("jo").commit("Retry failed payments").open().await;
        s.expect_held(&change, "The policy asks whether AI was used, and the change does not say.");
        s.forge.edit_body(&s.who("jo"), REPOSITORY, change.number, "AI disclosure: no AI was used");
        s.quiet().await;
        s.expect_pass(&change);
    });
}

#[test]
fn a29_somebody_else_cannot_say_no_for_the_opener() {
    World::new().floor(ASKS).run(async |s| {
        let change = s.change("jo").commit("Retry failed payments").open().await;
        s.forge.edit_body(&s.who("sam"), REPOSITORY, change.number, "AI disclosure: no AI was used");
        s.quiet().await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
    });
}

#[test]
fn a29_nor_by_a_command() {
    World::new().floor(ASKS).run(async |s| {
        let change = s.change("jo").commit("Retry failed payments").open().await;
        for login in ["sam", "kim"] {
            s.say(login, &change, "/seconder not-assisted By hand").await;
            s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
        }
    });
}

#[test]
fn a29_a_false_no_does_not_cancel_the_evidence() {
    World::new().run(async |s| {
        let no = "AI disclosure: no AI was used";
        let change = s.change("jo").with(assisted()).body(no).open().await;
        s.expect_held(&change, "declares that no AI was used, which contradicts the evidence");
    });
}

#[test]
fn a29_evidence_that_turns_up_later_reopens_the_gate() {
    World::new().run(async |s| {
        let change = s.change("jo").with(stripped()).open().await;
        s.expect_pass(&change);
        s.forge.edit_body(&s.who("jo"), REPOSITORY, change.number, "AI disclosure: used Claude Code");
        s.quiet().await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
    });
}

#[test]
fn a29_a_disclosure_cannot_be_taken_back() {
    World::new().run(async |s| {
        let yes = "AI disclosure: used Claude Code";
        let change = s.change("jo").with(stripped()).body(yes).open().await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
        s.forge.edit_body(&s.who("jo"), REPOSITORY, change.number, "AI disclosure: no AI was used");
        s.quiet().await;
        s.expect_held(&change, "Needs 1 approval for ai-needs-senior");
    });
}

/// The built-in rule, where people have to say whether they used AI.
const ASKS: &str = "version: 1
disclosure: { required: true }
rules:
- name: ai-needs-senior
  when: { assistance: \">= unknown\", author_tier: \"< senior\" }
  require: { approvals: 1, tier: \">= senior\" }
";
