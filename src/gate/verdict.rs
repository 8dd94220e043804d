//! The result for one head commit of one change: a tree with the reason for every rule and every approval.
//!
//! One verdict, many renderings: the check run, pages, the command line and the record all come from this.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::change::ReviewState;
use super::command::{Ask, Mistake};
use super::contributors::{Contributions, Named};
use super::detect::removed::Removed;
use super::detect::{Evidence, Level};
use super::group::Doubt;
use super::ids::{ChangeKey, CommitSha, WordId};
use super::people::{PersonId, Standing};
use super::policy::diagnostic::Diagnostic;

/// The version of the JSON form of [`Verdict`] and [`super::evaluate::Facts`].
pub const VERSION: u32 = 1;

/// What the gate says about one change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// [`VERSION`].
    pub v: u32,
    /// The change.
    pub change: ChangeKey,
    /// The commit judged; `None` when the change could not be read.
    pub head: Option<CommitSha>,
    /// The result.
    pub outcome: Outcome,
    /// What the evidence adds up to, including what was seen on earlier heads.
    pub level: Level,
    /// What stands in the way of judging at all.
    pub problems: Vec<Problem>,
    /// Every rule of every applicable policy.
    pub rules: Vec<RuleOutcome>,
    /// Every approval, by review or by command, in the order in which they were given.
    pub approvals: Vec<ApprovalOutcome>,
    /// Change requests and commands that hold the change.
    pub holds: Vec<Hold>,
    /// Signs of AI assistance, dismissed ones included.
    pub evidence: Vec<Evidence>,
    /// Evidence that does not count, by its digest, with the comment that dismissed it.
    #[serde(default)]
    pub dismissed: BTreeMap<String, i64>,
    /// Attribution that commits of the change carried, and that none carries any more. It counts all the same.
    #[serde(default)]
    pub removed: Vec<Removed>,
    /// Whether somebody declared "no AI" while evidence stands: shown, never a way out.
    pub is_contradicted: bool,
    /// Who shaped the change.
    pub contributions: Contributions,
    /// Approvals seen for the first time, with what their authors could do then. To be remembered.
    pub first_seen: Vec<(WordId, Standing)>,
    /// Whether the policy takes approvals by review.
    #[serde(default)]
    pub takes_reviews: bool,
    /// Whether the policy takes approvals by command.
    #[serde(default)]
    pub takes_commands: bool,
    /// Every command, and what became of it, in the order in which they were given.
    #[serde(default)]
    pub commands: Vec<CommandOutcome>,
    /// Comments that asked to dismiss evidence and were weighed for the first time, with the digests of the evidence that
    /// they are bound to. To be remembered: they never dismiss any other.
    #[serde(default)]
    pub dismisses: Vec<(i64, Vec<String>)>,
    /// When the verdict changes by itself, because an override that it rests on ends.
    #[serde(default)]
    pub look_again_at: Option<Timestamp>,
}

/// The result, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every rule is satisfied for exactly this commit.
    Pass,
    /// Something is still missing.
    Waiting,
    /// Somebody qualified asked for changes.
    Held,
    /// A policy cannot be used, or the change cannot be read.
    Error,
}

impl Outcome {
    /// The word used in logs, metrics and the record.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Waiting => "waiting",
            Self::Held => "held",
            Self::Error => "error",
        }
    }
}

/// Something that stands in the way of judging.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// The change could not be read whole.
    Incomplete {
        /// What is missing.
        why: String,
    },
    /// A policy file cannot be used.
    BrokenPolicy(Diagnostic),
    /// The change would leave behind a policy file that cannot be used.
    BreaksPolicy(Diagnostic),
    /// The directory is too old to vouch for anybody.
    StaleDirectory,
    /// The change changes nothing, so there is nothing that somebody could have approved.
    EmptyDiff,
    /// It is not certain that the merge group holds what was judged.
    MergeGroup(Doubt),
}

/// How one rule came out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleOutcome {
    /// Its name.
    pub name: String,
    /// The file it comes from.
    pub source: String,
    /// What it says, in one sentence. It names tiers: not for everybody who sees who meets it.
    pub sentence: String,
    /// The same, without anything by which somebody's tier could be told from how the rule came out.
    #[serde(default)]
    pub discreet: String,
    /// Whether it applies or not depends on the author's tier, so that saying so would tell it.
    #[serde(default)]
    pub asks_author_tier: bool,
    /// Of the guard: the first guarded file that the change touches, if it can be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guarded: Option<String>,
    /// What came of it.
    pub result: RuleResult,
}

/// What came of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleResult {
    /// A condition of its `when` did not hold.
    NotApplicable,
    /// An exemption of its own file covers the change.
    Exempt {
        /// The exemption's name.
        by: String,
    },
    /// Enough approvals count.
    Satisfied {
        /// The approvals that count.
        by: Vec<WordId>,
    },
    /// Approvals are missing, and an allowed person lets the change pass without them, for a while.
    Overridden {
        /// The command.
        by: WordId,
        /// When it ends.
        until: Timestamp,
    },
    /// Approvals are missing.
    Missing {
        /// How many people's approvals count so far.
        have: u32,
        /// How many are needed.
        need: u32,
        /// How many people in the directory could still give one, besides those whose approvals count.
        candidates: u32,
        /// Whom to ask; filled only up to [`NAMED_CANDIDATES`].
        named: Vec<PersonId>,
    },
}

/// How many people a rule names at most when it says whom to ask.
pub const NAMED_CANDIDATES: usize = 5;

impl RuleResult {
    /// Whether the rule asks for something that is not there.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing { .. })
    }

    /// When the rule asks for approvals again by itself.
    pub fn ends_at(&self) -> Option<Timestamp> {
        match self {
            Self::Overridden { until, .. } => Some(*until),
            _ => None,
        }
    }

    /// Whether fewer people could still approve than are missing: then no approval helps.
    pub fn lacks_people(&self) -> bool {
        matches!(self, Self::Missing { have, need, candidates, .. } if have.saturating_add(*candidates) < *need)
    }
}

/// One approval, and whether it counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalOutcome {
    /// Which review or command it is.
    pub word: WordId,
    /// Who gave it; `None` when the account was deleted.
    pub by: Option<Named>,
    /// What it says.
    pub state: ReviewState,
    /// The commit it names.
    pub commit: Option<CommitSha>,
    /// Where to read it.
    pub url: Option<String>,
    /// Whether it counts.
    pub standing: Counts,
}

/// Whether an approval counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counts {
    /// It counts for these rules; it may still miss others.
    Counted {
        /// Names of the rules it counts for.
        rules: Vec<String>,
        /// Names of applicable rules that its author does not meet.
        not_met: Vec<String>,
    },
    /// It counts for nothing.
    NotCounted(Why),
}

/// Why an approval counts for nothing, or why another command does not do what it asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The account no longer exists.
    DeletedAccount,
    /// Not a person's account.
    NotAPerson,
    /// The account belongs to nobody in the directory.
    NotInDirectory,
    /// The directory knows the person, and the person does not meet these rules.
    DoesNotMeet {
        /// Names of the applicable rules.
        rules: Vec<String>,
    },
    /// The person shaped the change.
    Contributor {
        /// How.
        role: super::contributors::Role,
    },
    /// Given for another commit.
    OtherCommit,
    /// Given before the base branch changed.
    BeforeRetarget,
    /// Given before the change was reopened.
    BeforeReopen,
    /// Given before this commit was pushed away and back.
    BeforePush,
    /// The same person said something else later.
    Superseded,
    /// It was dismissed.
    Dismissed,
    /// The policy does not take native reviews.
    ReviewsDoNotCount,
    /// The directory is too old to vouch for anybody.
    StaleDirectory,
    /// No rule asks for an approval.
    NotNeeded,
    /// The policy does not take approval by command.
    CommandsDoNotCount,
    /// The person would meet these rules, which also ask for write access. Only a review shows it.
    NoWriteAccessShown {
        /// Names of the rules.
        rules: Vec<String>,
    },
    /// The policy wants the commit named, and the command names none.
    NoCommitNamed,
    /// It names no commit, and the head had not carried our check for five minutes.
    TooSoon,
    /// The comment was edited.
    Edited,
    /// The comment was deleted.
    Deleted,
    /// Nobody saw the comment being written.
    NotWitnessed,
    /// It came by e-mail.
    ByEmail,
    /// It was written through an App that the organisation has not listed.
    ThroughApp,
}

/// One command, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommandOutcome {
    /// The forge's number for the comment.
    pub comment: i64,
    /// Who gave it.
    pub by: Named,
    /// What it asks for.
    pub ask: Ask,
    /// The reason given, if any.
    pub reason: Option<String>,
    /// Where to read it.
    pub url: Option<String>,
    /// What became of it.
    pub hearing: Hearing,
}

/// What became of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hearing {
    /// Given by somebody who is neither a contributor nor in the directory, or not meant for us: it gets no answer.
    Unheard,
    /// It has its effect.
    Accepted,
    /// It only asks to be told something.
    Told,
    /// It has no effect.
    Refused(Refusal),
}

/// Why a command has no effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// It cannot be obeyed, whoever gives it.
    Mistaken(Mistake),
    /// It does not count.
    NotCounted(Why),
    /// Nothing holds the change that was said before.
    NothingToLift,
    /// There is no evidence to dismiss.
    NothingToDismiss,
    /// All evidence is an agent's own account, which is a fact and not a sign.
    CannotBeDismissed,
    /// No policy lets anybody override.
    NoOverride,
    /// Whoever gave it is none of those whom the policies let override.
    MayNotOverride,
    /// The override has ended.
    Ended {
        /// When.
        at: Timestamp,
    },
}

/// A change request, or a command, that holds the change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Which review or command it is.
    pub word: WordId,
    /// Who holds it.
    pub by: Named,
    /// Whether somebody dismissed the review: that does not lift it.
    pub was_dismissed: bool,
    /// The reason given with a command.
    #[serde(default)]
    pub reason: Option<String>,
    /// Where to read it.
    pub url: Option<String>,
}
