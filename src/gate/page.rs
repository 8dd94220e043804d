//! What a page about a change is made from: the verdict with names and texts, as they were when it was made.
//!
//! It stands beside the decision and never in it: it holds personal data, and can be deleted. Versioned JSON.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::change::{Change, ChangeState, Commit};
use super::contributors::Who;
use super::detect::{Evidence, Place};
use super::digest;
use super::evaluate::Insight;
use super::ids::{AccountId, CommitSha, Login};
use super::people::{PersonId, Roster};
use super::policy::{Policy, Source, SourceLevel};
use super::verdict::{Outcome, RuleResult, Verdict};

/// The version of the JSON form of [`About`], [`Judged`] and [`Grouped`].
pub const VERSION: u32 = 1;

/// How much of each list a page holds. Nobody reads on, and what anybody may write must not grow without bounds.
pub const LISTED: usize = 500;

/// The longest quoted line, in characters.
const LONGEST_QUOTE: usize = 300;

/// The longest title that is kept, in characters: GitHub takes 256.
const LONGEST_TITLE: usize = 300;

/// Whose pages a forge's are: addresses there are made up differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Site {
    /// GitHub's.
    #[default]
    GitHub,
    /// GitLab's.
    GitLab,
}

impl Site {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
    fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

/// What the change is called and where it is found. For display only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// [`VERSION`].
    pub v: u32,
    /// The forge's pages, without a trailing slash: `https://github.com`.
    pub web: String,
    /// Whose pages they are.
    #[serde(default, skip_serializing_if = "Site::is_usual")]
    pub site: Site,
    /// `owner/name`; on GitLab with all groups in between.
    pub repo_name: String,
    /// The rest; `None` of a change that was never read.
    pub read: Option<AboutRead>,
}

/// What only a read tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AboutRead {
    /// The title.
    pub title: String,
    /// Open, closed or merged.
    pub state: ChangeState,
    /// Whether it is marked as a draft.
    pub is_draft: bool,
    /// Whether the policy governs the branch that it would be merged into.
    pub is_governed: bool,
    /// The login of the account that opened it; `None` when that account was deleted.
    pub opener: Option<String>,
    /// Its head.
    pub head: CommitSha,
    /// The branch that holds it.
    pub head_branch: String,
    /// Whether that branch is one of the repository itself.
    pub has_own_branch: bool,
    /// The branch it would be merged into.
    pub base: String,
}

impl About {
    /// What a read shows.
    pub fn of(change: &Change, web: &str, site: Site, is_governed: bool) -> Self {
        Self {
            v: VERSION,
            web: web.to_owned(),
            site,
            repo_name: change.repo_name.clone(),
            read: Some(AboutRead {
                title: change.title.chars().take(LONGEST_TITLE).collect(),
                state: change.state,
                is_draft: change.is_draft,
                is_governed,
                opener: change.opener.as_ref().map(|opener| opener.login.to_string()),
                head: change.head.clone(),
                head_branch: change.head_branch.name.clone(),
                has_own_branch: change.head_branch.repo.as_ref() == Some(&change.key.repo),
                base: change.base.name.clone(),
            }),
        }
    }

    /// What is known without a read.
    pub fn unread(repo_name: &str, web: &str, site: Site) -> Self {
        Self { v: VERSION, web: web.to_owned(), site, repo_name: repo_name.to_owned(), read: None }
    }
}

/// The verdict, with what is shown beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// [`VERSION`].
    pub v: u32,
    /// When.
    pub at: Timestamp,
    /// The verdict, without what only the memory needs.
    pub verdict: Verdict,
    /// How many items of its lists were left out.
    pub omitted: usize,
    /// Whether the policy is in preview.
    pub is_preview: bool,
    /// Logins of the accounts that it speaks of.
    pub logins: BTreeMap<AccountId, Login>,
    /// Names in git of those whose addresses the forge links to no account, by the digest of the address.
    pub git_names: BTreeMap<String, String>,
    /// The lines that evidence was found in, by the digest of the evidence.
    pub quotes: BTreeMap<String, String>,
    /// The policy files.
    pub sources: Vec<PolicyFile>,
    /// The number of the directory's snapshot.
    pub snapshot: i64,
    /// What the directory says of the people, where the organisation lets pages show it.
    pub insight: Option<Insight>,
    /// What the check of the commit rests on.
    pub commit: OnCommit,
}

/// What a merge group's check says of the change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Grouped {
    /// [`VERSION`].
    pub v: u32,
    /// When.
    pub at: Timestamp,
    /// The group's commit.
    pub head: CommitSha,
    /// The branch that it would become.
    pub branch: String,
    /// The verdict on the change as the group holds it.
    pub verdict: Verdict,
    /// What the group's check rests on.
    pub commit: OnCommit,
}

/// All changes whose verdicts make the check of a commit, the worst first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnCommit {
    /// Their numbers and outcomes. The first one decides.
    pub changes: Vec<(i64, Outcome)>,
}

/// A policy file, for display.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyFile {
    /// `floor`, `organisation` or `repository`.
    pub level: String,
    /// Its name.
    pub name: String,
    /// SHA-256 of its text, hex.
    pub digest: String,
}

impl PolicyFile {
    /// The beginning of its digest, for people.
    pub fn short_digest(&self) -> &str {
        self.digest.get(..12).unwrap_or(&self.digest)
    }
}

impl From<&Source> for PolicyFile {
    fn from(source: &Source) -> Self {
        let level = match source.level {
            SourceLevel::Floor => "floor",
            SourceLevel::Organisation => "organisation",
            SourceLevel::Repository { .. } => "repository",
        };
        Self { level: level.to_owned(), name: source.name.clone(), digest: source.digest.clone() }
    }
}

/// What goes into [`Judged`], besides the verdict.
#[derive(Debug)]
pub struct Beside<'a> {
    /// When.
    pub at: Timestamp,
    /// Whether the policy is in preview.
    pub is_preview: bool,
    /// The policy.
    pub policy: &'a Policy,
    /// The number of the directory's snapshot.
    pub snapshot: i64,
    /// Logins of accounts, as far as they are known.
    pub logins: BTreeMap<AccountId, Login>,
    /// What the directory says of people, where that may be shown.
    pub insight: Option<Insight>,
    /// What to call people who could approve, where they may be named.
    pub candidates: Option<&'a Roster>,
    /// The changes on the commit.
    pub commit: OnCommit,
}

impl Judged {
    /// Joins a verdict with what is shown beside it. `read`: the change, with commits of it that were pushed away; `None`
    /// when it could not be read.
    pub fn of(verdict: &Verdict, read: Option<(&Change, &[Commit])>, beside: Beside<'_>) -> Self {
        let (verdict, omitted) = shown(verdict, beside.candidates);
        let spoken_of = accounts(&verdict);
        let mut logins = beside.logins;
        logins.retain(|account, _| spoken_of.contains(account));
        Self {
            v: VERSION,
            at: beside.at,
            omitted,
            is_preview: beside.is_preview,
            logins,
            git_names: read.map(|read| git_names(read, &verdict)).unwrap_or_default(),
            quotes: read.map(|read| quotes(read, &verdict.evidence)).unwrap_or_default(),
            sources: beside.policy.sources.iter().map(PolicyFile::from).collect(),
            snapshot: beside.snapshot,
            insight: beside.insight,
            commit: beside.commit,
            verdict,
        }
    }
}

/// The verdict without what only the memory needs, and with lists of a bounded length; and how much was left out.
pub fn shown(verdict: &Verdict, candidates: Option<&Roster>) -> (Verdict, usize) {
    let mut shown = verdict.clone();
    // What approvers could do when first seen tells their tiers.
    shown.first_seen.clear();
    shown.dismisses.clear();
    for rule in &mut shown.rules {
        if let RuleResult::Missing { named, .. } = &mut rule.result {
            let name = |id: &PersonId| Some(PersonId(candidates?.display_name(id)));
            *named = named.iter().filter_map(name).collect();
        }
    }
    let mut omitted = cut(&mut shown.evidence) + cut(&mut shown.rules) + cut(&mut shown.problems);
    // The newest words matter most.
    omitted += cut_older(&mut shown.approvals) + cut_older(&mut shown.commands) + cut_older(&mut shown.holds);
    let people = &mut shown.contributions.people;
    omitted += people.len().saturating_sub(LISTED);
    *people = std::mem::take(people).into_iter().take(LISTED).collect();
    (shown, omitted)
}

fn cut<T>(list: &mut Vec<T>) -> usize {
    let more = list.len().saturating_sub(LISTED);
    list.truncate(LISTED);
    more
}

fn cut_older<T>(list: &mut Vec<T>) -> usize {
    let more = list.len().saturating_sub(LISTED);
    list.drain(..more);
    more
}

/// Accounts that a verdict speaks of.
fn accounts(verdict: &Verdict) -> BTreeSet<AccountId> {
    let contributors = verdict.contributions.people.iter().map(|done| &done.who).chain(&verdict.contributions.robots);
    let contributors = contributors.filter_map(|who| match who {
        Who::Account(account) => Some(account.clone()),
        Who::Email(_) | Who::LinkedEmail(_) | Who::Unknown => None,
    });
    let suggesters = verdict.contributions.neutral.suggestions.iter().map(|(_, by)| by.clone());
    contributors.chain(suggesters).collect()
}

/// Names that git identities give themselves, of contributors whom no account stands for.
fn git_names((change, hidden): (&Change, &[Commit]), verdict: &Verdict) -> BTreeMap<String, String> {
    let everybody = verdict.contributions.people.iter().map(|done| &done.who).chain(&verdict.contributions.robots);
    let unlinked: BTreeSet<&str> = everybody
        .filter_map(|who| match who {
            Who::Email(digest) => Some(digest.as_str()),
            Who::Account(_) | Who::LinkedEmail(_) | Who::Unknown => None,
        })
        .collect();
    let commits = change.commits.iter().chain(hidden);
    let identities =
        commits.flat_map(|commit| [&commit.author, &commit.committer].into_iter().chain(&commit.co_authors));
    let named = identities.map(|identity| (super::people::address_digest(&identity.email), &identity.name));
    named
        .filter(|(digest, name)| unlinked.contains(digest.as_str()) && !name.is_empty())
        .map(|(digest, name)| (digest, name.chars().take(LONGEST_QUOTE).collect()))
        .collect()
}

/// The line in which each sign was found, where it still stands there.
fn quotes((change, hidden): (&Change, &[Commit]), evidence: &[Evidence]) -> BTreeMap<String, String> {
    let quote = |one: &Evidence| {
        let (text, line) = match &one.place {
            Place::CommitMessage { commit, line, .. } => {
                (&change.commits.iter().chain(hidden).find(|known| known.sha == *commit)?.message, *line)
            }
            Place::Body { line } => (&change.body.text, *line),
            _ => return None,
        };
        let index = usize::try_from(line).ok()?.checked_sub(1)?;
        let quoted: String = text.lines().nth(index)?.chars().take(LONGEST_QUOTE).collect();
        // Of a description that was edited since, the line may be another by now.
        quoted.contains(one.text.trim()).then(|| (digest::of(one), quoted))
    };
    evidence.iter().filter_map(quote).collect()
}
