//! Which mark is behind a piece of evidence, and why what comes near is none.

use std::collections::BTreeSet;

use seconder::gate::detect::catalogue::{counts, evidence_in};
use seconder::gate::detect::near::{Near, Why, near_identity, near_in_message, near_name};
use seconder::gate::detect::{Catalogue, MarkKind, mark_of};

use super::{commit, person};

const JO: &str = "Jo <jo@acme.dev>";

#[track_caller]
fn behind(author: &str, message: &str, expected: &[(&str, MarkKind, &str)]) {
    let found = commit(&person(author), message);
    let marks: Vec<_> = found
        .iter()
        .filter(|piece| piece.channel != seconder::gate::detect::Channel::Committer)
        .filter_map(|piece| mark_of(piece, Catalogue::embedded()))
        .map(|(tool, mark)| (tool.id.as_str(), mark.kind, mark.text.as_str()))
        .collect();
    assert_eq!(marks, expected, "in:\n{message}");
}

#[test]
fn the_mark_behind_a_piece_is_found() {
    behind("Claude <noreply@anthropic.com>", "Retry", &[("claude", MarkKind::Addresses, "noreply@anthropic.com")]);
    behind(
        "copilot-swe-agent[bot] <198982749+Copilot@users.noreply.github.com>",
        "Retry",
        &[("copilot", MarkKind::Accounts, "Copilot")],
    );
    behind("Claude Code <x@acme.dev>", "Retry", &[("claude", MarkKind::Names, "claude[ -]code\\b.*")]);
    behind(JO, "Retry\n\nMade-with: Cursor", &[("cursor", MarkKind::Trailers, "made-with")]);
    behind(JO, "Retry\n\nAssisted-by: Copilot", &[("copilot", MarkKind::Words, "copilot")]);
    behind(
        JO,
        "Retry\n\nCo-authored-by: Cursor <cursoragent@cursor.com>",
        &[("cursor", MarkKind::Addresses, "cursoragent@cursor.com")],
    );
    behind(
        JO,
        "Retry\n\nSee https://claude.ai/code/session_01Nu4FCR",
        &[("claude", MarkKind::Links, "claude\\.ai/code/session_\\w+")],
    );
    behind(JO, "Retry\n\nAI-assisted: yes", &[]);
}

#[test]
fn nearly_every_positive_sample_leads_to_a_mark_of_its_tool() {
    let catalogue = Catalogue::embedded();
    let mut without = Vec::new();
    for tool in catalogue.tools().iter().filter(|tool| tool.id != "unspecified") {
        for placed in &tool.positive {
            let found = evidence_in(&placed.sample, catalogue).into_iter();
            let own = found.filter(|piece| piece.tool == tool.id && counts(piece, &placed.sample));
            let is_led = own.into_iter().any(|piece| mark_of(&piece, catalogue).is_some());
            if !is_led {
                without.push((&tool.id, &placed.sample));
            }
        }
    }
    assert!(without.is_empty(), "{without:#?}");
}

#[track_caller]
fn near(message: &str, line: u32, why: Why, tools: &[&str]) {
    assert!(commit(&person(JO), message).iter().all(|piece| !piece.gates), "{message} is evidence");
    let found = near_in_message(message, &BTreeSet::new(), Catalogue::embedded());
    let Near { why: said, tools: named, .. } =
        found.iter().find(|near| near.line == Some(line)).unwrap_or_else(|| panic!("{found:?}"));
    assert_eq!((*said, named.iter().map(String::as_str).collect::<Vec<_>>()), (why, tools.to_vec()), "in:\n{message}");
}

#[test]
fn what_comes_near_is_said_with_its_reason() {
    near("Retry\n\n> Made-with: Cursor", 3, Why::Quoted, &["cursor"]);
    near("Retry\n\n```\nMade-with: Cursor\n```\n\nDone.", 4, Why::Quoted, &["cursor"]);
    near(
        "Retry\n\nThe following forms are read:\n\nMade-with: Cursor\n\nand so on, as before.",
        5,
        Why::Example,
        &["cursor"],
    );
    near("Retry\n\n- [ ] I used AI to write this", 3, Why::Unticked, &["unspecified"]);
    near("Retry\n\nAI usage: none", 3, Why::Denied, &[]);
    near("Retry\n\nCo-authored-by: Devin Burnette <devin@acme.dev>", 3, Why::PersonsName, &["devin"]);
    near("Retry\n\nThis was made by Claude Paroz.", 3, Why::PersonsName, &["claude"]);
    near("Retry\n\nSupport copilot in the menu", 3, Why::Mention, &["copilot"]);
    near("Retry\n\nWritten by Cursor Bugbot for commit 4ff5286c.", 3, Why::Mention, &["cursor"]);
    near(
        "Retry\n\nCo-authored-by: dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>",
        3,
        Why::Automation,
        &[],
    );
}

#[test]
fn what_has_nothing_to_do_with_ai_is_not_near() {
    let message = "Fix the parser\n\nIt was wrong, see #12.\n\nSigned-off-by: Jo Doe <jo@acme.dev>";
    assert_eq!(near_in_message(message, &BTreeSet::new(), Catalogue::embedded()), []);
    assert_eq!(near_identity("Jo Doe", "jo@acme.dev", Catalogue::embedded()), None);
    assert_eq!(near_name("fix/parser", Catalogue::embedded()), None);
}

#[test]
fn names_of_people_and_branches_come_near() {
    let catalogue = Catalogue::embedded();
    let why = |near: Option<Near>| near.map(|near| near.why);
    assert_eq!(why(near_identity("Claude Paroz", "claude@acme.dev", catalogue)), Some(Why::PersonsName));
    assert_eq!(why(near_identity("Cursor Bugbot", "bugbot@cursor.com", catalogue)), Some(Why::Excepted));
    assert_eq!(why(near_identity("Claude", "noreply@anthropic.com", catalogue)), None, "it is evidence");
    assert_eq!(why(near_name("cursor-blink", catalogue)), Some(Why::NamedAfter));
}

#[test]
fn hostile_text_comes_to_an_end() {
    for text in ["claude ".repeat(50_000), "> claude\n".repeat(20_000), "- [ ] ai\n".repeat(20_000)] {
        near_in_message(&text, &BTreeSet::new(), Catalogue::embedded());
    }
}
