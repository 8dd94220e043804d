//! Groups: who is in them, through however many groups between.

use std::collections::{BTreeMap, BTreeSet};

use super::file::{DirectoryFile, GroupFile, all};
use super::lookup::Trust;
use super::readings::Readings;
use super::report::{Place, Report};
use super::sources::source;
use crate::gate::membership::Source;
use crate::gate::people::PersonId;

/// All groups of a directory.
pub(super) struct Groups<'a> {
    by_id: BTreeMap<&'a str, Group<'a>>,
}

struct Group<'a> {
    file: usize,
    written: &'a GroupFile,
    /// Groups whose members are in this one too, each with the place that says so.
    parts: Vec<(&'a str, Place)>,
    /// Where more members come from.
    source: Option<(Source, Place)>,
}

impl<'a> Groups<'a> {
    pub(super) fn new(files: &'a [DirectoryFile], report: &mut Report) -> Self {
        let mut by_id: BTreeMap<&str, Group<'_>> = BTreeMap::new();
        for (file, group) in all(files, |content| &content.groups) {
            let id = group.id.value.as_str();
            let place = Place::of(file, &group.id);
            if id.trim().is_empty() {
                report.error(place, "a group has no name", "give it an `id`");
            }
            if let Some(first) = by_id.get(id) {
                let message = format!("the group `{id}` is listed twice");
                report.conflict(place, Place::of(first.file, &first.written.id), &message);
            } else {
                let source = group.gitlab.as_ref().and_then(|written| source(file, written, report));
                if let Some((_, place)) = &source
                    && !group.vouched
                    && group.synced_from.is_none()
                {
                    // Its members are people of the directory, and a policy may ask for them, whether or not a rule does.
                    let message = format!("nobody answers for who is in the group `{id}`");
                    let help = "if you know who can add members there, write `vouched: true` beside it; if an identity \
                                provider decides, write `synced_from: NAME`";
                    report.error(*place, &message, help);
                }
                by_id.insert(id, Group { file, written: group, parts: Vec::new(), source });
            }
        }
        let mut groups = Self { by_id };
        groups.link(report);
        groups.warn_of_cycles(report);
        groups
    }

    fn link(&mut self, report: &mut Report) {
        let known: BTreeSet<&str> = self.by_id.keys().copied().collect();
        for group in self.by_id.values_mut() {
            for part in &group.written.groups {
                let place = Place::of(group.file, part);
                match known.get(part.value.as_str()) {
                    Some(id) => group.parts.push((id, place)),
                    None => report.unknown_group(place, &part.value, known.iter().copied()),
                }
            }
        }
    }

    /// A cycle means that its groups have the same members, which is odd and harmless.
    fn warn_of_cycles(&self, report: &mut Report) {
        let mut told: BTreeSet<&str> = BTreeSet::new();
        for (id, group) in &self.by_id {
            let within = self.closure(id);
            let is_in_cycle = group.parts.iter().any(|(part, _)| part == id || self.closure(part).contains_key(id));
            if is_in_cycle && !told.contains(id) {
                let message = format!("the group `{id}` is part of itself");
                report.warning(Place::of(group.file, &group.written.id), &message, "take one of the groups out");
                told.extend(within.keys().filter(|other| self.closure(other).contains_key(id)));
            }
        }
    }

    /// A group and all groups that it is made of, each with the place that made it a part.
    fn closure(&self, id: &'a str) -> BTreeMap<&'a str, Option<Place>> {
        let mut seen = BTreeMap::from([(id, None)]);
        let mut ahead = vec![id];
        while let Some(group) = ahead.pop().and_then(|id| self.by_id.get(id)) {
            for (part, place) in &group.parts {
                if !seen.contains_key(part) {
                    seen.insert(part, Some(*place));
                    ahead.push(part);
                }
            }
        }
        seen
    }

    /// Groups whose members come from elsewhere too: the group, from where, and the place that says so.
    pub(super) fn sources(&self) -> impl Iterator<Item = (&'a str, &Source, Place)> {
        self.by_id.iter().filter_map(|(id, group)| {
            let (source, place) = group.source.as_ref()?;
            Some((*id, source, *place))
        })
    }

    /// Whether members of this group are not known: they, or those of a group that it is made of, were never read.
    pub(super) fn is_unread(&self, id: &'a str, readings: &Readings) -> bool {
        let is_missing = |group: &Group<'_>| group.source.as_ref().is_some_and(|(one, _)| !readings.contains_key(one));
        self.closure(id).keys().filter_map(|part| self.by_id.get(part)).any(is_missing)
    }

    /// Whether members of this group come from elsewhere, by itself or by a group that it is made of.
    pub(super) fn is_remote(&self, id: &'a str) -> bool {
        self.is_unread(id, &Readings::new())
    }

    /// All groups of everybody, whether the group lists the person, the person lists the group, a group between does, or
    /// `joined` has the person, by group.
    pub(super) fn members(
        &self,
        files: &[DirectoryFile],
        people: &BTreeSet<&str>,
        joined: &BTreeMap<&str, BTreeSet<String>>,
        report: &mut Report,
    ) -> BTreeMap<PersonId, BTreeSet<String>> {
        let mut direct: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (id, members) in joined {
            direct.entry(id).or_default().extend(members.iter().map(String::as_str));
        }
        for group in self.by_id.values() {
            for member in &group.written.members {
                if people.contains(member.value.as_str()) {
                    direct.entry(&group.written.id.value).or_default().insert(&member.value);
                } else {
                    report.unknown_person(Place::of(group.file, member), &member.value);
                }
            }
        }
        for (file, person) in all(files, |content| &content.people) {
            for group in &person.groups {
                if self.by_id.contains_key(group.value.as_str()) {
                    direct.entry(&group.value).or_default().insert(&person.id.value);
                } else {
                    report.unknown_group(Place::of(file, group), &group.value, self.by_id.keys().copied());
                }
            }
        }
        let mut groups_of: BTreeMap<PersonId, BTreeSet<String>> = BTreeMap::new();
        for id in self.by_id.keys() {
            for member in self.closure(id).keys().filter_map(|part| direct.get(part)).flatten() {
                groups_of.entry(PersonId((*member).to_owned())).or_default().insert((*id).to_owned());
            }
        }
        groups_of
    }

    /// Who answers for the members of each group.
    pub(super) fn trust(&self) -> BTreeMap<String, Trust> {
        let trust = |group: &Group<'_>| match &group.written.synced_from {
            Some(provider) => Trust::SyncedFrom(provider.value.clone()),
            None if group.written.vouched => Trust::Vouched,
            None => Trust::Nobody,
        };
        self.by_id.iter().map(|(id, group)| ((*id).to_owned(), trust(group))).collect()
    }

    /// Checks that a tier rule may rest on this group: it, and every group it is made of, is synced from an identity
    /// provider or vouched for. Otherwise whoever can add a member could hand out tiers.
    pub(super) fn check_granting(&self, id: &str, place: Place, report: &mut Report) {
        let Some((id, _)) = self.by_id.get_key_value(id) else {
            return report.unknown_group(place, id, self.by_id.keys().copied());
        };
        for (part, made_part) in self.closure(id) {
            let Some(group) = self.by_id.get(part) else { continue };
            if group.written.vouched || group.written.synced_from.is_some() {
                continue;
            }
            let help = format!(
                "if you know who can add members, write `vouched: true` at the group `{part}`; if an identity \
                 provider decides, write `synced_from: NAME` there"
            );
            let message = match made_part {
                None => format!("the group `{part}` cannot grant a tier"),
                Some(_) => format!("the group `{part}`, which is part of `{id}`, cannot grant a tier"),
            };
            report.error(place, &message, &help);
        }
    }
}
