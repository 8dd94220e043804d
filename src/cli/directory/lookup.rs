//! `seconder directory lookup`.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use super::check::remedy;
use super::groups::{self, Kept};
use crate::cli::output::{self, Format, Report, VERSION};
use crate::cli::people::{self, People, PeopleArgs};
use crate::directory::file::Employment;
use crate::directory::lookup::{Answer, Basis, Found, NamedAccount, Trust, Unfit};
use crate::gate::people::Grant;
use crate::gate::policy::diagnostic::{harmless, list};

#[derive(Debug, Args)]
#[command(after_help = "\
Exit code: 0 if somebody is found, 1 if nobody is or the directory is wrong, 2 if a file cannot be read.

Examples:
  seconder directory lookup github.com/1001 --directory directory.yml
  seconder directory lookup jo-at-work --directory people.yml --directory rules.yml --owner acme
  seconder directory lookup ana@acme.example --config seconder.toml --format json")]
pub(super) struct Lookup {
    /// An account (`github.com/1001`, `1001`), a login, a person's id, or an e-mail address.
    #[arg(value_name = "ACCOUNT")]
    account: String,
    #[command(flatten)]
    people: PeopleArgs,
    /// How to print the answer.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// The answer.
#[derive(Debug, Serialize)]
struct Told {
    v: u32,
    query: String,
    people: Vec<ToldPerson>,
    /// The account of a machine, if it is one.
    robot: Option<String>,
    /// What was probably meant.
    close: Vec<String>,
    /// Groups whose members a forge keeps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    kept: Vec<Kept>,
}

#[derive(Debug, Serialize)]
struct ToldPerson {
    id: String,
    /// The tier that holds now; `null` once every rule has ended.
    tier: Option<String>,
    /// The rules that match, the first one first: the first that has not ended holds.
    rules: Vec<ToldRule>,
    accounts: Vec<ToldAccount>,
    emails: Vec<String>,
    groups: Vec<String>,
    training: Vec<String>,
    active: bool,
    employment: &'static str,
    /// Why approvals never count; empty where they can.
    unfit: Vec<ToldUnfit>,
}

#[derive(Debug, Serialize)]
struct ToldAccount {
    account: String,
    /// Whether the files name it by its number. Of a login, only a server that looked it up knows the number.
    numbered: bool,
}

#[derive(Debug, Serialize)]
struct ToldRule {
    rule: String,
    tier: String,
    #[serde(flatten)]
    basis: Basis,
    /// Of a rule on a group.
    #[serde(skip_serializing_if = "Option::is_none")]
    trust: Option<Trust>,
    until: Option<Timestamp>,
    /// In one sentence.
    because: String,
}

#[derive(Debug, Serialize)]
struct ToldUnfit {
    reason: Unfit,
    because: String,
}

impl Lookup {
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let (files, _) = self.people.files()?;
        if files.is_empty() {
            bail!("{}", self.people.config.names_none("--directory FILE"));
        }
        let inputs = people::read(&files)?;
        let loaded = people::load(&inputs);
        let Some(directory) = loaded.directory else {
            let report = Report::new(&inputs, loaded.findings);
            match self.format {
                Format::Json => output::json(&report)?,
                Format::Text => report.write(&mut output::stdout())?,
            }
            return Ok(ExitCode::from(1));
        };
        let directory = groups::remembered(&self.people.config, directory)?;
        let people = self.people.people(directory, loaded.now)?;
        let told = tell(&self.account, &people);
        match self.format {
            Format::Json => output::json(&told)?,
            Format::Text => told.write(&mut output::stdout())?,
        }
        let is_known = !told.people.is_empty() || told.robot.is_some();
        Ok(ExitCode::from(u8::from(!is_known)))
    }
}

fn tell(query: &str, people: &People) -> Told {
    let mut told = Told {
        v: VERSION,
        query: query.to_owned(),
        people: Vec::new(),
        robot: None,
        close: Vec::new(),
        kept: Kept::all(&people.directory),
    };
    match people.directory.lookup(query) {
        Answer::People(found) => told.people = found.into_iter().map(|found| person(found, people)).collect(),
        Answer::Robot(account) => told.robot = Some(account.to_string()),
        Answer::Nobody { close } => told.close = close,
    }
    told
}

fn person(found: Found<'_>, people: &People) -> ToldPerson {
    let person = found.person();
    let tiers = people.directory.tiers();
    let name = |grant: &Grant| tiers.name(grant.tier).to_owned();
    let rule = |(grant, basis): (&Grant, &Basis)| {
        let trust = match basis {
            Basis::Group { group } => people.directory.groups().get(group).cloned(),
            _ => None,
        };
        ToldRule {
            rule: grant.rule.clone(),
            tier: name(grant),
            because: because(basis, trust.as_ref()),
            basis: basis.clone(),
            trust,
            until: grant.until,
        }
    };
    let unfit = found.unfit(Some(&people.tenant), people.now).into_iter();
    ToldPerson {
        id: person.id.0.clone(),
        tier: found.grant(people.now).map(|(grant, _)| name(grant)),
        rules: found.grants().map(rule).collect(),
        accounts: found.accounts().iter().map(ToldAccount::from).collect(),
        emails: found.emails().iter().cloned().collect(),
        groups: person.groups.iter().cloned().collect(),
        training: person.training.iter().cloned().collect(),
        active: person.is_active,
        employment: match found.employment() {
            Employment::Employee => "employee",
            Employment::Contractor => "contractor",
            Employment::Service => "service",
        },
        unfit: unfit.map(|reason| ToldUnfit { reason, because: why_not(reason, found) }).collect(),
    }
}

fn because(basis: &Basis, trust: Option<&Trust>) -> String {
    match basis {
        Basis::Exception { reason, last_day } => format!("an exception until {last_day}: {reason}"),
        Basis::Group { group } => match trust {
            Some(Trust::Vouched) => format!("in the group `{group}`, which the directory vouches for"),
            Some(Trust::SyncedFrom(provider)) => format!("in the group `{group}`, which is synced from {provider}"),
            Some(Trust::Nobody) | None => format!("in the group `{group}`"),
        },
        Basis::Attribute { name, value } => format!("the attribute `{name}` is `{value}`"),
        Basis::Default => "no other rule matches".to_owned(),
        Basis::Service => "it is a machine".to_owned(),
    }
}

fn why_not(reason: Unfit, found: Found<'_>) -> String {
    match reason {
        Unfit::Machine => "it is a machine (`employment: service`)".to_owned(),
        Unfit::Inactive => "not active any more (`active: false`)".to_owned(),
        Unfit::ContractorWithoutRule => {
            "a contractor whom no tier rule matches; add one if approvals should count".to_owned()
        }
        Unfit::RulesEnded => "every rule that matched has ended".to_owned(),
        Unfit::NoNumberedAccount => match found.accounts().iter().find(|account| account.account.is_err()) {
            None => "no account is listed on this host".to_owned(),
            Some(account) => format!(
                "no account has a number here, and only a server that looked it up knows it; {}",
                remedy(account)
            ),
        },
        Unfit::OtherOwner => "the directory does not hold for this owner".to_owned(),
    }
}

impl From<&NamedAccount> for ToldAccount {
    fn from(account: &NamedAccount) -> Self {
        Self { account: account.to_string(), numbered: account.account.is_ok() }
    }
}

impl Told {
    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        if let Some(robot) = &self.robot {
            return writeln!(out, "{} is listed as a robot: never a person, never approves.", harmless(robot));
        }
        if self.people.is_empty() {
            let close: Vec<String> = self.close.iter().map(|name| harmless(name)).collect();
            let close: Vec<&str> = close.iter().map(String::as_str).collect();
            let meant = if close.is_empty() { String::new() } else { format!(" Did you mean {}?", list(&close, "or")) };
            writeln!(out, "Nobody in the directory answers to `{}`.{meant}", harmless(&self.query))?;
            return Kept::write_unknown(&self.kept, out);
        }
        for (place, person) in self.people.iter().enumerate() {
            if place > 0 {
                writeln!(out)?;
            }
            person.write(out)?;
        }
        Kept::write_unknown(&self.kept, out)
    }
}

impl ToldPerson {
    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let style = clap::builder::styling::Style::new().bold();
        writeln!(out, "{style}{}{style:#}", harmless(&self.id))?;
        writeln!(out, "  tier        {}", self.tier.as_deref().unwrap_or("none: every rule has ended"))?;
        for (place, rule) in self.rules.iter().enumerate() {
            let key = if place == 0 { "by rule" } else { "else by" };
            let tier = if place == 0 { String::new() } else { format!(" ({})", rule.tier) };
            writeln!(out, "  {key:<11} {}{tier}: {}", harmless(&rule.rule), harmless(&rule.because))?;
        }
        let account = |told: &ToldAccount| {
            if told.numbered { told.account.clone() } else { format!("{} (no number here)", told.account) }
        };
        let lists = [
            ("accounts", &self.accounts.iter().map(account).collect()),
            ("e-mail", &self.emails),
            ("groups", &self.groups),
            ("training", &self.training),
        ];
        for (key, words) in lists {
            if !words.is_empty() {
                writeln!(out, "  {key:<11} {}", harmless(&words.join(", ")))?;
            }
        }
        let active = if self.active { "" } else { ", inactive" };
        writeln!(out, "  employment  {}{active}", self.employment)?;
        if self.unfit.is_empty() {
            writeln!(out, "  approvals   can count, where the rules of a policy are met")?;
        }
        for (place, unfit) in self.unfit.iter().enumerate() {
            let key = if place == 0 { "approvals   do not count:" } else { "            and:" };
            writeln!(out, "  {key} {}", harmless(&unfit.because))?;
        }
        Ok(())
    }
}
