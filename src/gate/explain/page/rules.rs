//! Rules, and how each came out.

use super::super::super::verdict::{RuleOutcome, RuleResult, Verdict};
use super::super::{Voice, rule};
use super::parts::{Forge, capital, revealed};
use super::{Audience, Words};

/// The longest sentence of a rule that is shown, in characters: it may hold the patterns of a policy.
const LONGEST_SENTENCE: usize = 1_000;

/// How a rule came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleState {
    /// It has the approvals that it asks for.
    Satisfied,
    /// Approvals are missing.
    Missing,
    /// It is set aside: an exemption or an override covers the change.
    SetAside,
    /// It does not apply.
    NotApplicable,
}

impl RuleState {
    /// A word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Satisfied => "satisfied",
            Self::Missing => "missing",
            Self::SetAside => "set aside",
            Self::NotApplicable => "does not apply",
        }
    }
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleView {
    /// Its name.
    pub name: String,
    /// The file it comes from.
    pub source: String,
    /// What it says, in one sentence.
    pub sentence: String,
    /// How it came out.
    pub state: RuleState,
    /// How many approvals it has and needs, where some are missing.
    pub progress: Option<(u32, u32)>,
    /// How it came out, in words.
    pub words: Words,
}

/// How many dots show approvals: beyond, figures say it better.
const MOST_DOTS: u32 = 8;

impl RuleView {
    /// A dot for each approval that it needs, full for those that it has; none where nothing is missing.
    pub fn dots(&self) -> Vec<bool> {
        let (have, need) = self.progress.unwrap_or_default();
        (0..need.min(MOST_DOTS)).map(|place| place < have).collect()
    }
}

/// Rules that apply, and those that do not.
///
/// That a rule which asks for the author's tier does not apply tells that tier: only insiders see it.
pub(super) fn views(
    verdict: &Verdict,
    voice: &Voice<'_>,
    audience: Audience,
    forge: &Forge<'_>,
) -> (Vec<RuleView>, Vec<RuleView>) {
    let is_shown = |rule: &&RuleOutcome| {
        audience == Audience::Insiders || !rule.asks_author_tier || rule.result != RuleResult::NotApplicable
    };
    let all = verdict.rules.iter().filter(is_shown).map(|rule| view(rule, voice, audience, forge));
    all.partition(|rule| rule.state != RuleState::NotApplicable)
}

fn view(outcome: &RuleOutcome, voice: &Voice<'_>, audience: Audience, forge: &Forge<'_>) -> RuleView {
    let sentence = match audience {
        Audience::Insiders => &outcome.sentence,
        Audience::Anybody => &outcome.discreet,
    };
    let words = rule::result(outcome, voice);
    RuleView {
        name: revealed(&outcome.name, LONGEST_SENTENCE),
        source: revealed(&outcome.source, LONGEST_SENTENCE),
        sentence: revealed(sentence, LONGEST_SENTENCE),
        state: match outcome.result {
            RuleResult::NotApplicable => RuleState::NotApplicable,
            RuleResult::Exempt { .. } | RuleResult::Overridden { .. } => RuleState::SetAside,
            RuleResult::Satisfied { .. } => RuleState::Satisfied,
            RuleResult::Missing { .. } => RuleState::Missing,
        },
        progress: match outcome.result {
            RuleResult::Missing { have, need, .. } => Some((have, need)),
            _ => None,
        },
        words: words.as_ref().map(|line| capital(forge.words(line))).unwrap_or_default(),
    }
}
