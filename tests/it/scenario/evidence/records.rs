//! Records of who wrote what, beside the code: git-ai's notes on commits, and agent-trace records in files.

use seconder::sandbox::{Call, Fault, Matching, NewCommit};
use serde_json::json;

use crate::world::{REPOSITORY, Scene, World, claude, note_of, note_without_lines};

const ASSISTED: &str = "Assistance: assisted";

fn looks(calls: &[Call]) -> usize {
    calls.iter().filter(|call| call.operation() == Some("Change")).count()
}

fn records(calls: &[Call]) -> usize {
    calls.iter().filter(|call| call.operation() == Some("Records")).count()
}

#[test]
fn a_note_that_attests_lines_to_a_tool_asks_for_a_senior() {
    World::new().on_github().on_postgres().run(async |s| {
        let change = s.noted_change("jo", "Retry", &note_of("claude", "1-12")).await;
        let sha = &s.head(&change)[..12];
        s.expect_held(&change, ASSISTED);
        s.expect_says(&change, &format!("`claude` in authorship note of commit `{sha}`: "));
        s.expect_says(&change, "`claude (m-1) wrote 12 lines, asked by Jo Example` (attributed)");
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn a_note_of_a_session_that_wrote_nothing_is_shown_and_asks_for_nobody() {
    World::new().on_github().run(async |s| {
        let change = s.noted_change("jo", "Retry", &note_without_lines("cursor")).await;
        s.expect_pass(&change);
        s.expect_says(&change, "`cursor (m-1) took part, and no line is attested to it");
        s.expect_says(&change, "(context, does not gate)");
    });
}

#[test]
fn a_note_that_nobody_understands_is_shown_and_asks_for_nobody() {
    World::new().on_github().run(async |s| {
        let change = s.noted_change("jo", "Retry", "Looks good to me.").await;
        s.expect_pass(&change);
        s.expect_says(&change, "in a form that is not understood` (hint, does not gate)");
    });
}

#[test]
fn notes_are_found_in_whatever_folders_git_keeps_them() {
    World::new().on_github().run(async |s| {
        for depth in 0..3 {
            let sha = s.forge.push(
                &s.who("jo"),
                REPOSITORY,
                &format!("deep-{depth}"),
                NewCommit::new(format!("Retry {depth}")).file("src/a.rs", depth.to_string()),
            );
            let path = match depth {
                0 => sha.clone(),
                1 => format!("{}/{}", &sha[..2], &sha[2..]),
                _ => format!("{}/{}/{}", &sha[..2], &sha[2..4], &sha[4..]),
            };
            s.note_at(&path, &note_of("amp", "3"));
            let change = s.change("jo").branch(&format!("deep-{depth}")).commit("And more").open().await;
            s.expect_held(&change, "`amp` in authorship note of commit");
        }
    });
}

#[test]
fn a_repository_without_notes_costs_no_call_more_and_a_note_is_asked_for_once() {
    World::new().on_github().run(async |s| {
        s.assisted_change().await;
        assert_eq!(records(&s.calls().await), 0);
        let change = s.noted_change("jo", "Retry", &note_of("claude", "1")).await;
        assert_eq!(records(&s.calls().await), 1);
        s.approve("ana", &change).await;
        s.look_again(&change).await;
        assert_eq!(records(&s.calls().await), 0);
        s.expect_pass(&change);
    });
}

#[test]
fn a_note_on_a_commit_that_was_pushed_away_still_counts() {
    World::new().on_github().run(async |s| {
        let change = s.noted_change("jo", "Retry", &note_of("claude", "1-12")).await;
        s.expect_held(&change, ASSISTED);
        s.force_push("jo", &change, NewCommit::new("Retry by hand").file("src/hand.rs", "// by hand\n")).await;
        s.expect_held(&change, ASSISTED);
        s.expect_says(&change, "wrote 12 lines");
    });
}

#[test]
fn a_note_counts_also_on_a_commit_that_was_pushed_away_before_anybody_looked() {
    World::new().on_github().run(async |s| {
        let change = s.change("jo").commit("Plan").open().await;
        s.expect_pass(&change);
        let hidden = NewCommit::new("Retry").file("src/retry.rs", "// again\n");
        let sha = s.forge.push(&s.who("jo"), REPOSITORY, &change.branch, hidden);
        s.note(&sha, &note_of("codex", "1-3"));
        s.force_push("jo", &change, NewCommit::new("Retry by hand").file("src/hand.rs", "// by hand\n")).await;
        s.expect_held(&change, "`codex` in authorship note of commit");
    });
}

#[test]
fn a_note_survives_a_message_that_was_amended() {
    World::new().on_github().run(async |s| {
        let change = s.noted_change("jo", &claude("Retry"), &note_of("claude", "1-12")).await;
        let commit = NewCommit::new("Retry").file("src/retry.rs", "// amended\n");
        let amended = s.forge.force_push(&s.who("jo"), REPOSITORY, &change.branch, commit);
        s.note(&amended, &note_of("claude", "1-12"));
        s.quiet().await;
        s.look_again(&change).await;
        s.expect_held(&change, &format!("`claude` in authorship note of commit `{}`", &amended[..12]));
    });
}

#[test]
fn a_note_that_github_gives_in_part_is_taken_for_what_it_shows() {
    World::new().on_github().run(async |s| {
        let (lines, metadata) =
            note_of("claude", "1-12").split_once("---\n").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        let long = format!("{lines}---\n{}{metadata}", " ".repeat(600_000));
        let change = s.noted_change("jo", "Retry", &long).await;
        s.expect_held(&change, "`unspecified` in authorship note of commit");
        s.expect_says(&change, "`an AI tool wrote 12 lines` (attributed)");
        s.expect_says(&change, "the forge gave only the beginning of the note");
    });
}

#[test]
fn hundreds_of_commits_are_asked_for_a_batch_at_a_time() {
    World::new().on_github().run(async |s| {
        let commit = |n: usize| NewCommit::new(format!("Step {n}")).file("src/step.rs", format!("// {n}\n"));
        let (who, branch) = (s.who("jo"), "steps");
        let first = s.forge.push(&who, REPOSITORY, branch, commit(0));
        s.note(&first, &note_of("claude", "1"));
        let mut opening = s.change("jo").branch(branch);
        for n in 1..120 {
            opening = opening.with(commit(n));
        }
        s.calls().await;
        let change = opening.open().await;
        s.expect_held(&change, &format!("`claude` in authorship note of commit `{}`", &first[..12]));
        assert_eq!(records(&s.calls().await), 3, "three objects for each of 120 commits, 150 at once");
    });
}

#[test]
fn notes_that_follow_a_push_are_found_soon() {
    World::new().on_github().run(async |s| {
        // The first sweep is over, and the next one far.
        s.minutes_pass(1).await;
        s.note(&"0".repeat(40), "of another commit");
        let change = s.change("jo").commit("Retry").open().await;
        s.expect_pass(&change);
        s.note(&s.head(&change), &note_of("claude", "1-12"));
        s.minutes_pass(2).await;
        s.expect_held(&change, "wrote 12 lines");
        s.minutes_pass(20).await;
        s.calls().await;
        s.minutes_pass(5).await;
        assert_eq!(looks(&s.calls().await), 0, "a change with its notes is left alone");
    });
}

#[test]
fn nobody_waits_for_notes_for_ever() {
    World::new().on_github().run(async |s| {
        // The first sweep is over, and the next one far.
        s.minutes_pass(1).await;
        s.note(&"0".repeat(40), "of another commit");
        let change = s.change("jo").commit("Retry").open().await;
        s.calls().await;
        let mut looked = 0;
        for _ in 0..25 {
            s.minutes_pass(1).await;
            looked += looks(&s.calls().await);
        }
        assert!((1..=5).contains(&looked), "{looked} looks");
        s.expect_pass(&change);
    });
}

#[test]
fn notes_that_come_much_later_are_found_by_the_sweep() {
    World::new().on_github().run(async |s| {
        let change = s.change("jo").commit("Retry").open().await;
        s.expect_pass(&change);
        s.note(&s.head(&change), &note_of("claude", "1-12"));
        s.quiet().await;
        s.expect_pass(&change);
        s.minutes_pass(31).await;
        s.patience().await;
        s.expect_held(&change, "wrote 12 lines");
    });
}

#[test]
fn a_note_that_github_never_gives_is_said_and_holds_nothing_up_for_ever() {
    World::new().on_github().run(async |s| {
        let refused = |place: &str| Fault::Partial(vec!["repository".to_owned(), place.to_owned()]);
        s.forge.faults().next(1_000, Matching::operation("Records"), refused("o0"));
        let change = s.noted_change("jo", "Retry", &note_of("claude", "1-12")).await;
        s.expect_no_check(&change);
        s.patience().await;
        s.expect_pass(&change);
        s.expect_says(&change, "the note could not be had");
    });
}

#[test]
fn a_read_of_notes_that_fails_is_repeated() {
    World::new().on_github().run(async |s| {
        s.forge.faults().next(2, Matching::operation("Records"), Fault::Status(502));
        let change = s.noted_change("jo", "Retry", &note_of("claude", "1-12")).await;
        s.expect_no_check(&change);
        s.patience().await;
        s.expect_held(&change, "wrote 12 lines");
    });
}

#[test]
fn notes_that_can_never_be_had_hold_nothing_up_for_ever() {
    World::new().on_github().run(async |s| {
        s.forge.faults().next(1_000, Matching::operation("Records"), Fault::Status(502));
        let change = s.noted_change("jo", "Retry", &note_of("claude", "1-12")).await;
        s.patience().await;
        s.expect_pass(&change);
        s.expect_says(&change, "the note could not be had` (hint, does not gate)");
        // It is asked for again, and found once it can be had.
        s.forge.faults().clear();
        s.look_again(&change).await;
        s.expect_held(&change, "wrote 12 lines");
    });
}

#[test]
fn a_declared_no_beside_a_note_is_a_contradiction_also_when_the_note_is_gone() {
    World::new().on_github().run(async |s| {
        let change = s.noted_change("jo", "Retry", &note_of("claude", "1-12")).await;
        s.forge.edit_body(&s.who("jo"), REPOSITORY, change.number, "AI used: no");
        s.quiet().await;
        s.expect_held(&change, "declares that no AI was used, which contradicts the evidence");
        s.without_note(&s.head(&change));
        s.forge.edit_body(&s.who("jo"), REPOSITORY, change.number, "AI used: no.");
        s.quiet().await;
        s.expect_held(&change, "declares that no AI was used, which contradicts the evidence");
        let page = s.page(&change).await.text();
        assert!(page.contains("contradicts the evidence"), "{page}");
        assert!(page.contains("no longer carried by any commit"), "{page}");
    });
}

/// A record as the reference implementation of agent-trace writes it.
fn traced(s: &Scene, path: &str, kind: &str) -> String {
    let main = s.forge.tip(REPOSITORY, "main").unwrap();
    let record = json!({
        "version": "1.0", "id": format!("{path} {kind}"), "timestamp": "2026-01-23T14:30:00Z",
        "vcs": { "type": "git", "revision": main }, "tool": { "name": "cursor" },
        "files": [{ "path": path, "conversations": [{
            "contributor": { "type": kind, "model_id": "anthropic/claude-opus-4-5" },
            "ranges": [{ "start_line": 1, "end_line": 3 }],
        }] }],
    });
    format!("{record}\n")
}

const TRACES: &str = ".agent-trace/traces.jsonl";

#[test]
fn a_record_that_the_change_adds_about_its_own_file_asks_for_a_senior() {
    World::new().on_github().run(async |s| {
        let commit = NewCommit::new("Retry").file("src/a.rs", "// a\n").file(TRACES, traced(s, "src/a.rs", "ai"));
        let change = s.change("jo").with(commit).open().await;
        s.expect_held(&change, "`cursor` in records in `.agent-trace/traces.jsonl`: ");
        s.expect_says(&change, "`cursor (anthropic/claude-opus-4-5) wrote lines` (attributed)");
        assert_eq!(records(&s.calls().await), 1);
        s.approve("ana", &change).await;
        s.expect_pass(&change);
    });
}

#[test]
fn records_of_people_and_of_other_changes_ask_for_nobody() {
    World::new().on_github().run(async |s| {
        let old = traced(s, "src/a.rs", "ai");
        s.put("main", TRACES, &old).await;
        let both = format!("{old}{}{}", traced(s, "src/a.rs", "human"), traced(s, "src/b.rs", "ai"));
        let commit = NewCommit::new("Retry").file("src/a.rs", "// a\n").file(TRACES, both);
        let change = s.change("jo").with(commit).open().await;
        s.expect_pass(&change);
        s.expect_says(&change, "No sign of AI assistance was found");
    });
}

#[test]
fn a_change_that_touches_no_records_pays_for_none() {
    World::new().on_github().run(async |s| {
        s.put("main", TRACES, &traced(s, "src/a.rs", "ai")).await;
        s.calls().await;
        s.change("jo").with(NewCommit::new("Retry").file("src/a.rs", "// a\n")).open().await;
        assert_eq!(records(&s.calls().await), 0);
    });
}
