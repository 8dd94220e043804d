//! Texts of strangers in the check: shown as they are, and without any effect.

use pulldown_cmark::{Event, Parser, Tag};
use seconder::sandbox::NewCommit;

use crate::world::World;

/// Asserts that nothing in the text does more than to be read: no HTML, no image, no link away from the forge, no
/// heading but ours, and no mention of anybody but these.
#[track_caller]
fn assert_harmless(text: &str, may_mention: &[&str]) {
    const OURS: [&str; 6] = ["In the way", "Held", "Rules", "Next step", "Approvals", "Assistance"];
    let mut in_heading = false;
    for event in Parser::new(text) {
        match event {
            Event::Html(html) | Event::InlineHtml(html) => panic!("HTML {html:?} in\n{text}"),
            Event::Start(Tag::Image { .. }) => panic!("an image in\n{text}"),
            Event::Start(Tag::Link { dest_url, .. }) => {
                assert!(dest_url.starts_with("http") && dest_url.contains("/acme/pay/pull/"), "{dest_url} in\n{text}");
            }
            Event::Start(Tag::Heading { .. }) => in_heading = true,
            Event::End(pulldown_cmark::TagEnd::Heading(_)) => in_heading = false,
            Event::Text(words) => {
                assert!(!in_heading || OURS.iter().any(|ours| words.starts_with(ours)), "heading {words:?} in\n{text}");
                for mention in words.split('@').skip(1) {
                    assert!(may_mention.iter().any(|login| mention.starts_with(login)), "@{mention} in\n{text}");
                }
            }
            _ => {}
        }
    }
}

/// What is tried everywhere that a stranger can write.
const PAYLOAD: &str = "` `` </details><img src=x onerror=alert(1)> @acme/everybody [x](https://evil.test) \
                       ![y](https://evil.test/y.png) | # Approved \u{202e}neerg";

#[test]
fn a_trailer_cannot_leave_its_quotation() {
    World::new().on_github().run(async |s| {
        let message = format!("Retry\n\nCo-Authored-By: Claude {PAYLOAD} <noreply@anthropic.com>");
        let change = s.change("jo").commit(&message).open().await;
        s.expect_held(&change, "Assistance: assisted");
        assert_harmless(&s.says(&change), &[]);
        s.expect_silent(&change, "\u{202e}");
    });
}

#[test]
fn neither_can_an_author_a_branch_a_label_or_a_description() {
    World::new().on_github().run(async |s| {
        let author = "Claude `` @acme/everybody [x](https://evil.test) <noreply@anthropic.com>";
        let commit = NewCommit::new("Retry").by(author).file("src/a.rs", "// 1\n");
        let body = format!("Generated with [Claude Code](https://claude.com/claude-code) {PAYLOAD}");
        let opening = s.change("jo").with(commit).branch("codex/`@acme/everybody`<b>[x](y)").body(&body);
        let change = opening.open().await;
        s.expect_held(&change, "(context)");
        assert_harmless(&s.says(&change), &[]);
    });
}

#[test]
fn nor_can_a_policy_that_is_broken_on_purpose() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.policy("version: 1\nrules: []\n'`` </b><img src=x> @acme/everybody [x](https://evil.test)': 1\n").await;
        s.expect_held(&change, "Policy cannot be used");
        assert_harmless(&s.says(&change), &[]);
        for annotation in s.check(&change).annotations {
            assert_eq!(annotation["path"], ".github/seconder.yml");
        }
    });
}

#[test]
fn the_title_is_one_short_line_whatever_people_are_called() {
    World::new().on_github().run(async |s| {
        let change = s.assisted_change().await;
        s.request_changes("kim", &change).await;
        let title = s.title(&change);
        assert_eq!(title, "Held: kim asked for changes");
        assert_harmless(&s.says(&change), &["kim"]);
    });
}

#[test]
fn a_hundred_signs_do_not_make_an_endless_check() {
    World::new().on_github().run(async |s| {
        let commits = (0..60).map(|n| {
            let message = format!("Step {n}\n\nCo-Authored-By: Claude <noreply@anthropic.com>\nAssisted-by: Codex");
            NewCommit::new(message).file(format!("src/{n}.rs"), format!("// {n}\n"))
        });
        let mut opening = s.change("jo");
        for commit in commits {
            opening = opening.with(commit);
        }
        let change = opening.open().await;
        s.expect_held(&change, "100 more");
        assert!(s.says(&change).len() < 10_000);
    });
}
