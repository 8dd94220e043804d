//! Tier rules: how what the directory knows of people becomes their tier.
//!
//! The order in the files is the precedence. All rules that match a person are kept, for an exception ends and the next
//! one then holds.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use regex::{Regex, RegexBuilder};

use super::accounts::{Owners, account};
use super::file::{DirectoryFile, PersonFile, TierRuleFile, all};
use super::groups::Groups;
use super::lookup::Basis;
use super::report::{Place, Report};
use super::settings::find_tier;
use crate::gate::people::{Grant, Tier, Tiers};
use crate::gate::yaml::Spanned;

/// The size to which a regular expression may grow, in bytes.
const MAX_REGEX_BYTES: usize = 1 << 20;

/// Exceptions are for a while. One that lasts longer than this is worth a look.
const LONG_EXCEPTION: SignedDuration = SignedDuration::from_hours(366 * 24);

/// All tier rules, in the order of the files.
pub(super) struct TierRules<'a> {
    rules: Vec<TierRule<'a>>,
}

struct TierRule<'a> {
    grant: Grant,
    place: Place,
    matches: Matches<'a>,
    /// Why the exception is made, and its last day.
    reason: &'a str,
    last_day: &'a str,
}

enum Matches<'a> {
    Person(&'a str),
    Groups(BTreeSet<&'a str>),
    Attribute { name: &'a str, matches: Regex, unless: Option<Regex> },
}

/// What the rules give one person.
pub(super) struct Granted {
    pub(super) granted: Vec<(Grant, Basis)>,
    /// What comes after the rules gives no more than this.
    pub(super) at_most: Option<Tier>,
}

/// What the rules are checked against.
pub(super) struct Known<'a, 'b> {
    pub(super) tiers: &'b Tiers,
    pub(super) people: &'b BTreeSet<&'a str>,
    pub(super) owners: &'b Owners<'a>,
    pub(super) groups: &'b Groups<'a>,
    pub(super) read_at: Timestamp,
}

impl<'a> TierRules<'a> {
    pub(super) fn new(files: &'a [DirectoryFile], known: &Known<'a, '_>, report: &mut Report) -> Self {
        let mut first: BTreeMap<&str, Place> = BTreeMap::new();
        let mut rules = Vec::new();
        for (file, rule) in all(files, |content| &content.tier_rules) {
            let id = rule.id.value.as_str();
            let place = Place::of(file, &rule.id);
            if id.trim().is_empty() {
                report.error(place, "a tier rule has no name", "give it an `id`");
            }
            if let Some(first) = first.get(id) {
                report.conflict(place, *first, &format!("the tier rule `{id}` is listed twice"));
            }
            first.entry(id).or_insert(place);
            let tier = find_tier(file, &rule.tier, known.tiers, report);
            let until = until(file, rule, known.read_at, report);
            if let (Some(matches), Some(tier)) = (matches(file, rule, known, report), tier) {
                let said = |words: &'a Option<Spanned<String>>| words.as_ref().map_or("", |words| words.value.trim());
                let (reason, last_day) = (said(&rule.reason), said(&rule.until));
                let grant = Grant { tier, rule: id.to_owned(), until };
                rules.push(TierRule { grant, place, matches, reason, last_day });
            }
        }
        Self { rules }
    }

    /// The grants of one person, each with what it rests on: every rule that matches and has not ended yet, the first
    /// one first.
    ///
    /// A rule on a group whose members nobody knows (`is_unread`) might match, and give less than what comes after it: so
    /// that gives no more.
    pub(super) fn grants(
        &self,
        person: &PersonFile,
        groups: &BTreeSet<String>,
        read_at: Timestamp,
        is_unread: &dyn Fn(&'a str) -> bool,
    ) -> Granted {
        let is_current = |grant: &Grant| grant.until.is_none_or(|until| read_at < until);
        let mut granted = Granted { granted: Vec::new(), at_most: None };
        for rule in self.rules.iter().filter(|rule| is_current(&rule.grant)) {
            let most = granted.at_most.unwrap_or(rule.grant.tier).min(rule.grant.tier);
            if rule.matches.matches(person, groups) {
                let tier = granted.at_most.map_or(rule.grant.tier, |_| most);
                granted.granted.push((Grant { tier, ..rule.grant.clone() }, rule.basis(person, groups)));
            } else if rule.matches.groups().any(is_unread) {
                granted.at_most = Some(most);
            }
        }
        granted
    }

    /// Says which rules match nobody: they are mistyped, or left over. Of groups whose members a forge knows, the files
    /// cannot tell.
    pub(super) fn warn_of_unused(
        &self,
        people: &BTreeMap<&str, (&PersonFile, BTreeSet<String>)>,
        groups: &Groups<'a>,
        report: &mut Report,
    ) {
        for rule in self.rules.iter().filter(|rule| !rule.matches.groups().any(|group| groups.is_remote(group))) {
            if !people.values().any(|(person, groups)| rule.matches.matches(person, groups)) {
                let message = format!("the tier rule `{}` matches nobody", rule.grant.rule);
                report.warning(rule.place, &message, "check what it asks for, or take it out");
            }
        }
    }
}

impl TierRule<'_> {
    /// Why it matches this person.
    fn basis(&self, person: &PersonFile, groups: &BTreeSet<String>) -> Basis {
        match &self.matches {
            Matches::Person(_) => {
                Basis::Exception { reason: self.reason.to_owned(), last_day: self.last_day.to_owned() }
            }
            Matches::Groups(any) => {
                let group = any.iter().find(|group| groups.contains(**group)).copied().unwrap_or_default();
                Basis::Group { group: group.to_owned() }
            }
            Matches::Attribute { name, .. } => {
                let value = person.attributes.get(*name).cloned().unwrap_or_default();
                Basis::Attribute { name: (*name).to_owned(), value }
            }
        }
    }
}

impl<'a> Matches<'a> {
    /// The groups that it asks for.
    fn groups(&self) -> impl Iterator<Item = &'a str> {
        let any = match self {
            Self::Groups(any) => Some(any),
            Self::Person(_) | Self::Attribute { .. } => None,
        };
        any.into_iter().flatten().copied()
    }

    fn matches(&self, person: &PersonFile, groups: &BTreeSet<String>) -> bool {
        match self {
            Self::Person(id) => person.id.value == *id,
            Self::Groups(any) => any.iter().any(|group| groups.contains(*group)),
            Self::Attribute { name, matches, unless } => person.attributes.get(*name).is_some_and(|value| {
                matches.is_match(value) && !unless.as_ref().is_some_and(|unless| unless.is_match(value))
            }),
        }
    }
}

/// Whom the rule is for. Exactly one of person, account, groups and attribute says so.
fn matches<'a>(file: usize, rule: &'a TierRuleFile, known: &Known<'a, '_>, report: &mut Report) -> Option<Matches<'a>> {
    if let (None, Some(pattern)) = (&rule.attribute, rule.matches.as_ref().or(rule.unless.as_ref())) {
        let message = format!("the tier rule `{}` does not name the attribute to match", rule.id.value);
        report.error(Place::of(file, pattern), &message, "add `attribute`, or take the pattern out");
        return None;
    }
    match (&rule.person, &rule.account, &rule.groups, &rule.attribute) {
        (Some(id), None, None, None) => {
            let person = known.people.get(id.value.as_str());
            if person.is_none() {
                report.unknown_person(Place::of(file, id), &id.value);
            }
            person.map(|id| Matches::Person(id))
        }
        (None, Some(written), None, None) => {
            let account = account(file, written, report)?;
            let owner = known.owners.owner(&account);
            if owner.is_none() {
                let message = format!("`{account}` belongs to nobody in the directory");
                report.error(Place::of(file, written), &message, "list it under the person's `accounts`");
            }
            owner.map(Matches::Person)
        }
        (None, None, Some(groups), None) => {
            if groups.value.is_empty() {
                report.error(Place::of(file, groups), "no group is named", "name one, or take the rule out");
            }
            for group in &groups.value {
                known.groups.check_granting(&group.value, Place::of(file, group), report);
            }
            Some(Matches::Groups(groups.value.iter().map(|group| group.value.as_str()).collect()))
        }
        (None, None, None, Some(name)) => attribute(file, rule, name, report),
        _ => {
            let message = format!("the tier rule `{}` must say whom it is for in one way", rule.id.value);
            let help = "write one of `person`, `account`, `groups` and `attribute`";
            report.error(Place::of(file, &rule.id), &message, help);
            None
        }
    }
}

fn attribute<'a>(
    file: usize,
    rule: &'a TierRuleFile,
    name: &'a Spanned<String>,
    report: &mut Report,
) -> Option<Matches<'a>> {
    let Some(written) = &rule.matches else {
        report.error(Place::of(file, name), "a rule on an attribute needs `matches`", "write a regular expression");
        return None;
    };
    // The whole value must match, while any part may exclude: both ways, a doubtful title grants less.
    let matches = regex(file, written, &format!(r"\A(?:{})\z", written.value), report);
    let unless = match &rule.unless {
        Some(written) => Some(regex(file, written, &written.value, report)?),
        None => None,
    };
    Some(Matches::Attribute { name: &name.value, matches: matches?, unless })
}

fn regex(file: usize, written: &Spanned<String>, pattern: &str, report: &mut Report) -> Option<Regex> {
    // Checked as written first: `a)|(b` must not become valid by being wrapped.
    let build = |pattern: &str| RegexBuilder::new(pattern).size_limit(MAX_REGEX_BYTES).build();
    let regex = build(&written.value).and_then(|_| build(pattern)).ok();
    if regex.is_none() {
        let message = format!("`{}` is not a regular expression that can be used", written.value);
        report.error(Place::of(file, written), &message, "see docs.rs/regex for the syntax");
    }
    regex
}

/// When the rule ends. Exceptions must say why they are made and when they end; no other rule may.
fn until(file: usize, rule: &TierRuleFile, read_at: Timestamp, report: &mut Report) -> Option<Timestamp> {
    let is_exception = rule.person.is_some() || rule.account.is_some();
    let place = Place::of(file, &rule.id);
    let id = &rule.id.value;
    if is_exception && rule.reason.as_ref().is_none_or(|reason| reason.value.trim().is_empty()) {
        report.error(place, &format!("the exception `{id}` gives no reason"), "add `reason`");
    }
    let Some(last_day) = &rule.until else {
        if is_exception {
            report.error(place, &format!("the exception `{id}` has no end"), "add `until`, its last day");
        }
        return None;
    };
    let place = Place::of(file, last_day);
    if !is_exception {
        let help = "take `until` out, or make it an exception with `person` or `account`";
        report.error(place, "only exceptions end", help);
    }
    let end = end_of(&last_day.value);
    match end {
        None => report.error(place, &format!("`{}` is not a day", last_day.value), "write e.g. `2027-03-31`"),
        Some(end) if end <= read_at => report.warning(place, &format!("the exception `{id}` has ended"), "take it out"),
        Some(end) if end.duration_since(read_at) > LONG_EXCEPTION => {
            let help = "end it sooner, or make it a rule";
            report.warning(place, &format!("the exception `{id}` lasts more than a year"), help);
        }
        Some(_) => {}
    }
    end
}

/// The moment after the last one of this day, UTC.
fn end_of(day: &str) -> Option<Timestamp> {
    let next = day.trim().parse::<Date>().ok()?.tomorrow().ok()?;
    Some(next.to_zoned(TimeZone::UTC).ok()?.timestamp())
}
