//! Whose account, whose address: everything that leads from the outside to a person leads to exactly one.

use std::collections::{BTreeMap, BTreeSet};

use super::AccountRef;
use super::file::{AccountFile, AccountKeys, DirectoryFile, all};
use super::report::{Place, Report};
use crate::gate::ids::{AccountId, Host};
use crate::gate::yaml::Spanned;

/// What leads to whom.
#[derive(Default)]
pub(super) struct Owners<'a> {
    accounts: BTreeMap<AccountRef, (&'a str, Place)>,
    emails: BTreeMap<String, (&'a str, Place)>,
    robots: BTreeMap<AccountRef, Place>,
}

impl<'a> Owners<'a> {
    pub(super) fn new(files: &'a [DirectoryFile], report: &mut Report) -> Self {
        let mut owners = Self::default();
        for (file, robot) in all(files, |content| &content.robots) {
            if let Some(account) = account(file, robot, report) {
                owners.robots.entry(account).or_insert(Place::of(file, robot));
            }
        }
        for (file, person) in all(files, |content| &content.people) {
            let id = person.id.value.as_str();
            for account in &person.accounts {
                owners.add_account(file, id, account, report);
            }
            for email in &person.emails {
                owners.add_email(file, id, email, report);
            }
        }
        owners
    }

    fn add_account(&mut self, file: usize, person: &'a str, written: &Spanned<AccountFile>, report: &mut Report) {
        let Some(account) = account(file, written, report) else { return };
        let place = Place::of(file, written);
        if let Some(first) = self.robots.get(&account) {
            report.conflict(place, *first, &format!("`{account}` is also listed as a robot"));
        }
        match self.accounts.get(&account) {
            Some((other, first)) if *other != person => {
                report.conflict(place, *first, &format!("`{account}` also belongs to `{other}`"));
            }
            Some(_) => {}
            None => {
                self.accounts.insert(account, (person, place));
            }
        }
    }

    fn add_email(&mut self, file: usize, person: &'a str, email: &Spanned<String>, report: &mut Report) {
        let place = Place::of(file, email);
        let address = email.value.trim().to_lowercase();
        if !address.contains('@') {
            report.error(
                place,
                &format!("`{}` is not an e-mail address", email.value),
                "write e.g. `ana@acme.example`",
            );
        }
        match self.emails.get(&address) {
            Some((other, first)) if *other != person => {
                report.conflict(place, *first, &format!("`{address}` also belongs to `{other}`"));
            }
            Some(_) => {}
            None => {
                self.emails.insert(address, (person, place));
            }
        }
    }

    /// Who owns this account.
    pub(super) fn owner(&self, account: &AccountRef) -> Option<&'a str> {
        self.accounts.get(account).map(|(person, _)| *person)
    }

    /// All accounts by person.
    pub(super) fn accounts(&self) -> BTreeMap<&'a str, BTreeSet<AccountRef>> {
        let mut accounts: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for (account, (person, _)) in &self.accounts {
            accounts.entry(*person).or_default().insert(account.clone());
        }
        accounts
    }

    /// All addresses by person, in lower case.
    pub(super) fn emails(&self) -> BTreeMap<&'a str, BTreeSet<String>> {
        let mut emails: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for (email, (person, _)) in &self.emails {
            emails.entry(*person).or_default().insert(email.clone());
        }
        emails
    }

    /// All accounts of machines.
    pub(super) fn robots(&self) -> BTreeSet<AccountRef> {
        self.robots.keys().cloned().collect()
    }
}

/// The account that is meant, or what is wrong with how it is written.
pub(super) fn account(file: usize, written: &Spanned<AccountFile>, report: &mut Report) -> Option<AccountRef> {
    let place = Place::of(file, written);
    match &written.value {
        AccountFile::Text(text) => from_text(text, place, report),
        AccountFile::Keys(keys) => from_keys(keys, place, report),
    }
}

fn from_text(text: &str, place: Place, report: &mut Report) -> Option<AccountRef> {
    if let Ok(id) = text.parse::<AccountId>() {
        return Some(AccountRef::Id(id));
    }
    let help = match text.rsplit_once('/') {
        Some((host, login)) if !login.is_empty() => {
            format!("if `{login}` is a login, write `{{ host: {host}, login: {login} }}`")
        }
        _ => "write e.g. `github.com/583231`".to_owned(),
    };
    report.error(place, &format!("`{text}` is not of the form HOST/NUMBER"), &help);
    None
}

fn from_keys(keys: &AccountKeys, place: Place, report: &mut Report) -> Option<AccountRef> {
    let AccountKeys { host, id, login } = keys;
    let Ok(host) = host.parse::<Host>() else {
        report.error(place, &format!("`{host}` is not a host"), "write e.g. `github.com`");
        return None;
    };
    match (id, login.as_deref().map(str::trim)) {
        (Some(id), None) if *id > 0 => Some(AccountRef::Id(AccountId::new(host, *id))),
        (None, Some(login)) if !login.is_empty() => Some(AccountRef::login(host, login)),
        _ => {
            let help = "write `id`, the account's number, or else `login`";
            report.error(place, "an account has either a number or a login", help);
            None
        }
    }
}
