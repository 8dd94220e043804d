//! What a file asks of people that the directory does not have.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::gate::evaluate::candidates::{Reach, candidates, reach};
use crate::gate::evaluate::guard;
use crate::gate::ids::Host;
use crate::gate::people::{Roster, Tier};
use crate::gate::policy::compile::CompiledFile;
use crate::gate::policy::diagnostic::{Diagnostic, Findings, Position, list, nearest};
use crate::gate::policy::schema::{PolicyFile, RuleFile, VERSION};
use crate::gate::policy::{Policy, Require, Rule};
use crate::gate::yaml::{self, Spanned};

/// Whom the policy would be applied to.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// Everybody, on one host.
    pub roster: &'a Roster,
    /// The host.
    pub host: &'a Host,
    /// All groups of the directory, also those that nobody is in.
    pub groups: &'a BTreeSet<String>,
    /// The time.
    pub now: Timestamp,
}

type Words = Option<Spanned<Vec<Spanned<String>>>>;

/// Rules and overrides of this file that too few people could satisfy, groups that do not exist and trainings that
/// nobody has, as warnings. `compiled` is what the text was compiled to.
pub fn out_of_reach(text: &str, compiled: &CompiledFile, known: Known<'_>) -> Vec<Diagnostic> {
    let name = &compiled.source.name;
    let Ok(file) = yaml::parse_version::<PolicyFile>(name, text, VERSION, yaml::MAX_BYTES) else {
        return Vec::new();
    };
    let mut findings = Findings::new(name);
    for (written, rule) in file.rules.iter().zip(&compiled.rules) {
        let require = &written.require.value;
        let is_known = known.check_groups(&require.groups, &mut findings);
        if known.check_training(&require.training, &mut findings) && is_known {
            known.check_rule(written, rule, &mut findings);
        }
    }
    if let (Some(over), Some(emergency)) = (&file.override_, &compiled.emergency)
        && known.check_groups(&over.value.by.value.groups, &mut findings)
        && known.candidates(&emergency.by) == 0
    {
        let help = "add people to the directory who meet this, or ask for less";
        findings.warning(over.value.by.at, "nobody in the directory could override", help);
    }
    findings.finish().unwrap_or_else(|findings| findings)
}

/// Whether the directory has nobody whom a change of guarded files could be approved by, as a warning on the file.
pub fn unguarded(file_name: &str, policy: &Policy, known: Known<'_>) -> Option<Diagnostic> {
    let require = guard::require(policy, &known.roster.tiers);
    if known.candidates(&require) > 0 {
        return None;
    }
    let tier = require.tier.map_or("any tier", |condition| known.roster.tiers.name(condition.tier));
    let message =
        format!("nobody in the directory could approve a change of guarded files: nobody has the tier {tier}");
    let help = "they need one person of the highest tier that any rule names: name a lower one, or promote somebody";
    Some(Diagnostic::warning(file_name, Position::START, &message).help(help))
}

impl Known<'_> {
    fn candidates(&self, require: &Require) -> usize {
        candidates(require, self.roster, self.host, Tier::Agent, self.now).count()
    }

    /// False where a group is named that does not exist.
    fn check_groups(&self, groups: &Words, findings: &mut Findings) -> bool {
        let known: Vec<&str> = self.groups.iter().map(String::as_str).collect();
        let unknown = named(groups).filter(|group| !self.groups.contains(&group.value));
        let told = unknown.map(|group| {
            let help = nearest(&group.value, &known).map(|name| format!("did you mean `{name}`?"));
            let help = help.unwrap_or_else(|| "list it under `groups` of a directory file".to_owned());
            findings.warning(group.at, &format!("the directory has no group `{}`", group.value), &help);
        });
        told.count() == 0
    }

    /// False where a training is named that nobody has completed.
    fn check_training(&self, training: &Words, findings: &mut Findings) -> bool {
        let completed: BTreeSet<&str> =
            self.roster.people.values().flat_map(|person| person.training.iter().map(String::as_str)).collect();
        let known: Vec<&str> = completed.iter().copied().collect();
        let unknown = named(training).filter(|training| !completed.contains(training.value.as_str()));
        let told = unknown.map(|training| {
            let help = nearest(&training.value, &known).map(|name| format!("did you mean `{name}`?"));
            let help = help.unwrap_or_else(|| "list it under `training` of the people who have".to_owned());
            let message = format!("nobody in the directory has completed the training `{}`", training.value);
            findings.warning(training.at, &message, &help);
        });
        told.count() == 0
    }

    fn check_rule(&self, written: &RuleFile, rule: &Rule, findings: &mut Findings) {
        let needed = usize::try_from(rule.require.approvals).unwrap_or(usize::MAX);
        let mut short = reach(rule, self.roster, self.host, self.now);
        short.retain(|reach| self.exists(reach));
        let all = short.len();
        short.retain(|reach| reach.count() < needed);
        let Some(most) = short.iter().map(Reach::count).max() else { return };
        let tiers: Vec<&str> = short.iter().map(|reach| self.roster.tiers.name(reach.author)).collect();
        let authors = match tiers.len() {
            n if n == all => String::new(),
            _ => format!(" where the author's tier is {}", list(&tiers, "or")),
        };
        let could = match most {
            0 => "nobody in the directory could satisfy this rule".to_owned(),
            1 => format!("only 1 person in the directory could satisfy this rule, which asks for {needed}"),
            most => format!("only {most} people in the directory could satisfy this rule, which asks for {needed}"),
        };
        let besides = if short.iter().any(|reach| reach.holds_author) { ", the author not counted" } else { "" };
        let help = "add people to the directory who meet all that it requires, or ask for less";
        findings.warning(written.require.at, &format!("{could}{authors}{besides}"), help);
    }

    /// Whether there can be such an author: strangers have the lowest tier, everybody else is in the directory.
    fn exists(&self, reach: &Reach<'_>) -> bool {
        let has_tier = |tier: Option<Tier>| tier == Some(reach.author);
        let mut people = self.roster.people.values().filter(|person| person.is_active);
        reach.author == self.roster.tiers.lowest()
            || people.any(|person| has_tier(person.grant(self.now).map(|grant| grant.tier)))
    }
}

fn named(words: &Words) -> impl Iterator<Item = &Spanned<String>> {
    words.iter().flat_map(|words| &words.value)
}
