//! Who could satisfy a rule, as the directory stands?

use jiff::Timestamp;

use super::rules::{meets, standing};
use crate::gate::ids::Host;
use crate::gate::people::{Person, Roster, Tier};
use crate::gate::policy::{Require, Rule, TierCondition};

/// People who could give an approval on this host that meets these conditions, in the roster's order. `above`: the
/// highest tier among those who shaped the change; who they are is for the caller to leave out.
pub fn candidates<'a>(
    require: &Require,
    roster: &'a Roster,
    host: &Host,
    above: Tier,
    now: Timestamp,
) -> impl Iterator<Item = &'a Person> {
    roster.people.values().filter(move |person| {
        let is_usable = |account: &_| !roster.robots.contains(account);
        person.accounts.iter().any(|account| account.host == *host && is_usable(account))
            && meets(require, &standing(person, now), above)
    })
}

/// Who could satisfy a rule if one person of this tier wrote the change alone.
#[derive(Debug, Clone)]
pub struct Reach<'a> {
    /// The author's tier.
    pub author: Tier,
    /// Everybody who could approve, an author of that kind among them.
    pub people: Vec<&'a Person>,
    /// Whether an author of this tier may be one of them, and so cannot count.
    pub holds_author: bool,
}

impl Reach<'_> {
    /// How many people are sure to be left, whoever the author is.
    pub fn count(&self) -> usize {
        self.people.len() - usize::from(self.holds_author)
    }
}

/// Who could satisfy a rule, for authors of every tier that it applies to, lowest first.
pub fn reach<'a>(rule: &Rule, roster: &'a Roster, host: &Host, now: Timestamp) -> Vec<Reach<'a>> {
    let applies = |tier: &Tier| rule.when.author_tier.is_none_or(|condition: TierCondition| condition.holds(*tier));
    let of_people = roster.tiers.names().iter().filter_map(|name| roster.tiers.find(name));
    let reach = |author| {
        let people: Vec<_> = candidates(&rule.require, roster, host, author, now).collect();
        let holds_author = people.iter().any(|person| person.grant(now).is_some_and(|grant| grant.tier == author));
        Reach { author, people, holds_author }
    };
    of_people.filter(applies).map(reach).collect()
}
