//! What was changed, and putting it back.
//!
//! The record holds no secrets. Only what is still as it was left is put back: what somebody else changed meanwhile is theirs.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::client;
use super::plan::{Mark, Plan, Step, ToDo};
use super::show::Shown;
use crate::cli::output::VERSION;
use crate::cli::progress::Progress;
use crate::clock::Clock;
use crate::forge::gitlab::GitLab;
use crate::forge::gitlab::setup::{Place, Resource, Settings};

/// All that was changed at one GitLab.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Record {
    v: u32,
    url: String,
    pub(super) changes: Vec<Done>,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Done {
    /// What it was about, for people.
    step: String,
    place: Place,
    /// What was changed or made. `None`: it was going to be made, and whether it was is not known.
    resource: Option<Resource>,
    /// What stood there; `None`: it was made.
    before: Option<Settings>,
    /// How it was left.
    after: Settings,
    /// A webhook was given a secret besides. That one stays.
    #[serde(default)]
    adds_secret: bool,
}

impl Done {
    pub(super) fn of(step: &str, to_do: &ToDo) -> Self {
        let step = step.to_owned();
        match to_do {
            ToDo::Create { place, settings, .. } => Self {
                step,
                place: place.clone(),
                resource: None,
                before: None,
                after: settings.clone(),
                adds_secret: false,
            },
            ToDo::Change { resource, before, after, adds_secret } => Self {
                step,
                place: resource.place().clone(),
                resource: Some(resource.clone()),
                before: Some(before.clone()),
                after: after.clone(),
                adds_secret: *adds_secret,
            },
        }
    }

    pub(super) fn made(&mut self, (resource, kept): (Resource, Settings)) {
        self.resource = Some(resource);
        self.after = kept;
    }
}

impl Record {
    /// The record of earlier runs, to be continued, or a new one.
    pub(super) fn open(path: &Path, url: &str) -> anyhow::Result<Self> {
        if !path.exists() {
            return Ok(Self { v: VERSION, url: url.to_owned(), changes: Vec::new() });
        }
        let record = Self::read(path).context("--undo-file")?;
        if record.url != url {
            bail!("--undo-file: {} is about {}; name another one for {url}", path.display(), record.url);
        }
        Ok(record)
    }

    fn read(path: &Path) -> anyhow::Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let record: Self = serde_json::from_str(&text)
            .with_context(|| format!("{} is not a file that `seconder connect gitlab` wrote", path.display()))?;
        if record.v != VERSION {
            bail!("{} is of another version of seconder", path.display());
        }
        Ok(record)
    }

    pub(super) fn save(&self, path: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        write_private(path, &text).with_context(|| format!("cannot write {}", path.display()))
    }
}

/// Writes a file that nobody else may read, whole or not at all.
pub(super) fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let beside: PathBuf = path.with_file_name(name);
    let write = || {
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    write().inspect_err(|_| drop(fs::remove_file(&beside)))
}

/// What becomes of one change.
enum Fate {
    Remove(Resource),
    PutBack(Resource, Settings),
    Leave,
}

/// Puts back what a record says, newest first, where it is still as it was left.
///
/// # Errors
/// When the file cannot be used, or GitLab does not do it. What was put back by then is in the file no more.
pub async fn undo(path: &Path, token: &SecretString, is_applied: bool, progress: &Progress) -> anyhow::Result<Shown> {
    let mut record = Record::read(path).context("--undo")?;
    let forge = client(&record.url, token.clone(), &Clock::system())?;
    let mut steps = Vec::new();
    for number in (0..record.changes.len()).rev() {
        let Some(done) = record.changes.get(number).cloned() else { continue };
        progress.say(format!("{}: {}", done.place, done.step));
        let (step, fate) = judge(&forge, &done).await?;
        let is_settled = match fate {
            Fate::Leave => step.mark == Mark::Leave,
            _ if !is_applied => false,
            Fate::Remove(resource) => forge.delete(&resource).await.map(|()| true)?,
            Fate::PutBack(resource, before) => forge.change(&resource, &before, None).await.map(|_| true)?,
        };
        steps.push(step);
        if is_applied && is_settled {
            record.changes.remove(number);
            record.save(path)?;
        }
    }
    if is_applied && record.changes.is_empty() {
        fs::remove_file(path).with_context(|| format!("cannot remove {}", path.display()))?;
    }
    Ok(Shown::of_undo(&record.url, Plan { steps, worth: Vec::new() }, is_applied))
}

async fn judge(forge: &GitLab, done: &Done) -> anyhow::Result<(Step, Fate)> {
    let step = |mark, says: String, why: Option<&str>| Step {
        place: done.place.to_string(),
        step: step_name(&done.step),
        mark,
        says,
        why: why.map(str::to_owned),
        to_do: None,
    };
    let Some(resource) = &done.resource else {
        let says = "whether it was made is not known".to_owned();
        return Ok((step(Mark::Cannot, says, Some("look there, and remove it by hand if it is there")), Fate::Leave));
    };
    let Some(now) = forge.settings(resource).await? else {
        return Ok((step(Mark::Leave, "is gone already".to_owned(), None), Fate::Leave));
    };
    let foreign: Vec<&String> =
        done.after.iter().filter(|(name, left)| now.get(*name) != Some(*left)).map(|(name, _)| name).collect();
    let named = || foreign.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
    let theirs = "it is theirs now, and stays; change it by hand if it is not meant";
    let Some(before) = &done.before else {
        if foreign.is_empty() {
            return Ok((
                step(Mark::Change, "removed, as it was made".to_owned(), None),
                Fate::Remove(resource.clone()),
            ));
        }
        let says = format!("somebody changed {} meanwhile", named());
        return Ok((step(Mark::Leave, says, Some(theirs)), Fate::Leave));
    };
    let back: Settings = before
        .iter()
        .filter(|(name, _)| !foreign.contains(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    if back.is_empty() {
        let (says, why) = if foreign.is_empty() {
            ("its signing token stays".to_owned(), "it can be removed on the webhook's page")
        } else {
            (format!("somebody changed {} meanwhile", named()), theirs)
        };
        return Ok((step(Mark::Leave, says, Some(why)), Fate::Leave));
    }
    let says = back.iter().map(|(name, value)| format!("{name}: back to {value}")).collect::<Vec<_>>().join(", ");
    let why = (!foreign.is_empty()).then(|| format!("somebody changed {} meanwhile: {theirs}", named()));
    Ok((step(Mark::Change, says, why.as_deref()), Fate::PutBack(resource.clone(), back)))
}

/// The name of a step as plans have it.
fn step_name(name: &str) -> &'static str {
    ["webhook", "approval rule", "approval settings", "verdict job"]
        .into_iter()
        .find(|known| *known == name)
        .unwrap_or("setting")
}
