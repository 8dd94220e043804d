//! The result for one head commit of one change: a tree with the reason for every rule and every approval.
//!
//! One verdict, many renderings: the check run, pages, the command line and the record all come from this.

use serde::{Deserialize, Serialize};

use super::change::ReviewState;
use super::contributors::{Contributions, Named};
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
    /// Every review that speaks for or against.
    pub approvals: Vec<ApprovalOutcome>,
    /// Change requests that hold the change.
    pub holds: Vec<Hold>,
    /// Signs of AI assistance.
    pub evidence: Vec<Evidence>,
    /// Whether somebody declared "no AI" while evidence stands: shown, never a way out.
    pub is_contradicted: bool,
    /// Who shaped the change.
    pub contributions: Contributions,
    /// Approvals seen for the first time, with what their authors could do then. To be remembered.
    pub first_seen: Vec<(WordId, Standing)>,
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
    /// What it says, in one sentence.
    pub sentence: String,
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

/// Why an approval counts for nothing.
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
}

/// A change request that holds the change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Which review or command it is.
    pub word: WordId,
    /// Who asked for changes.
    pub by: Named,
    /// Whether somebody dismissed the review: that does not lift it.
    pub was_dismissed: bool,
    /// Where to read it.
    pub url: Option<String>,
}
