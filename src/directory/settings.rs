//! What holds for the directory as a whole. Each setting stands in one file, or says the same in all.

use jiff::{SignedDuration, Span, SpanRelativeTo};

use super::file::{DefaultFile, DirectoryFile};
use super::report::{Place, Report};
use crate::gate::ids::{Host, Login, OwnerId};
use crate::gate::people::{Tier, Tiers};
use crate::gate::policy::diagnostic::{Position, list, nearest};
use crate::gate::yaml::Spanned;

/// The longest freshness limit: beyond it, there is none to speak of.
const MAX_AGE: SignedDuration = SignedDuration::from_hours(366 * 24);

/// The most tiers that an organisation can have.
const MAX_TIERS: usize = 50;

/// Settings, understood.
pub(super) struct Settings {
    pub(super) tiers: Tiers,
    pub(super) tenants: Option<Vec<TenantName>>,
    pub(super) max_age: Option<SignedDuration>,
    pub(super) employee: Tier,
    pub(super) contractor: Tier,
}

/// An owner as the file names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TenantName {
    Id(OwnerId),
    Login(Host, Login),
}

pub(super) fn settings(files: &[DirectoryFile], report: &mut Report) -> Settings {
    let stated = single(files, "tiers", |file| file.tiers.as_ref(), same_words, report);
    if stated.is_none() {
        let place = Place { file: 0, at: Position::START };
        report.error(place, "no tiers are named", "write e.g. `tiers: [junior, senior]`, lowest first");
    }
    let tiers = stated.map_or_else(Tiers::default, |(file, names)| self::tiers(file, names, report));
    let tenants = single(files, "tenants", |file| file.tenants.as_ref(), same_words, report)
        .map(|(file, names)| self::tenants(file, names, report));
    let same_word = |a: &Spanned<String>, b: &Spanned<String>| a.value == b.value;
    let max_age = single(files, "max_age", |file| file.max_age.as_ref(), same_word, report)
        .and_then(|(file, age)| self::max_age(file, age, report));
    let default = single(files, "default", |file| file.default.as_ref(), same_default, report);
    let mut of = |choose: fn(&DefaultFile) -> Option<&Spanned<String>>| {
        let (file, default) = default?;
        find_tier(file, choose(&default.value)?, &tiers, report)
    };
    let employee = of(|default| default.employee.as_ref()).unwrap_or(tiers.lowest());
    let contractor = of(|default| default.contractor.as_ref()).unwrap_or(tiers.lowest());
    Settings { tiers, tenants, max_age, employee, contractor }
}

/// The tier of this name, if a person can have it.
pub(super) fn find_tier(file: usize, name: &Spanned<String>, tiers: &Tiers, report: &mut Report) -> Option<Tier> {
    let place = Place::of(file, name);
    match tiers.find(&name.value) {
        Some(Tier::Agent) => {
            let help = "list the account under `robots`, or the person with `employment: service`";
            report.error(place, "`agent` is not a tier of people", help);
            None
        }
        Some(tier) => Some(tier),
        None => {
            let names: Vec<_> = tiers.names().iter().map(String::as_str).collect();
            let all = format!("the tiers are {}, lowest first", list(&names, "and"));
            let meant = nearest(&name.value, &names).map(|name| format!("did you mean `{name}`? {all}"));
            report.error(place, &format!("unknown tier `{}`", name.value), &meant.unwrap_or(all));
            None
        }
    }
}

/// The value that one file states, or all that state one agree on.
fn single<'a, T>(
    files: &'a [DirectoryFile],
    key: &str,
    choose: impl Fn(&'a DirectoryFile) -> Option<&'a Spanned<T>>,
    is_same: impl Fn(&Spanned<T>, &Spanned<T>) -> bool,
    report: &mut Report,
) -> Option<(usize, &'a Spanned<T>)> {
    let mut stated = files.iter().enumerate().filter_map(|(file, content)| Some((file, choose(content)?)));
    let (first_file, first) = stated.next()?;
    for (file, other) in stated.filter(|(_, other)| !is_same(first, other)) {
        let message = format!("`{key}` is not the same in all files");
        report.conflict(Place::of(file, other), Place::of(first_file, first), &message);
    }
    Some((first_file, first))
}

fn same_words(a: &Spanned<Vec<Spanned<String>>>, b: &Spanned<Vec<Spanned<String>>>) -> bool {
    a.value.iter().map(|word| &word.value).eq(b.value.iter().map(|word| &word.value))
}

fn same_default(a: &Spanned<DefaultFile>, b: &Spanned<DefaultFile>) -> bool {
    let words = |default: &Spanned<DefaultFile>| {
        [&default.value.employee, &default.value.contractor].map(|name| name.as_ref().map(|name| name.value.clone()))
    };
    words(a) == words(b)
}

fn tiers(file: usize, names: &Spanned<Vec<Spanned<String>>>, report: &mut Report) -> Tiers {
    if names.value.is_empty() || names.value.len() > MAX_TIERS {
        let message = format!("a directory has 1 to {MAX_TIERS} tiers");
        report.error(Place::of(file, names), &message, "write e.g. `tiers: [junior, senior]`, lowest first");
    }
    let mut good: Vec<String> = Vec::new();
    for name in &names.value {
        let place = Place::of(file, name);
        let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
        if name.value == "agent" {
            report.error(place, "the tier `agent` is built in", "leave it out");
        } else if name.value.is_empty() || !name.value.chars().all(is_plain) {
            let message = format!("`{}` cannot be the name of a tier", name.value);
            report.error(place, &message, "use letters, digits, `-` and `_`");
        } else if good.contains(&name.value) {
            report.error(place, &format!("the tier `{}` is named twice", name.value), "keep one of them");
        } else {
            good.push(name.value.clone());
        }
    }
    Tiers::new(good)
}

fn tenants(file: usize, names: &Spanned<Vec<Spanned<String>>>, report: &mut Report) -> Vec<TenantName> {
    if names.value.is_empty() {
        let help = "leave `tenants` out if the directory holds for all of them";
        report.error(Place::of(file, names), "the directory would hold for no owner", help);
    }
    let mut tenants = Vec::new();
    for name in &names.value {
        if let Some(tenant) = tenant(&name.value) {
            tenants.push(tenant);
        } else {
            let message = format!("`{}` does not name an owner", name.value);
            report.error(Place::of(file, name), &message, "write e.g. `github.com/acme`");
        }
    }
    tenants
}

fn tenant(name: &str) -> Option<TenantName> {
    if let Ok(id) = name.parse() {
        return Some(TenantName::Id(id));
    }
    let (host, login) = name.rsplit_once('/').filter(|(_, login)| !login.is_empty())?;
    Some(TenantName::Login(host.parse().ok()?, login.into()))
}

fn max_age(file: usize, age: &Spanned<String>, report: &mut Report) -> Option<SignedDuration> {
    let duration = age.value.parse::<Span>().and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()));
    match duration {
        Ok(duration) if duration.is_positive() && duration <= MAX_AGE => Some(duration),
        _ => {
            let message = format!("`{}` is not a length of time of up to a year", age.value);
            report.error(Place::of(file, age), &message, "write e.g. `48h` or `7 days`");
            None
        }
    }
}
