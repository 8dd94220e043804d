//! Texts that misled other detectors, most of them found in public histories: people named like tools, quotations,
//! product work, and attribution that strict parsers miss.

use seconder::gate::detect::{
    Catalogue, Channel, CommitText, Strength, co_authors, detect_commit, is_agent_identity, is_automation_identity,
    noreply_account,
};

use super::{check, commit, person, sha};

#[test]
fn people_named_like_tools_are_people() {
    for author in [
        "Devin Burnette <devin@acme.dev>",
        "Devin J. Pohly <djp@acme.dev>",
        "easyaspi314 (Devin) <easyaspi314@users.noreply.github.com>",
        "Cody Cutrer <cody@acme.dev>",
        "Annie-Claude Côté <ac@acme.dev>",
        "Xavier Claude <x@acme.dev>",
        "Jules Lamur <jules@acme.fr>",
        "Travis Cline <tc@acme.dev>",
        "Metehan Oz <mo@acme.dev>",
        "oz <oz@utilum.com>",
        "Ada W. <ada@acme.dev>",
        "Claude <claude@acme.fr>",
        "Devin <devin@acme.dev>",
        "Jules <12345+jules@users.noreply.github.com>",
    ] {
        let identity = person(author);
        assert_eq!(commit(&identity, "Fix the parser"), [], "{author}");
        assert!(!is_agent_identity(&identity, Catalogue::embedded()), "{author}");
        assert!(!is_automation_identity(&identity, Catalogue::embedded()), "{author}");
        check(&format!("Fix the parser\n\nCo-authored-by: {author}"), &[]);
    }
}

#[test]
fn addresses_that_look_like_tools_are_not() {
    for author in [
        "Paul Gauthier <aider@paulg.org>",
        "ai <woldu@duck.com>",
        "Ana Example <ana+claude@acme.dev>",
        "Ana Example <ana@anthropic.com>",
        "Ana Example <ana@openai.com>",
        "Ana Example <ana@warp.dev>",
        "Castiron <noreply@openai.com>",
        "gemini-cli-robot <gemini-cli-robot@google.com>",
        "Cline Evaluation <cline@example.com>",
        "Copilot Fan <999+Copilot@users.noreply.github.com>",
        "Jo Example <198982749+Copilot@users.noreply.ghe.acme.dev>",
    ] {
        assert_eq!(commit(&person(author), "Fix the parser"), [], "{author}");
    }
}

#[test]
fn automation_is_neither_a_person_nor_ai() {
    let catalogue = Catalogue::embedded();
    for author in [
        "dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>",
        "renovate[bot] <29139614+renovate[bot]@users.noreply.github.com>",
        "GitHub <noreply@github.com>",
        "Castiron <noreply@openai.com>",
        "some-new-bot[bot] <1+some-new-bot[bot]@users.noreply.github.com>",
    ] {
        assert_eq!(commit(&person(author), "Bump serde"), [], "{author}");
        assert!(is_automation_identity(&person(author), catalogue), "{author}");
        assert!(!is_agent_identity(&person(author), catalogue), "{author}");
    }
}

#[test]
fn assisted_by_may_name_a_person() {
    check("lib: fix\n\nAssisted-by: Jay Satiro\nAssisted-by: Viktor Szakats <v@acme.dev>\nCloses #1", &[]);
    check("lib: fix\n\nCo-developed-by: Claude Paroz <claude@acme.fr>", &[]);
    check("lib: fix\n\nAssisted-by: Devin Burnette", &[]);
    check("lib: fix\n\nAssisted-by: human-only", &[]);
    check("lib: fix\n\nAssisted-by: None", &[]);
}

#[test]
fn the_value_of_a_declared_trailer_names_the_tool() {
    check("Fix\n\nAssisted-by: Claude:claude-3-opus coccinelle sparse", &["claude"]);
    check("Fix\n\nAssisted-by: Opus 4.7", &["claude"]);
    check("Fix\n\nAssisted-by: OpenCode:claude-opus-4.6", &["claude", "opencode"]);
    check("Fix\n\nAssisted-by: <anthropic/claude-opus-4.6>", &["claude"]);
    check("Fix\n\nAssisted-by: Cursor/Claude Opus 4.6", &["claude", "cursor"]);
    check("Fix\n\nAssisted-by: GLM-5 via Crush <crush@charm.land>", &["crush", "glm"]);
    check("Fix\n\nGenerated-by: Claude Fable 5", &["claude"]);
    check("Fix\n\nAI-assisted: generated with Codex/OpenAI.", &["codex", "openai"]);
    check("Fix\n\nAI-assisted-by: OpenAI Codex", &["codex", "openai"]);
    check("Fix\n\nAi-assisted: true", &["unspecified"]);
    check("Fix\n\nAi-assisted: false", &[]);
    check("Fix\n\nAssisted-by: an AI assistant", &["unspecified"]);
}

#[test]
fn examples_are_not_attribution() {
    check(
        "CONTRIBUTING.md: Update Assisted-by/Generated-by guidelines\n\n\
         We previously only allowed using:\nAssisted-by: Claude Code:claude-opus-4.6\n\n\
         Update the guidelines to also allow other well formed alternatives:\n\
         Assisted-by: Claude Code / claude-opus-4.6\nAssisted-by: Copilot (GPT-5.4)\n\n\
         Also allows a similar Generated-By tag:\nGenerated-by: OpenCode:claude-opus-4.6\n\n\
         This also codifies that you can use `auto`.\n\nSigned-off-by: Ana Example <ana@acme.dev>",
        &[],
    );
    let footer = "🤖 Generated with [Claude Code](https://claude.com/claude-code)";
    let trailer = "Co-Authored-By: Claude <noreply@anthropic.com>";
    check(&format!("Strip the footer\n\n```\n{footer}\n\n{trailer}\n```\n\nDone by hand."), &[]);
    check(&format!("Strip the footer\n\n~~~text\n{footer}\n{trailer}\n~~~\n"), &[]);
    check(&format!("Strip the footer\n\n> {footer}\n>\n> {trailer}\n"), &[]);
    check(&format!("Strip the footer\n\n<!--\n{footer}\n{trailer}\n-->\n"), &[]);
    check("Reject `Co-Authored-By: Claude <noreply@anthropic.com>` in the hook", &[]);
    check("Test the hook\n\nprintf 'x\\n\\nCo-Authored-By: Claude <noreply@anthropic.com>'", &[]);
    check("List the tools\n\n- Co-authored-by: Claude <noreply@anthropic.com>\n- others", &[]);
}

#[test]
fn an_unclosed_fence_does_not_hide_trailers() {
    check("Fix\n\n```\nlet x = 1;\n\nCo-authored-by: Claude <noreply@anthropic.com>", &["claude"]);
}

#[test]
fn a_pasted_log_speaks_of_other_commits() {
    check(
        "Sync from upstream\n\ncommit 0123456789abcdef0123456789abcdef01234567\nAuthor: Jo <jo@acme.dev>\nDate:   today\n\n    \
         Add a feature\n\n    Co-authored-by: Claude <noreply@anthropic.com>\n\nSigned-off-by: Ana <ana@acme.dev>",
        &[],
    );
}

#[test]
fn a_revert_is_judged_by_its_own_trailers() {
    let quoted = "Revert \"Add a feature\"\n\nThis reverts commit 0123456.\n\nOriginal commit message:\n\nAdd a feature\n\n\
                  Co-authored-by: Claude <noreply@anthropic.com>";
    check(quoted, &[]);
    check(
        "Revert \"Add a feature\"\n\nThis reverts commit 0123456.\n\nCo-authored-by: Claude <noreply@anthropic.com>",
        &["claude"],
    );
    check("Revert \"aider: add a feature\"\n\nThis reverts commit 0123456.", &[]);
}

#[test]
fn ai_that_only_looked_is_not_a_maker() {
    check("cmd: fix a leak\n\nSpotted by Codex Security", &[]);
    check("cmd: fix a leak\n\nPointed out by Copilot", &[]);
    check("Fix\n\nCodex-Reviewed-By: gpt-5", &[]);
    check("Fix\n\nReviewed-by: Codex <codex@openai.com>", &[]);
    check("Fix\n\nAI-Reviewed-By: Claude", &[]);
    check("Fix\n\nWritten by Cursor Bugbot for commit 4ff5286c.", &[]);
    check("Fix\n\n[Open with Devin](https://app.devin.ai/review/acme/pay/pull/7)", &[]);
}

#[test]
fn commits_about_tools_are_not_by_tools() {
    for message in [
        "feat: support claude",
        "feat: bump to copilot.vim 1.12.1",
        "Merge branch 'cursor/fix-things' into main",
        "Merge pull request #7 from acme/claude/fix-things-01ACy8a3xC",
        "fix: retry codex request on 429",
        "ci: run claude-code-action on comments",
        "git: stop claiming to grok C99",
        "Migrate with pressly/goose\n\nGoose is the tool that we use with PostgreSQL.",
        "Add badge\n\nMade with Roo Code badge",
        "AI: teach the enemies to flee",
        "ai: use Claude by default",
        "Docs\n\nThe commits that were\ngenerated with Claude Code are now counted.",
        "Docs\n\nThe summary is generated by Gemini when a key is set.",
        "Docs\n\nChanges that were not written by Claude are shown in grey.",
        "I didn't even use an LLM to write this!",
        "Tool\n\nAnd I didn't even get an LLM to write this for me!",
        "ci: stop spam\n\nAI-generated code is rejected by the bot.",
        "llm: enable flash attention for qwen3\n\nllm: support gpt-oss",
        "Label\n\nIf this PR was created with Claude Code, say so.",
    ] {
        check(message, &[]);
    }
}

#[test]
fn prose_that_names_the_maker_of_this_change_is_a_declaration() {
    check("Fix\n\nThis PR was created with Claude Code.", &["claude"]);
    check("Fix\n\n_PR created with Claude Code_", &["claude"]);
    check("Fix\n\nPartially generated by Claude Opus.", &["claude"]);
    check("Fix\n\nMostly written by Claude", &["claude"]);
    check("Fix\n\nI generated this with cursor agent, with the prompt: \"can you\"", &["cursor"]);
    check("Fix\n\nThis change was prepared with the assistance of an LLM tool.", &["unspecified"]);
    check(
        "Fix\n\nThe bulk of the code in this commit was generated by Claude Sonnet 3.7 using Claude Code.",
        &["claude"],
    );
    check("curl: fix\n\nCo Authored By Claude Sonnet 4.5", &["claude"]);
    check("wip vibecoded mostly", &["unspecified"]);
    check("Fix\n\nAI-assisted contribution.", &["unspecified"]);
    check("Fix\n\nAll of this code was generated by Claude Sonnet 3.7 in Windsurf.", &["claude", "windsurf"]);
    check("Fix\n\nCode is mine. Written by Claude Monet.", &[]);
}

#[test]
fn trailers_are_read_in_every_shape_seen_in_the_wild() {
    for message in [
        "Fix\n\nCo-Authored-By: Claude <noreply@anthropic.com>",
        "Fix it.\\n\\nCo-authored-by: Claude <noreply@anthropic.com>",
        "Fix\n\nCo-authored-by: Claude noreply@anthropic.com",
        "Fix\n\nCo-Authored-By: Claude [noreply@anthropic.com](mailto:noreply@anthropic.com)",
        "Fix\n\n    Co-Authored-By: Claude Sonnet 4.5 <noreply@anthropic.com>",
        "Fix\n│\n│Co-authored-by: Claude <noreply@anthropic.com>",
        "Fix\n\n_Co-authored-by: Claude <noreply@anthropic.com>_",
        "Fix\n\nCo-authored-by: Claude\n<noreply@anthropic.com>",
        "Fix\n\nCo-authored-by:\n Claude <noreply@anthropic.com>",
        "Fix\n\nCo-authored-by: Claude &lt;noreply@anthropic.com&gt;",
        "Fix\n\nCo-authored-by: Claude <noreply@anthropic.com",
        "Fix\n\nCo-authored-by: Claude <<norenoreply@anthropic.com>",
        "Fix\n\nCo-authored-by: Justin <j@acme.dev> & Claude Opus 4.5 <noreply@anthropic.com>",
        "Fix\n\nCo-authored-by: Claude (Anthropic)",
        "Fix\n\nCO-AUTHORED-BY: CLAUDE <NOREPLY@ANTHROPIC.COM>",
        "Fix\n\n**Co-authored-by:** Claude <noreply@anthropic.com>",
        "Fix (#1)\n\n* one\n\nCo-authored-by: Claude <noreply@anthropic.com>\n\n* two\n\n---------\n\nCo-authored-by: Jo <jo@acme.dev>",
        "Fix\n\nCo_authored_by: Claude <noreply@anthropic.com>\n",
        "Fix\n\nSigned-off-by: Claude <noreply@anthropic.com>",
        "Fix\r\n\r\nCo-authored-by: Claude <noreply@anthropic.com>\r\n",
    ] {
        check(message, &["claude"]);
    }
    check(
        "Fix\n\nCo-authored-by: factory-droid[bot]\n<138933559+factory-droid[bot]@users.noreply.github.com>",
        &["factory-droid"],
    );
    check("Fix\n\nCo-authored-by: Jo using gpt-5.5", &["openai"]);
    check("Fix\n\nCo-authored-by: Devin", &[]);
    check("Fix\n\nCo-authored-by: open-swe[bot] <jo@acme.dev>", &["open-swe"]);
    check("Fix\n\nCo-authored-by: OpenHands-<MODEL_ID> openhands@all-hands.dev", &["openhands"]);
    check("Fix\n\nCo-authored-by: <Model-Name> via Crush <crush@charm.land>", &["crush"]);
}

#[test]
fn co_authors_are_found_with_their_addresses() {
    let message = "Fix\n\nCo-authored-by: Jo <jo@acme.dev> & Claude <noreply@anthropic.com>\nCo-authored-by: Sam";
    let expected = [("Jo", "jo@acme.dev"), ("Claude", "noreply@anthropic.com"), ("Sam", "")];
    assert_eq!(co_authors(message), expected.map(|(name, email)| (name.to_owned(), email.to_owned())));
    assert_eq!(co_authors("Fix\n\n> Co-authored-by: Jo <jo@acme.dev>"), []);
    let announced = "Fix\n\nThanks to:\n\nCo-authored-by: Jo <jo@acme.dev>\n\nMore to come.";
    assert_eq!(co_authors(announced), [("Jo".to_owned(), "jo@acme.dev".to_owned())]);
}

#[test]
fn no_reply_addresses_hold_account_numbers() {
    assert_eq!(noreply_account("583231+octocat@users.noreply.github.com", "github.com"), Some(583_231));
    assert_eq!(noreply_account("583231+octocat@USERS.noreply.GitHub.com", "github.com"), Some(583_231));
    assert_eq!(noreply_account("7+jo@users.noreply.ghe.acme.dev", "ghe.acme.dev"), Some(7));
    assert_eq!(noreply_account("7-jo-doe@users.noreply.gitlab.com", "gitlab.com"), Some(7));
    for (email, host) in [
        ("octocat@users.noreply.github.com", "github.com"),
        ("583231+octocat@users.noreply.github.com", "ghe.acme.dev"),
        ("583231+octocat@github.com", "github.com"),
        ("583231+octocat@evil-users.noreply.github.com", "github.com"),
        ("0+x@users.noreply.github.com", "github.com"),
        ("99999999999999999999+x@users.noreply.github.com", "github.com"),
        ("", ""),
    ] {
        assert_eq!(noreply_account(email, host), None, "{email}");
    }
}

#[test]
fn an_agent_that_only_committed_does_not_gate() {
    let (ana, agent) = (person("Ana <ana@acme.dev>"), person("Copilot <copilot@github.com>"));
    let text = CommitText { sha: &sha(), message: "Fix", author: &ana, committer: &agent };
    let evidence = detect_commit(&text, Catalogue::embedded());
    let [piece] = evidence.as_slice() else { panic!("{evidence:?}") };
    assert_eq!((piece.channel, piece.strength), (Channel::Committer, Strength::Context));
    assert!(!piece.gates && !piece.autonomous);
}

#[test]
fn only_an_agent_as_author_is_autonomous() {
    let autonomous =
        |author: &str, message: &str| commit(&person(author), message).iter().any(|piece| piece.autonomous);
    assert!(autonomous("Claude <noreply@anthropic.com>", "Fix"));
    assert!(autonomous("copilot-swe-agent[bot] <198982749+Copilot@users.noreply.github.com>", "Fix"));
    assert!(!autonomous("Ana (aider) <ana@acme.dev>", "Fix"));
    assert!(!autonomous("Ana <ana@acme.dev>", "Fix\n\nCo-authored-by: Claude <noreply@anthropic.com>"));
}

#[test]
fn an_accepted_suggestion_is_context_and_gates() {
    let message = "Fix\n\nCo-authored-by: coderabbitai[bot] <136622811+coderabbitai[bot]@users.noreply.github.com>";
    let evidence = commit(&person("Ana <ana@acme.dev>"), message);
    let [piece] = evidence.as_slice() else { panic!("{evidence:?}") };
    assert_eq!(piece.strength, Strength::Context);
    assert!(piece.gates && !piece.autonomous);
}

#[test]
fn a_footer_is_one_piece_of_evidence() {
    let footer = "Fix\n\n🤖 Generated with [Claude Code](https://claude.com/claude-code)";
    let evidence = commit(&person("Ana <ana@acme.dev>"), footer);
    let [piece] = evidence.as_slice() else { panic!("{evidence:?}") };
    assert_eq!((piece.channel, piece.strength), (Channel::Message, Strength::Attributed));
}

#[test]
fn evidence_says_where_it_was_found() {
    let long = "x".repeat(500);
    let message = format!("Fix\n\nSomething.\n\nAssisted-by: Claude {long}ß");
    let evidence = commit(&person("Ana <ana@acme.dev>"), &message);
    let [piece] = evidence.as_slice() else { panic!("{evidence:?}") };
    assert_eq!(piece.place, seconder::gate::detect::Place::CommitMessage { commit: sha(), line: 5, in_trailers: true });
    assert_eq!(piece.text.chars().count(), 200);
    assert_eq!(piece.channel, Channel::Declaration);
}
