//! One change, told in a sentence: `case().assisted().approved_by("sam").passes()`.
//!
//! The organisation is always the same. Its tiers are junior < mid < senior < principal; `jo` is a junior, `max` a mid,
//! `sam`, `sal` and `sue` are seniors, `pia` and `pat` principals. `jo` opened the change, wrote its only commit and
//! pushed it. `eve` and `old-timer` are in no directory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use seconder::gate::change::{
    Body, Branch, Change, ChangeState, Commit, FileChange, Files, ForcePush, GitIdentity, HeadBranch, Push, Read,
    Review, ReviewState,
};
use seconder::gate::command::Command;
use seconder::gate::contributors::{Automation, Neutral, contributions};
use seconder::gate::detect::{Channel, Declaration, Evidence, Level, Place, Strength};
use seconder::gate::evaluate::{Facts, evaluate};
use seconder::gate::ids::{ChangeKey, OwnerId, RepoId, WordId};
use seconder::gate::people::{Person, PersonId, Roster, Standing};
use seconder::gate::policy::compile::{combine, read};
use seconder::gate::policy::{Policy, SourceLevel, schema};
use seconder::gate::verdict::{Counts, Outcome, VERSION, Verdict, Why};

pub(super) use super::cast::{Catalogue, TIERS, account, actor, address, host, linked, minute, sha};

/// A change and everything that a verdict on it rests on.
#[derive(Clone)]
pub(super) struct Case {
    pub(super) change: Change,
    pub(super) pushes: Vec<Push>,
    pub(super) neutral: Neutral,
    pub(super) roster: Roster,
    pub(super) files: Vec<(SourceLevel, String)>,
    pub(super) evidence: Vec<Evidence>,
    pub(super) remembered: Level,
    pub(super) declaration: Option<Declaration>,
    pub(super) first_seen: BTreeMap<WordId, Standing>,
    pub(super) commands: Vec<Command>,
    pub(super) dismissed: BTreeMap<i64, BTreeSet<String>>,
    pub(super) now: Timestamp,
    pub(super) incomplete: Option<String>,
}

/// A change by `jo`, under the built-in policy.
pub(super) fn case() -> Case {
    Case {
        change: change(),
        pushes: vec![Push { head: sha("head"), before: None, pusher: actor("jo"), received_at: minute(0) }],
        neutral: Neutral::default(),
        roster: super::cast::roster(),
        files: vec![(SourceLevel::Floor, schema::built_in().to_owned())],
        evidence: Vec::new(),
        remembered: Level::None,
        declaration: None,
        first_seen: BTreeMap::new(),
        commands: Vec::new(),
        dismissed: BTreeMap::new(),
        now: minute(1000),
        incomplete: None,
    }
}

fn change() -> Change {
    let main = Branch { name: "main".to_owned(), sha: sha("base") };
    Change {
        key: ChangeKey { repo: RepoId::new(host(), 1), number: 7 },
        owner: OwnerId::new(host(), 2),
        repo_name: "acme/pay".to_owned(),
        state: ChangeState::Open,
        is_draft: false,
        opener: Some(actor("jo")),
        title: "Round amounts down".to_owned(),
        body: Body::default(),
        base: main,
        stack_base: None,
        default_branch: "main".to_owned(),
        head: sha("head"),
        head_branch: HeadBranch { name: "round".to_owned(), repo: Some(RepoId::new(host(), 1)) },
        labels: Vec::new(),
        assignees: Vec::new(),
        assigners: Vec::new(),
        commits: vec![commit(linked("jo"))],
        reviews: Vec::new(),
        files: Files::Whole(vec![file("src/lib.rs")]),
        base_changed_at: None,
        reopened_at: None,
        force_pushes: Vec::new(),
        head_pushers: Vec::new(),
        co_authors_are_untold: false,
        same_head: BTreeSet::new(),
        traces: Vec::new(),
    }
}

pub(super) fn commit(author: GitIdentity) -> Commit {
    Commit {
        sha: sha("head"),
        tree: None,
        parents: vec![sha("base")],
        message: "Round amounts down".to_owned(),
        committer: author.clone(),
        author,
        co_authors: Vec::new(),
        committed_via_web: false,
        signed_by_forge: false,
        notes: Vec::new(),
    }
}

pub(super) fn file(path: &str) -> FileChange {
    FileChange { path: path.to_owned(), previous_path: None }
}

/// The change.
impl Case {
    pub(super) fn opened_by(mut self, login: &str) -> Self {
        self.change.opener = Some(actor(login));
        self
    }

    /// Nobody but this account is on record: opened, wrote and pushed all of it.
    pub(super) fn all_by(mut self, login: &str) -> Self {
        self.change.commits = vec![commit(linked(login))];
        self.pushes.clear();
        self.opened_by(login).pushed_by(login)
    }

    pub(super) fn pushed_by(mut self, login: &str) -> Self {
        self.pushes.push(Push { head: sha("head"), before: None, pusher: actor(login), received_at: minute(0) });
        self
    }

    pub(super) fn nobody_saw_the_push(mut self) -> Self {
        self.pushes.clear();
        self
    }

    pub(super) fn commit_by(mut self, author: GitIdentity) -> Self {
        self.change.commits.push(commit(author));
        self
    }

    pub(super) fn with(mut self, set: impl FnOnce(&mut Change)) -> Self {
        set(&mut self.change);
        self
    }

    pub(super) fn touching(mut self, paths: &[&str]) -> Self {
        self.change.files = Files::Whole(paths.iter().map(|path| file(path)).collect());
        self
    }

    pub(super) fn force_pushed(mut self, by: &str, after: &str, at: i64) -> Self {
        let push = ForcePush { at: minute(at), actor: Some(actor(by)), before: None, after: Some(sha(after)) };
        self.change.force_pushes.push(push);
        self
    }
}

/// The assistance.
impl Case {
    pub(super) fn assisted(self) -> Self {
        self.evidence(true, false)
    }

    pub(super) fn autonomous(self) -> Self {
        self.evidence(true, true)
    }

    pub(super) fn hinted(self) -> Self {
        self.evidence(false, false)
    }

    fn evidence(mut self, gates: bool, autonomous: bool) -> Self {
        self.evidence.push(Evidence {
            channel: if autonomous { Channel::Author } else { Channel::CoAuthor },
            tool: "claude-code".to_owned(),
            place: Place::CommitMessage { commit: sha("head"), line: 3, in_trailers: true },
            text: "Co-authored-by: Claude".to_owned(),
            strength: if gates { Strength::Attributed } else { Strength::Hint },
            gates,
            autonomous,
        });
        self
    }

    pub(super) fn remembered(mut self, level: Level) -> Self {
        self.remembered = level;
        self
    }

    pub(super) fn declared(mut self, answer: Declaration) -> Self {
        self.declaration = Some(answer);
        self
    }
}

/// The reviews. What follows a review in the sentence is about that review.
impl Case {
    pub(super) fn review(mut self, login: &str, state: ReviewState) -> Self {
        let number = i64::try_from(self.change.reviews.len()).expect("few reviews") + 1;
        let submitted_at = Some(self.next_moment());
        self.change.reviews.push(Review {
            id: number,
            author: Some(actor(login)),
            state,
            commit: Some(sha("head")),
            submitted_at,
            can_push: None,
            url: None,
        });
        self
    }

    /// Ten minutes after the word before.
    pub(super) fn next_moment(&self) -> Timestamp {
        let words = self.change.reviews.len() + self.commands.len();
        minute(i64::try_from(words).expect("few words") * 10 + 10)
    }

    pub(super) fn approved_by(self, login: &str) -> Self {
        self.review(login, ReviewState::Approved)
    }

    pub(super) fn changes_requested_by(self, login: &str) -> Self {
        self.review(login, ReviewState::ChangesRequested)
    }

    fn last(mut self, set: impl FnOnce(&mut Review)) -> Self {
        set(self.change.reviews.last_mut().expect("a review before this"));
        self
    }

    pub(super) fn of_commit(self, word: &str) -> Self {
        self.last(|review| review.commit = Some(sha(word)))
    }

    pub(super) fn at(self, minutes: i64) -> Self {
        self.last(|review| review.submitted_at = Some(minute(minutes)))
    }

    pub(super) fn without_time(self) -> Self {
        self.last(|review| review.submitted_at = None)
    }

    pub(super) fn who_can_push(self, can_push: Option<bool>) -> Self {
        self.last(|review| review.can_push = can_push)
    }

    pub(super) fn by_a_deleted_account(self) -> Self {
        self.last(|review| review.author = None)
    }

    /// What the author of the last review could do when it was first seen.
    pub(super) fn when_of_tier(mut self, tier: &str) -> Self {
        let standing = Standing {
            tier: self.roster.tiers.find(tier).expect("a tier"),
            rule: "test".to_owned(),
            groups: BTreeSet::new(),
            training: BTreeSet::new(),
        };
        let review = self.change.reviews.last().expect("a review before this").id;
        self.first_seen.insert(WordId::Review(review), standing);
        self
    }
}

/// The directory.
impl Case {
    pub(super) fn person(mut self, login: &str, set: impl FnOnce(&mut Person)) -> Self {
        set(self.roster.people.get_mut(&PersonId(format!("p-{login}"))).expect("somebody in the directory"));
        self
    }

    /// Gives the person of `login` a second account.
    pub(super) fn also_owning(mut self, login: &str, second: &str) -> Self {
        let id = PersonId(format!("p-{login}"));
        self.roster.accounts.insert(account(second), id);
        self.person(login, |person| {
            person.accounts.insert(account(second));
        })
    }

    pub(super) fn in_group(self, login: &str, group: &str) -> Self {
        self.person(login, |person| {
            person.groups.insert(group.to_owned());
        })
    }

    pub(super) fn trained(self, login: &str, training: &str) -> Self {
        self.person(login, |person| {
            person.training.insert(training.to_owned());
        })
    }

    pub(super) fn now_of_tier(mut self, login: &str, tier: &str) -> Self {
        let tier = self.roster.tiers.find(tier).expect("a tier");
        self = self.person(login, |person| person.grants[0].tier = tier);
        self
    }

    pub(super) fn leaver(self, login: &str) -> Self {
        self.person(login, |person| person.is_active = false)
    }

    pub(super) fn with_a_stale_directory(mut self) -> Self {
        self.roster.snapshot.fresh_until = Some(minute(1));
        self
    }
}

/// The policy.
impl Case {
    /// This file instead of the built-in policy.
    pub(super) fn policy(mut self, text: &str) -> Self {
        self.files = vec![(SourceLevel::Floor, format!("version: 1\n{text}\n"))];
        self
    }

    /// One rule that always applies, instead of the built-in policy.
    pub(super) fn requiring(self, require: &str) -> Self {
        self.policy(&format!("rules: [{{ name: it, require: {{ {require} }} }}]"))
    }

    /// A file of the repository besides.
    pub(super) fn repository_policy(mut self, text: &str) -> Self {
        let level = SourceLevel::Repository { branch: "main".to_owned() };
        self.files.push((level, format!("version: 1\n{text}\n")));
        self
    }

    pub(super) fn read_incompletely(mut self, why: &str) -> Self {
        self.incomplete = Some(why.to_owned());
        self
    }
}

/// The verdict.
impl Case {
    pub(super) fn facts(&self) -> Facts {
        let reviewers = self.change.reviews.iter().filter_map(|review| review.author.as_ref());
        let speakers = reviewers.chain(self.commands.iter().map(|command| &command.author));
        Facts {
            v: VERSION,
            now: self.now,
            key: self.change.key.clone(),
            read: match &self.incomplete {
                Some(why) => Read::Incomplete { why: why.clone() },
                None => Read::Whole(Box::new(self.change.clone())),
            },
            evidence: self.evidence.clone(),
            removed: Vec::new(),
            remembered_level: self.remembered,
            declaration: self.declaration,
            contributions: contributions(&self.change, &self.pushes, &self.neutral, &Catalogue),
            agent_accounts: speakers
                .filter(|actor| Catalogue.is_agent_account(actor))
                .map(|actor| actor.account.clone())
                .collect(),
            first_seen: self.first_seen.clone(),
            commands: self.commands.clone(),
            dismissed: self.dismissed.clone(),
            roster: Arc::new(self.roster.clone()),
        }
    }

    pub(super) fn compiled(&self) -> Policy {
        let name = |level: &SourceLevel| match level {
            SourceLevel::Repository { .. } => ".github/seconder.yml",
            SourceLevel::Floor | SourceLevel::Organisation => "policy.yml",
        };
        let tiers = &self.roster.tiers;
        combine(self.files.iter().map(|(level, text)| read(name(level), level.clone(), text, tiers)).collect())
    }

    pub(super) fn verdict(&self) -> Verdict {
        evaluate(&self.facts(), &self.compiled())
    }

    #[track_caller]
    pub(super) fn passes(&self) -> Verdict {
        check(&self.facts(), &self.compiled(), Outcome::Pass)
    }

    #[track_caller]
    pub(super) fn waits(&self) -> Verdict {
        check(&self.facts(), &self.compiled(), Outcome::Waiting)
    }

    #[track_caller]
    pub(super) fn is_held(&self) -> Verdict {
        check(&self.facts(), &self.compiled(), Outcome::Held)
    }

    #[track_caller]
    pub(super) fn errs(&self) -> Verdict {
        check(&self.facts(), &self.compiled(), Outcome::Error)
    }

    /// The change waits, and this is why the last review does not count.
    #[track_caller]
    pub(super) fn waits_because(&self, why: &Why) {
        let verdict = self.waits();
        let last = WordId::Review(self.change.reviews.last().expect("a review").id);
        let outcome = verdict.approvals.iter().find(|one| one.word == last).expect("the review is in the verdict");
        assert_eq!(outcome.standing, Counts::NotCounted(why.clone()));
    }
}

/// The one place where these tables touch the gate.
#[track_caller]
fn check(facts: &Facts, policy: &Policy, expected: Outcome) -> Verdict {
    let verdict = evaluate(facts, policy);
    assert_eq!(verdict.outcome, expected, "{verdict:#?}");
    verdict
}

/// What somebody says who is in the directory and not senior enough.
pub(super) fn does_not_meet(rule: &str) -> Why {
    Why::DoesNotMeet { rules: vec![rule.to_owned()] }
}
