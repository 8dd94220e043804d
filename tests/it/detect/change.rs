//! Evidence in everything that a forge shows about a change.

use std::collections::BTreeSet;

use seconder::gate::change::{
    Actor, ActorKind, Body, Branch, Change, ChangeState, Commit, Files, GitIdentity, HeadBranch,
};
use seconder::gate::detect::{
    Catalogue, Channel, Detection, Evidence, Level, Strength, agent_account, detect, is_automation,
};
use seconder::gate::ids::{AccountId, ChangeKey, Host, Login, OwnerId, RepoId};

use super::{person, sha};

pub(super) fn actor(host: &str, id: i64, login: &str, kind: ActorKind) -> Actor {
    Actor { account: AccountId::new(host.parse().unwrap(), id), login: Login::from(login), kind }
}

pub(super) fn commit_by(author: GitIdentity, message: &str) -> Commit {
    let committer = author.clone();
    Commit {
        sha: sha(),
        tree: None,
        parents: Vec::new(),
        message: message.to_owned(),
        author,
        committer,
        co_authors: Vec::new(),
        committed_via_web: false,
        signed_by_forge: false,
        notes: Vec::new(),
    }
}

/// A change by a person without any sign of AI.
pub(super) fn plain() -> Change {
    let host: Host = "github.com".parse().unwrap();
    let repo = RepoId::new(host.clone(), 1);
    Change {
        key: ChangeKey { repo: repo.clone(), number: 7 },
        owner: OwnerId::new(host, 2),
        repo_name: "acme/pay".to_owned(),
        state: ChangeState::Open,
        is_draft: false,
        opener: Some(actor("github.com", 3, "jo", ActorKind::User)),
        title: "Generated with Claude Code".to_owned(),
        body: Body::default(),
        base: Branch { name: "main".to_owned(), sha: sha() },
        stack_base: None,
        default_branch: "main".to_owned(),
        head: sha(),
        head_branch: HeadBranch { name: "fix-parser".to_owned(), repo: Some(repo) },
        labels: vec!["bug".to_owned()],
        assignees: Vec::new(),
        assigners: Vec::new(),
        commits: vec![commit_by(person("Jo <jo@acme.dev>"), "Fix the parser")],
        reviews: Vec::new(),
        files: Files::Whole(Vec::new()),
        base_changed_at: None,
        reopened_at: None,
        force_pushes: Vec::new(),
        head_pushers: Vec::new(),
        co_authors_are_untold: false,
        same_head: BTreeSet::new(),
        traces: Vec::new(),
    }
}

pub(super) fn described(body: &str) -> Detection {
    let body = Body { text: body.to_owned(), edited_by_other: false };
    detect(&Change { body, ..plain() }, Catalogue::embedded())
}

fn level(change: &Change) -> Level {
    detect(change, Catalogue::embedded()).evidence.iter().map(Evidence::level).max().unwrap_or_default()
}

#[test]
fn a_plain_change_shows_nothing() {
    assert_eq!(detect(&plain(), Catalogue::embedded()), Detection::default());
}

#[test]
fn an_agent_that_opens_a_change_makes_it_autonomous() {
    for (host, id, login) in [
        ("github.com", 198_982_749, "Copilot"),
        ("github.com", 158_243_242, "renamed-since"),
        ("github.com", 1, "opencode-agent[bot]"),
        ("ghe.acme.dev", 12, "devin-ai-integration[bot]"),
        ("ghe.acme.dev", 12, "devin-ai-integration"),
    ] {
        let opener = actor(host, id, login, ActorKind::Bot);
        let detection = detect(&Change { opener: Some(opener), ..plain() }, Catalogue::embedded());
        let [piece] = detection.evidence.as_slice() else { panic!("{login}: {detection:?}") };
        assert_eq!((piece.channel, piece.strength), (Channel::Opener, Strength::Platform));
        assert_eq!(piece.level(), Level::Autonomous);
    }
}

#[test]
fn numbers_and_logins_of_others_are_not_agents() {
    let catalogue = Catalogue::embedded();
    for (host, id, login, kind) in [
        // The number of an agent on github.com is somebody else's number elsewhere.
        ("ghe.acme.dev", 198_982_749, "jo", ActorKind::User),
        ("ghe.acme.dev", 158_243_242, "ci[bot]", ActorKind::Bot),
        ("ghe.acme.dev", 5, "devin-ai-integration", ActorKind::User),
        ("github.com", 5, "Copilot", ActorKind::User),
        ("github.com", 5, "devin-ai-integration[bot]", ActorKind::Bot),
    ] {
        assert_eq!(agent_account(&actor(host, id, login, kind), catalogue), None, "{host}/{id} {login}");
    }
}

#[test]
fn bots_that_are_not_agents_are_automation() {
    let catalogue = Catalogue::embedded();
    let is = |host, id, login, kind| is_automation(&actor(host, id, login, kind), catalogue);
    assert!(is("github.com", 49_699_333, "dependabot", ActorKind::Bot));
    assert!(is("ghe.acme.dev", 9, "anything[bot]", ActorKind::Bot));
    assert!(is("github.com", 19_864_447, "web-flow", ActorKind::User));
    assert!(!is("ghe.acme.dev", 9, "web-flow", ActorKind::User));
    assert!(!is("github.com", 198_982_749, "Copilot", ActorKind::Bot));
    assert!(!is("github.com", 3, "jo", ActorKind::User));
}

#[test]
fn branches_of_agents_gate_and_topics_do_not() {
    let on = |name: &str| {
        let head_branch = HeadBranch { name: name.to_owned(), repo: None };
        let evidence = detect(&Change { head_branch, ..plain() }, Catalogue::embedded()).evidence;
        evidence.iter().map(|piece| (piece.tool.clone(), piece.gates)).collect::<Vec<_>>()
    };
    for (name, tool) in [
        ("codex/find-and-fix-critical-bug", "codex"),
        ("devin/1770929936-ai-changelog", "devin"),
        ("claude/fix-warnings-01ACy8a3x", "claude"),
        ("copilot/sub-pr-1", "copilot"),
        ("cursor/review-errors-e5e9", "cursor"),
        ("jules-17348289618910187441-93dd0048", "jules"),
    ] {
        assert_eq!(on(name), [(tool.to_owned(), true)], "{name}");
    }
    for name in [
        "cursor-bucket",
        "codegen/castiron/update",
        "claude-4-rest-of-updates",
        "agent-run-1",
        "vt/copilot-token",
        "codex-bar",
    ] {
        assert_eq!(on(name), [], "{name}");
    }
    assert_eq!(on("worktree-fix-amend"), [("claude".to_owned(), false)]);
}

#[test]
fn labels_of_tools_are_hints_and_labels_of_ai_declare() {
    let labelled = |label: &str| level(&Change { labels: vec![label.to_owned()], ..plain() });
    assert_eq!(labelled("codex"), Level::None);
    assert_eq!(labelled("area/ai"), Level::None);
    assert_eq!(labelled("AI-assisted"), Level::Assisted);
    assert_eq!(labelled("This contribution was assisted or created by Generative AI tools."), Level::Assisted);
}

#[test]
fn one_commit_of_many_is_enough() {
    let mut change = plain();
    change.commits.push(commit_by(person("Jo <jo@acme.dev>"), "Fix\n\nCo-authored-by: Claude <noreply@anthropic.com>"));
    change.commits.push(commit_by(person("Jo <jo@acme.dev>"), "Polish"));
    assert_eq!(level(&change), Level::Assisted);
    change.commits.push(commit_by(person("Claude <noreply@anthropic.com>"), "Polish"));
    assert_eq!(level(&change), Level::Autonomous);
}

#[test]
fn an_author_is_recognised_by_the_linked_account() {
    let mut author = person("Builder <builder@ghe.acme.dev>");
    author.account = Some(actor("ghe.acme.dev", 4, "claude[bot]", ActorKind::Bot));
    let mut change = plain();
    change.commits = vec![commit_by(author, "Fix")];
    assert_eq!(level(&change), Level::Autonomous);
}

#[test]
fn session_links_in_the_description_are_evidence() {
    for (body, tool) in [
        ("See https://app.devin.ai/sessions/0123456789abcdef", "devin"),
        ("https://chatgpt.com/codex/tasks/task_e_68f0", "codex"),
        ("[Open in Cursor](https://cursor.com/agents/bc-01234567-89ab)", "cursor"),
        ("https://claude.ai/code/session_01Nu4F", "claude"),
        ("https://ampcode.com/threads/T-019a2b3c", "amp"),
        ("<original_prompt>\nFix it\n</original_prompt>", "copilot"),
    ] {
        let evidence = described(body).evidence;
        let [piece] = evidence.as_slice() else { panic!("{body}: {evidence:?}") };
        assert_eq!((piece.tool.as_str(), piece.channel, piece.gates), (tool, Channel::Body, true), "{body}");
    }
}

#[test]
fn review_summaries_in_the_description_are_not_evidence() {
    for body in [
        "<!-- This is an auto-generated comment: release notes by coderabbit.ai -->\n## Summary by CodeRabbit\n\n- New feature\n<!-- end of auto-generated comment: release notes by coderabbit.ai -->",
        "> <sup>Written by [Cursor Bugbot](https://cursor.com/dashboard?tab=bugbot) for commit 4ff5286c.</sup>",
        "[![Open with Devin](https://static.devin.ai/badge.svg)](https://app.devin.ai/review/acme/pay/pull/7)",
    ] {
        assert_eq!(described(body), Detection::default(), "{body}");
    }
}
