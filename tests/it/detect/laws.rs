//! Laws of detection, tried on generated texts.

use proptest::prelude::*;
use seconder::gate::change::Change;
use seconder::gate::detect::{
    Catalogue, CommitText, co_authors, detect, detect_commit, noreply_account, trailers::trailers,
};

use super::change::{commit_by, plain};
use super::{person, sha, tools};

/// Messages that show AI in different ways.
fn telling() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "Fix\n\nCo-Authored-By: Claude <noreply@anthropic.com>",
        "Fix\n\nDetails.\n\nMade-with: Cursor",
        "Fix\n\n🤖 Generated with [Claude Code](https://claude.com/claude-code)",
        "Fix\n\nThis PR was created with Claude Code.",
        "Fix\n\nAI disclosure: written with help by Codex.",
        "Fix\n\nhttps://ampcode.com/threads/T-019a2b3c-0000",
        "Fix\n\n- [x] Warp Agent Mode - This PR was created via Warp's AI Agent Mode",
        "aider: Fix\n\n# Aider chat conversation:\n\nUSER: fix it",
        "Fix it\\n\\nCo-authored-by: openhands <openhands@all-hands.dev>",
    ])
}

/// Lines that have nothing to do with AI and open no quotation.
fn unrelated() -> impl Strategy<Value = String> {
    "[A-Z][a-z]{1,8}( [a-z]{1,8}){0,6}\\."
}

proptest! {
    #[test]
    fn an_unrelated_line_removes_nothing(message in telling(), line in unrelated()) {
        let before = tools(message);
        prop_assert!(!before.is_empty());
        let (subject, body) = message.split_once('\n').unwrap_or((message, ""));
        for longer in [
            format!("{message}\n\n{line}"),
            format!("{message}\n{line}"),
            format!("{subject}\n\n{line}\n{body}"),
            format!("{line}\n\n{message}"),
        ] {
            prop_assert!(tools(&longer).is_superset(&before), "{longer}");
        }
    }

    #[test]
    fn quoted_text_is_no_evidence(message in telling(), mark in prop::sample::select(vec!["```", "~~~~"])) {
        let quoted = format!("Document the forms\n\n> {}", message.replace('\n', "\n> "));
        prop_assert!(tools(&quoted).is_empty(), "{quoted}");
        let fenced = format!("Document the forms\n\n{mark}\n{message}\n{mark}\n\nSigned-off-by: Ana <ana@acme.dev>");
        prop_assert!(tools(&fenced).is_empty(), "{fenced}");
    }

    #[test]
    fn no_text_makes_it_panic(text in any::<String>(), name in any::<String>(), email in any::<String>()) {
        let catalogue = Catalogue::embedded();
        let author = person(&format!("{name} <{email}>"));
        let commit = CommitText { sha: &sha(), message: &text, author: &author, committer: &author };
        for piece in detect_commit(&commit, catalogue) {
            prop_assert!(piece.text.chars().count() <= 200);
        }
        trailers(&text);
        noreply_account(&email, &name);
    }

    #[test]
    fn no_mixture_of_telling_parts_makes_it_panic(parts in prop::collection::vec(prop::sample::select(vec![
        "\n", "\\n", "\r\n", " ", "Co-authored-by:", "Assisted-by", ":", "<", ">", "&lt;", "[", "](mailto:", "@", "`", "```\n",
        "<!--", "-->", "- [x] ", "AI disclosure", "?", "Was AI used", "no", "Yes", "Claude", "noreply@anthropic.com", "ß", "🤖",
        "created with ", "commit 0123456789\nAuthor: x\n", "Revert \"x\"", "Original message:\n", "(", ")", "**", "#", "\u{0}",
    ]), 0..60)) {
        let text = parts.concat();
        tools(&text);
        co_authors(&text);
    }

    #[test]
    fn the_order_of_commits_does_not_matter(messages in prop::collection::vec(telling(), 1..6), swap in any::<prop::sample::Index>()) {
        let mut commits: Vec<_> = messages.iter().map(|message| commit_by(person("Jo <jo@acme.dev>"), message)).collect();
        let before = detect(&Change { commits: commits.clone(), ..plain() }, Catalogue::embedded());
        let at = swap.index(commits.len());
        commits.rotate_left(at);
        prop_assert_eq!(detect(&Change { commits, ..plain() }, Catalogue::embedded()), before);
    }
}

#[test]
fn evidence_is_sorted_and_stands_once() {
    let mut change = plain();
    let message = "Fix\n\nCo-authored-by: Claude <noreply@anthropic.com>";
    change.commits =
        vec![commit_by(person("Jo <jo@acme.dev>"), message), commit_by(person("Jo <jo@acme.dev>"), message)];
    let evidence = detect(&change, Catalogue::embedded()).evidence;
    assert_eq!(evidence.len(), 1);
    assert!(evidence.is_sorted());
}

/// Much of each kind of text that could cost more than its length. A quadratic step would be felt at once.
#[test]
fn hostile_messages_cost_no_more_than_their_length() {
    let much = |part: &str| part.repeat(100_000 / part.len());
    for part in [
        "a",
        "\n",
        " ",
        "`",
        "```\n",
        "<!--",
        "\\n",
        "Co-authored-by: ",
        "Co-authored-by: Jo <jo@acme.dev>\n",
        "Jo <jo@acme.dev> & ",
        "AI disclosure:\n",
        "generated with ",
        ". ",
        "-->",
        "> ",
    ] {
        let message = format!("Fix\n\n{}\n\nCo-authored-by: Claude <noreply@anthropic.com>", much(part));
        let long = format!("Fix\n\nAssisted-by: {}", much(part));
        assert!(tools(&message).contains("claude"), "evidence is hidden behind {part:?}");
        tools(&long);
    }
}
