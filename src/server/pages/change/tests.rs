//! Whatever anybody writes anywhere, a page has the elements and attributes that its template has, and no others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use proptest::prelude::*;
use scraper::{Html as Document, Selector};

use super::*;
use crate::gate::change::{ChangeState, ReviewState};
use crate::gate::command::{Ask, Mistake};
use crate::gate::contributors::{Contribution, Contributions, Named, Role, Who};
use crate::gate::detect::removed::Removed;
use crate::gate::detect::{Channel, Evidence, Level, Place, Strength};
use crate::gate::digest;
use crate::gate::evaluate::{Condition, Granted, Insight, Lack};
use crate::gate::group::Doubt;
use crate::gate::ids::{AccountId, CommitSha, Host, Login, WordId};
use crate::gate::page::{About, AboutRead, Grouped, Judged, OnCommit, PolicyFile, Site};
use crate::gate::policy::diagnostic::{Diagnostic, Severity};
use crate::gate::verdict::{
    ApprovalOutcome, CommandOutcome, Counts, Hearing, Hold, Outcome, Problem, Refusal, RuleOutcome, RuleResult,
    Verdict, Why,
};
use crate::store::Owners;

/// Texts, one after the other and again from the start.
struct Texts<'a> {
    texts: &'a [String],
    next: usize,
}

impl Texts<'_> {
    fn text(&mut self) -> String {
        self.next += 1;
        self.texts[self.next % self.texts.len()].clone()
    }

    fn site(&self) -> Site {
        if self.texts.len().is_multiple_of(2) { Site::GitHub } else { Site::GitLab }
    }

    fn by(&mut self, id: i64) -> Named {
        Named { account: account(id), login: Login::from(self.text().as_str()) }
    }
}

fn host() -> Host {
    "github.com".parse().unwrap()
}

fn account(id: i64) -> AccountId {
    AccountId::new(host(), id)
}

fn sha() -> CommitSha {
    "a1".repeat(20).parse().unwrap()
}

fn change() -> ChangeKey {
    ChangeKey { repo: "github.com/12".parse().unwrap(), number: 7 }
}

fn evidence(texts: &mut Texts<'_>) -> Vec<Evidence> {
    let places = [
        Place::CommitIdentity { commit: sha() },
        Place::CommitMessage { commit: sha(), line: 3, in_trailers: true },
        Place::Opener,
        Place::Body { line: 4 },
        Place::Branch,
        Place::Label,
        Place::Comment { comment: 5 },
    ];
    let evidence = |place| Evidence {
        channel: Channel::Trailer,
        tool: texts.text(),
        place,
        text: texts.text(),
        strength: Strength::Attributed,
        gates: true,
        autonomous: false,
    };
    places.into_iter().map(evidence).collect()
}

fn problems(texts: &mut Texts<'_>) -> Vec<Problem> {
    let found = Diagnostic {
        severity: Severity::Error,
        file: texts.text(),
        line: 1,
        column: 2,
        message: texts.text(),
        help: Some(texts.text()),
    };
    vec![
        Problem::Incomplete { why: texts.text() },
        Problem::BrokenPolicy(found.clone()),
        Problem::BreaksPolicy(found),
        Problem::MergeGroup(Doubt::Elsewhere { branch: texts.text() }),
    ]
}

fn rules(texts: &mut Texts<'_>) -> Vec<RuleOutcome> {
    let until = Timestamp::UNIX_EPOCH;
    let results = [
        RuleResult::NotApplicable,
        RuleResult::Exempt { by: texts.text() },
        RuleResult::Overridden { by: WordId::Comment(5), until },
        RuleResult::Missing { have: 1, need: 2, candidates: 3, named: Vec::new() },
    ];
    let rule = |result| RuleOutcome {
        name: texts.text(),
        source: texts.text(),
        sentence: texts.text(),
        discreet: texts.text(),
        asks_author_tier: false,
        guarded: None,
        result,
    };
    results.into_iter().map(rule).collect()
}

fn verdict(texts: &mut Texts<'_>) -> Verdict {
    let evidence = evidence(texts);
    let approval = |word, standing, texts: &mut Texts<'_>| ApprovalOutcome {
        word,
        by: Some(texts.by(3)),
        state: ReviewState::Approved,
        commit: Some(sha()),
        url: Some(texts.text()),
        standing,
    };
    let counted = Counts::Counted { rules: vec![texts.text()], not_met: vec![texts.text()] };
    let refused = Counts::NotCounted(Why::DoesNotMeet { rules: vec![texts.text()] });
    let command = |hearing, texts: &mut Texts<'_>| CommandOutcome {
        comment: 5,
        by: texts.by(4),
        ask: Ask::Hold,
        reason: Some(texts.text()),
        url: Some(texts.text()),
        hearing,
    };
    let mistaken = Hearing::Refused(Refusal::Mistaken(Mistake::Unknown { verb: texts.text(), meant: None }));
    Verdict {
        v: 1,
        change: change(),
        head: Some(sha()),
        outcome: Outcome::Error,
        level: Level::Assisted,
        problems: problems(texts),
        rules: rules(texts),
        approvals: vec![approval(WordId::Review(1), counted, texts), approval(WordId::Comment(2), refused, texts)],
        holds: vec![Hold {
            word: WordId::Comment(5),
            by: texts.by(4),
            was_dismissed: false,
            reason: Some(texts.text()),
            url: Some(texts.text()),
        }],
        dismissed: evidence.first().map(|one| (digest::of(one), 5)).into_iter().collect(),
        evidence,
        removed: vec![Removed { tool: texts.text(), channel: Channel::CoAuthor, commit: sha() }],
        is_contradicted: true,
        contributions: Contributions {
            people: [Who::Account(account(3)), Who::Account(account(9)), Who::Email("e".to_owned()), Who::Unknown]
                .map(|who| Contribution { who, role: Role::Author })
                .into(),
            ..Contributions::default()
        },
        first_seen: Vec::new(),
        takes_reviews: true,
        takes_commands: true,
        commands: vec![command(Hearing::Accepted, texts), command(mistaken, texts)],
        dismisses: Vec::new(),
        look_again_at: None,
    }
}

/// A page that has everything that a page can have.
fn everything(texts: &[String]) -> StoredPage {
    let texts = &mut Texts { texts, next: 0 };
    let verdict = verdict(texts);
    let commit = OnCommit { changes: vec![(8, Outcome::Held), (7, Outcome::Error)] };
    let granted = Granted { tier: Some(texts.text()), rule: texts.text() };
    let conditions = vec![
        Condition::Tier { asked: texts.text(), has: texts.text(), had: Some(texts.text()) },
        Condition::Groups(vec![texts.text()]),
    ];
    let insight = Insight {
        tiers: [(account(3), granted)].into(),
        lacks: vec![Lack { word: WordId::Comment(2), rule: texts.text(), conditions }],
    };
    let quotes: BTreeMap<String, String> = verdict.evidence.iter().map(|one| (digest::of(one), texts.text())).collect();
    let at = Timestamp::UNIX_EPOCH;
    StoredPage {
        about: About {
            v: 1,
            site: texts.site(),
            web: "https://github.com".to_owned(),
            repo_name: format!("{}/{}", texts.text(), texts.text()),
            read: Some(AboutRead {
                title: texts.text(),
                state: ChangeState::Closed,
                is_draft: false,
                is_governed: true,
                opener: Some(texts.text()),
                head: "b2".repeat(20).parse().unwrap(),
                head_branch: texts.text(),
                has_own_branch: true,
                base: texts.text(),
            }),
        },
        judged: Judged {
            v: 1,
            at,
            omitted: 3,
            is_preview: true,
            logins: [(account(3), Login::from(texts.text().as_str()))].into(),
            git_names: [("e".to_owned(), texts.text())].into(),
            quotes,
            sources: vec![PolicyFile { level: "floor".to_owned(), name: texts.text(), digest: "d".repeat(64) }],
            snapshot: 4,
            insight: Some(insight),
            commit: commit.clone(),
            verdict: verdict.clone(),
        },
        grouped: Some(Grouped { v: 1, at, head: sha(), branch: texts.text(), verdict: self::verdict(texts), commit }),
        closed_at: None,
        dirty_since: Some(at),
        decisions: vec![PastDecision {
            decided_at: at,
            head: sha(),
            outcome: "held".to_owned(),
            level: "assisted".to_owned(),
            rests_on: Default::default(),
            was_read: true,
            is_group: false,
        }],
        decision_count: 5,
    }
}

fn rendered(texts: &[String]) -> String {
    let key = LinkKey::new([7; LinkKey::BYTES]);
    let pages = Pages::new("https://seconder.example", key.clone(), Arc::new(Owners::new(&[])));
    html(&pages, &everything(texts), &change(), Audience::Insiders, Some(&key)).unwrap()
}

/// Every element, with the names of its attributes.
fn elements(html: &str) -> BTreeSet<(String, Vec<String>)> {
    let document = Document::parse_document(html);
    let everything = Selector::parse("*").unwrap();
    let all = document.select(&everything).map(|element| {
        let mut names: Vec<String> = element.value().attrs().map(|(name, _)| name.to_owned()).collect();
        names.sort();
        (element.value().name().to_owned(), names)
    });
    all.collect()
}

/// The same with every address one that may be followed, and with none.
fn of_the_template() -> BTreeSet<(String, Vec<String>)> {
    let with = |text: &str| elements(&rendered(&[text.to_owned()]));
    with("https://github.com/a").union(&with("plain")).cloned().collect()
}

#[track_caller]
fn check(texts: &[String]) {
    let html = rendered(texts);
    let strange: Vec<_> = elements(&html).difference(&of_the_template()).cloned().collect();
    assert!(strange.is_empty(), "{strange:?}");
    let document = Document::parse_document(&html);
    let selector = Selector::parse("[href], [src]").unwrap();
    for link in document.select(&selector) {
        let href = link.attr("href").unwrap_or_default();
        let is_known = ["https://", "/changes/", "/assets/", "#", "data:,"].iter().any(|start| href.starts_with(start));
        assert!(is_known, "{href}");
    }
    // Nothing that hides, or turns the reading direction, is left as it is.
    let hidden = |c: char| matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\0' | '\u{1b}');
    assert!(!html.chars().any(hidden));
}

#[test]
fn what_is_known_to_break_pages_breaks_nothing() {
    for text in [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' onmouseover='alert(1)",
        "javascript:alert(1)",
        "https://evil.example/\" onclick=\"alert(1)",
        "https://github.com/<script>",
        "</code></bdi></title><svg onload=alert(1)>",
        "{{ 7 * 7 }}{% include 'x' %}",
        "&lt;script&gt;&#60;script&#62;",
        "<!--",
        "]]>",
        "\u{202e}txt.exe\u{2066}",
        "\0\u{1b}[31m",
        "[x](javascript:alert(1))",
        "",
    ] {
        check(&[text.to_owned()]);
        check(&[text.to_owned(), "x".repeat(10_000)]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_an_element_or_an_attribute(texts in proptest::collection::vec("\\PC*|[<>\"'&=/ a-z!-]{0,40}", 1..6)) {
        check(&texts);
    }
}

#[test]
fn tiers_are_for_insiders() {
    let pages = Pages::new("https://seconder.example", LinkKey::new([7; LinkKey::BYTES]), Arc::new(Owners::new(&[])));
    let page = everything(&["zebra".to_owned()]);
    let for_anybody = html(&pages, &page, &change(), Audience::Anybody, None).unwrap();
    assert!(!for_anybody.contains("Tier:") && !for_anybody.contains("asks for"), "{for_anybody}");
    let for_insiders = html(&pages, &page, &change(), Audience::Insiders, None).unwrap();
    assert!(for_insiders.contains("Tier:") && for_insiders.contains("asks for"), "{for_insiders}");
}
