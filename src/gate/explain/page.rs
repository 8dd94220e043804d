//! Everything that the page of a change shows, in words and typed pieces: whoever renders it adds none.
//!
//! It says what the check says, and more of it. Of tiers it knows nothing unless it is given an [`Audience::Insiders`].

mod evidence;
mod parts;
mod people;
mod rules;
mod timeline;

pub use evidence::Sign;
pub use parts::{Moment, Part, Words};
pub use people::{Contributor, Said, Vote};
pub use rules::{RuleState, RuleView};
pub use timeline::{Past, Step, timeline};

use super::super::change::ChangeState;
use super::super::detect::Level;
use super::super::head::HeadVerdict;
use super::super::ids::{ChangeKey, CommitSha};
use super::super::page::{About, AboutRead, Grouped, Judged, OnCommit, PolicyFile};
use super::super::people::Roster;
use super::super::policy::Mode;
use super::super::verdict::{Outcome, Verdict};
use super::{Voice, assistance, problem, rule, step, title, word};
use parts::Forge;

/// The longest title that is shown, in characters.
const LONGEST_TITLE: usize = 300;

/// Who reads the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Whoever may see the check: it never states or implies anybody's tier.
    Anybody,
    /// People with a signed link, where the organisation lets them see tiers.
    Insiders,
}

/// What a page is made from.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// The change.
    pub change: &'a ChangeKey,
    /// What it is called.
    pub about: &'a About,
    /// The verdict.
    pub judged: &'a Judged,
    /// What its last merge group's check says of it.
    pub grouped: Option<&'a Grouped>,
    /// Who reads it.
    pub audience: Audience,
    /// The address of another change's page in the same repository.
    pub page_of: &'a dyn Fn(i64) -> String,
}

/// The page of a change.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// The change's number.
    pub number: i64,
    /// Its title, with what is invisible made visible; `None` of a change that was never read.
    pub title: Option<String>,
    /// `owner/name`, and where it is.
    pub repository: Words,
    /// The change at the forge.
    pub at_forge: Option<String>,
    /// `Open`, `Draft`, `Closed`, `Merged`, or that it was not read.
    pub state: &'static str,
    /// Where it comes from and goes to.
    pub branches: Option<Branches>,
    /// The commit that was judged.
    pub head: Option<Commit>,
    /// The result.
    pub outcome: Outcome,
    /// The result in one sentence, as the check's title has it.
    pub sentence: String,
    /// What is to be known before anything else: a preview, a closed change, other changes on the commit.
    pub notices: Vec<Words>,
    /// What stands in the way of judging.
    pub problems: Vec<Words>,
    /// Who holds it.
    pub holds: Vec<Words>,
    /// Who let it pass without approvals.
    pub overrides: Vec<Words>,
    /// What to do next.
    pub steps: Vec<Words>,
    /// The line to copy into a comment, where that would help.
    pub copy: Option<String>,
    /// Rules that apply.
    pub rules: Vec<RuleView>,
    /// Why rules ask for more than they say.
    pub asks_more: Vec<Words>,
    /// Rules that do not apply.
    pub other_rules: Vec<RuleView>,
    /// Whether rules that do not apply because of who made the change are kept back.
    pub keeps_rules_back: bool,
    /// Approvals that count, and then those that do not.
    pub approvals: [Vec<Vote>; 2],
    /// The level of assistance.
    pub level: Level,
    /// Evidence that stands.
    pub evidence: Vec<Sign>,
    /// Evidence that was dismissed.
    pub dismissed: Vec<Sign>,
    /// What is to be said besides the evidence.
    pub remarks: Vec<Words>,
    /// Who shaped the change.
    pub contributors: Vec<Contributor>,
    /// Commands, and what became of them.
    pub commands: Vec<Said>,
    /// How many commands were given by people whom the gate does not hear.
    pub unheard: usize,
    /// Its last merge group.
    pub group: Option<Group>,
    /// The policy files.
    pub sources: Vec<PolicyFile>,
    /// The number of the directory's snapshot, for those who may see tiers: it tells when the directory moved.
    pub snapshot: Option<i64>,
    /// When it was judged.
    pub at: jiff::Timestamp,
    /// How many items of its lists were left out.
    pub omitted: usize,
}

/// A commit and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its whole name.
    pub sha: String,
    /// The first digits.
    pub short: String,
    /// Where.
    pub href: Option<String>,
}

/// Where a change comes from and goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branches {
    /// Who opened it.
    pub opener: Words,
    /// The branch that holds the head.
    pub from: String,
    /// The branch it would be merged into.
    pub into: String,
}

/// A merge group that held the change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its commit.
    pub head: Commit,
    /// The branch that it would become.
    pub branch: String,
    /// The result for this change in it.
    pub outcome: Outcome,
    /// What is wrong with it.
    pub problems: Vec<Words>,
    /// Which changes decide.
    pub changes: Words,
    /// When it was judged.
    pub at: jiff::Timestamp,
}

impl Group {
    /// The word for its result.
    pub fn word(&self) -> &'static str {
        outcome_word(self.outcome)
    }
}

/// The word for a result.
pub fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "Passes",
        Outcome::Waiting => "Waits",
        Outcome::Held => "Is held",
        Outcome::Error => "Cannot be judged",
    }
}

/// The page of a change.
pub fn page(source: &Source<'_>) -> View {
    let Source { change, about, judged, .. } = *source;
    let forge = Forge { about, number: change.number };
    let verdict = &judged.verdict;
    let roster = Roster::default();
    // People who could approve stand in the verdict by the names to call them, where the organisation wants them named.
    let voice = Voice { check_name: "", details_url: None, names_candidates: true, roster: &roster };
    let lines = |lines: Vec<super::Line>| lines.iter().map(|line| forge.words(line)).collect::<Vec<Words>>();
    let head = verdict.head.as_ref().or(about.read.as_ref().map(|read| &read.head));
    let short = head.map(CommitSha::short).unwrap_or_default();
    let rules = rules::views(verdict, &voice, source.audience, &forge);
    let signs = evidence::signs(judged, &forge);
    let (dismissed, standing) = signs.into_iter().partition(|sign: &Sign| sign.dismissed.is_some());
    let insight = judged.insight.as_ref().filter(|_| source.audience == Audience::Insiders);
    let (commands, unheard) = people::said(verdict, &forge);
    View {
        number: change.number,
        title: about.read.as_ref().map(|read| parts::revealed(&read.title, LONGEST_TITLE)),
        repository: forge.repository(),
        at_forge: forge.change(),
        state: state(about.read.as_ref()),
        branches: about.read.as_ref().map(|read| branches(read, &forge)),
        head: head.map(|head| forge.commit(head)),
        outcome: verdict.outcome,
        sentence: sentence(verdict, judged),
        notices: notices(source),
        problems: lines(problem::problems(verdict)),
        holds: lines(word::holds(verdict)),
        overrides: lines(rule::overrides(verdict)),
        steps: lines(step::next_steps(verdict, short)),
        copy: step::line_to_copy(verdict, short),
        asks_more: lines(rule::extra(verdict)),
        keeps_rules_back: source.audience == Audience::Anybody,
        rules: rules.0,
        other_rules: rules.1,
        approvals: people::votes(verdict, insight, &forge),
        level: verdict.level,
        evidence: standing,
        dismissed,
        remarks: lines(assistance::remarks(verdict)),
        contributors: people::contributors(judged, insight, &forge),
        commands,
        unheard,
        group: source.grouped.map(|grouped| group(grouped, source, &forge)),
        sources: judged.sources.iter().map(source_view).collect(),
        snapshot: (source.audience == Audience::Insiders).then_some(judged.snapshot),
        at: judged.at,
        omitted: judged.omitted,
    }
}

/// What the check's title would say if the change were alone on its commit.
fn sentence(verdict: &Verdict, judged: &Judged) -> String {
    let mode = if judged.is_preview { Mode::Preview } else { Mode::Enforce };
    let head = verdict.head.clone().or_else(|| "0".repeat(40).parse().ok());
    let alone = head.and_then(|head| HeadVerdict::of(head, vec![(verdict.clone(), mode)]));
    let title = alone.map_or_else(|| "Could not be judged".to_owned(), |alone| title::of(&alone));
    parts::revealed(&title, LONGEST_TITLE)
}

fn source_view(source: &PolicyFile) -> PolicyFile {
    PolicyFile { name: parts::revealed(&source.name, LONGEST_TITLE), ..source.clone() }
}

fn state(read: Option<&AboutRead>) -> &'static str {
    match read.map(|read| (read.state, read.is_draft)) {
        None => "Not read yet",
        Some((ChangeState::Open, true)) => "Draft",
        Some((ChangeState::Open, false)) => "Open",
        Some((ChangeState::Closed, _)) => "Closed",
        Some((ChangeState::Merged, _)) => "Merged",
    }
}

fn branches(read: &AboutRead, forge: &Forge<'_>) -> Branches {
    let name = |name: &str| parts::revealed(name, LONGEST_TITLE);
    let opener = match &read.opener {
        Some(login) => forge.person(login),
        None => vec![Part::Text("a deleted account".to_owned())],
    };
    Branches { opener, from: name(&read.head_branch), into: name(&read.base) }
}

fn notices(source: &Source<'_>) -> Vec<Words> {
    let mut notices = Vec::new();
    let say = |words: &str| vec![Part::Text(words.to_owned())];
    if let Some(read) = &source.about.read {
        notices.extend(state_notice(read).map(say));
        let judged = source.judged.verdict.head.as_ref();
        if judged.is_some_and(|judged| *judged != read.head) {
            notices.push(say("The change has another head by now, which is not judged yet."));
        }
    }
    if source.judged.is_preview {
        notices.push(say("This is a preview: it says what the check would say, and holds nothing up."));
    }
    if source.judged.commit.changes.len() > 1 {
        let mut words = vec![Part::Text("This commit is the head of several open changes: ".to_owned())];
        words.extend(others(&source.judged.commit, source));
        notices.push(words);
    }
    notices
}

fn state_notice(read: &AboutRead) -> Option<&'static str> {
    match read.state {
        ChangeState::Open if read.is_governed => None,
        ChangeState::Open => Some(
            "The policy does not govern the branch that this change targets. The verdict is the last one that was made; \
             nothing is published for it any more.",
        ),
        ChangeState::Closed => {
            Some("This change is closed. The verdict is the last one that was made while it was open.")
        }
        ChangeState::Merged => Some("This change is merged. The verdict is the last one that was made before."),
    }
}

/// The changes on a commit, linked, and which of them decides.
fn others(commit: &OnCommit, source: &Source<'_>) -> Words {
    let mut words = Words::new();
    for (place, (number, outcome)) in commit.changes.iter().enumerate() {
        if place > 0 {
            words.push(Part::Text(", ".to_owned()));
        }
        let name = format!("#{number}");
        words.push(if *number == source.change.number {
            Part::Strong(format!("{name} (this one)"))
        } else {
            Part::Link { words: name, href: (source.page_of)(*number) }
        });
        words.push(Part::Text(format!(" {}", outcome.as_str())));
    }
    if let Some((deciding, _)) = commit.changes.first() {
        words.push(Part::Text(format!(". The check is the worst of their verdicts: #{deciding} decides.")));
    }
    words
}

fn group(grouped: &Grouped, source: &Source<'_>, forge: &Forge<'_>) -> Group {
    let own = source.judged.verdict.problems.as_slice();
    let mut verdict = grouped.verdict.clone();
    // What is wrong with the change itself stands above.
    verdict.problems.retain(|problem| !own.contains(problem));
    Group {
        head: forge.commit(&grouped.head),
        branch: parts::revealed(&grouped.branch, LONGEST_TITLE),
        outcome: grouped.verdict.outcome,
        problems: problem::problems(&verdict).iter().map(|line| forge.words(line)).collect(),
        changes: others(&grouped.commit, source),
        at: grouped.at,
    }
}
