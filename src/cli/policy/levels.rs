//! The levels of a policy, as files: what stands above the files in question, and whom it would be applied to.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::ensure;
use clap::{Args, ValueEnum};

use crate::cli::directory::groups::remembered;
use crate::cli::input::{self, Input};
use crate::cli::people::{self, People, PeopleArgs};
use crate::directory::Directory;
use crate::directory::file::example;
use crate::gate::people::Tiers;
use crate::gate::policy::compile::{self, CompiledFile, combine};
use crate::gate::policy::diagnostic::Diagnostic;
use crate::gate::policy::review::{Known, out_of_reach, unguarded, without_effect};
use crate::gate::policy::{Policy, SourceLevel, schema};
use crate::gate::yaml::MAX_BYTES;

/// What people call the floor that no configuration names.
const BUILT_IN: &str = "built-in policy";

/// The level that a file stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(super) enum Level {
    /// The server's, which nothing below can weaken.
    Floor,
    /// `seconder.yml` in the organisation's `.github` repository.
    Organisation,
    /// `.github/seconder.yml` in a repository.
    Repository,
}

impl Level {
    fn source(self) -> SourceLevel {
        match self {
            Self::Floor => SourceLevel::Floor,
            Self::Organisation => SourceLevel::Organisation,
            Self::Repository => SourceLevel::Repository { branch: "HEAD".to_owned() },
        }
    }
}

/// What the files are judged with.
#[derive(Debug, Args)]
pub(super) struct LevelArgs {
    /// The level that the files stand on.
    #[arg(long, value_enum, default_value_t = Level::Repository)]
    level: Level,
    /// The floor above the files. Without it: the one of the configuration, or the built-in policy.
    #[arg(long, value_name = "FILE")]
    floor: Option<PathBuf>,
    /// The organisation's policy above a repository's.
    #[arg(long, value_name = "FILE")]
    organisation: Option<PathBuf>,
    /// The organisation's tiers, lowest first, where no directory is at hand.
    #[arg(long, value_delimiter = ',', value_name = "NAMES", conflicts_with_all = ["directory", "config"])]
    tiers: Vec<String>,
    #[command(flatten)]
    people: PeopleArgs,
}

/// A policy file, understood or not.
struct File {
    input: usize,
    compiled: Result<CompiledFile, Vec<Diagnostic>>,
}

/// Everything that was read.
pub(super) struct Levels {
    /// All files: those in question, those above them, and the directory's.
    pub(super) inputs: Vec<Input>,
    pub(super) tiers: Tiers,
    pub(super) people: Option<People>,
    /// What was found in what stands above, and in the directory.
    pub(super) findings: Vec<Diagnostic>,
    /// Whether the tiers are nobody's, but those of the example.
    pub(super) are_tiers_assumed: bool,
    above: Vec<File>,
    files: Vec<File>,
}

/// What one file makes together with the levels above it.
pub(super) struct Law {
    pub(super) file: String,
    /// Nothing where a file could not be understood.
    pub(super) policy: Option<Policy>,
    pub(super) findings: Vec<Diagnostic>,
}

impl LevelArgs {
    /// Reads all files, and understands them with the tiers of the directory.
    pub(super) fn read(&self, paths: &[PathBuf]) -> anyhow::Result<Levels> {
        let (directory_files, config) = self.people.files()?;
        let mut inputs = input::read_all(paths, MAX_BYTES)?;
        let in_question = inputs.len();
        let floor = self.floor.clone().or_else(|| config.and_then(|config| config.floor));
        match (self.level, floor) {
            (Level::Floor, _) if !paths.is_empty() => {}
            (_, Some(path)) => inputs.push(input::read(&path, MAX_BYTES)?),
            (_, None) => inputs.push(Input::built_in(BUILT_IN, schema::built_in())),
        }
        let floors = inputs.len();
        if let (Level::Repository, Some(path)) = (self.level, &self.organisation) {
            inputs.push(input::read(path, MAX_BYTES)?);
        }
        let policies = inputs.len();
        inputs.extend(people::read(&directory_files)?);

        let (mut people, mut findings) = (None, Vec::new());
        if !directory_files.is_empty() {
            let loaded = people::load(inputs.get(policies..).unwrap_or_default());
            // Warnings of the directory are for `directory check`.
            findings.extend(loaded.findings.into_iter().filter(Diagnostic::is_error));
            let directory = loaded.directory.map(|directory| remembered(&self.people.config, directory)).transpose()?;
            people = directory.map(|directory| self.people.people(directory, loaded.now)).transpose()?;
        }
        let are_tiers_assumed = people.is_none() && self.tiers.is_empty();
        let tiers = match &people {
            Some(people) => people.directory.tiers().clone(),
            None if self.tiers.is_empty() => example_tiers(),
            None => self.named_tiers()?,
        };
        let mut levels =
            Levels { inputs, tiers, people, findings, are_tiers_assumed, above: Vec::new(), files: Vec::new() };
        // With a directory that cannot be used, every tier would look unknown.
        if levels.findings.is_empty() {
            levels.files = (0..in_question).map(|input| levels.understand(input, self.level)).collect();
            let level = |input: usize| if input < floors { Level::Floor } else { Level::Organisation };
            levels.above = (in_question..policies).map(|input| levels.understand(input, level(input))).collect();
            levels.review_above();
        }
        Ok(levels)
    }
}

impl LevelArgs {
    /// Files of AI tools that the configuration names.
    pub(super) fn agents(&self) -> anyhow::Result<Vec<PathBuf>> {
        Ok(self.people.config.paths()?.map(|paths| paths.agents).unwrap_or_default())
    }

    fn named_tiers(&self) -> anyhow::Result<Tiers> {
        let mut seen = BTreeSet::new();
        for name in &self.tiers {
            ensure!(!name.trim().is_empty(), "--tiers: a tier has no name; write e.g. --tiers junior,mid,senior");
            ensure!(name != "agent", "--tiers: `agent` is built in below all tiers; leave it out");
            ensure!(seen.insert(name), "--tiers: `{name}` is named twice");
        }
        Ok(Tiers::new(self.tiers.clone()))
    }
}

fn example_tiers() -> Tiers {
    let example = Directory::load(&[("directory.yml", example())], jiff::Timestamp::UNIX_EPOCH);
    example.map_or_else(|_| Tiers::default(), |(directory, _)| directory.tiers().clone())
}

impl Levels {
    fn understand(&self, input: usize, level: Level) -> File {
        let compiled = match self.inputs.get(input) {
            Some(Input { name, content: Ok(text), .. }) => compile::read(name, level.source(), text, &self.tiers),
            Some(Input { content: Err(finding), .. }) => Err(vec![finding.clone()]),
            None => Err(Vec::new()),
        };
        File { input, compiled }
    }

    /// Whom policies would be applied to, where a directory is known.
    pub(super) fn known(&self) -> Option<Known<'_>> {
        // Of groups whose members are not known here, nobody can say whom they lack.
        let people = self.people.as_ref().filter(|people| people.directory.unread().next().is_none())?;
        let People { roster, groups, tenant, now, .. } = people;
        Some(Known { roster, host: &tenant.owner.host, groups, now: *now })
    }

    /// What each file in question makes together with the levels above it.
    pub(super) fn laws(&self) -> impl Iterator<Item = Law> {
        self.files.iter().map(|file| self.law(file))
    }

    /// What the levels above make by themselves.
    pub(super) fn highest(&self) -> Law {
        let above: Result<Vec<_>, _> = self.above.iter().map(|file| file.compiled.clone()).collect();
        let name = self.above.last().and_then(|file| self.inputs.get(file.input)).map(|input| input.name.clone());
        let policy = above.ok().map(|above| combine(above.into_iter().map(Ok).collect()));
        Law { file: name.unwrap_or_default(), policy, findings: Vec::new() }
    }

    fn law(&self, file: &File) -> Law {
        let name = self.inputs.get(file.input).map(|input| input.name.clone()).unwrap_or_default();
        let mut findings = self.review(file, &self.above);
        let Ok(compiled) = &file.compiled else { return Law { file: name, policy: None, findings } };
        let above: Result<Vec<_>, _> = self.above.iter().map(|file| file.compiled.clone()).collect();
        let Ok(mut together) = above else { return Law { file: name, policy: None, findings } };
        together.push(compiled.clone());
        let policy = combine(together.into_iter().map(Ok).collect());
        findings.extend(policy.broken.clone());
        findings.extend(self.known().and_then(|known| unguarded(&name, &policy, known)));
        findings.sort_by_key(|finding| (finding.line, finding.column));
        Law { file: name, policy: Some(policy), findings }
    }

    /// What is found in one file, given those above it.
    fn review(&self, file: &File, above: &[File]) -> Vec<Diagnostic> {
        let compiled = match &file.compiled {
            Ok(compiled) => compiled,
            Err(findings) => return findings.clone(),
        };
        let text = self.inputs.get(file.input).map_or("", Input::text);
        let mut findings = compiled.warnings.clone();
        let above: Vec<_> = above.iter().filter_map(|file| file.compiled.clone().ok()).map(Ok).collect();
        if !above.is_empty() {
            findings.extend(without_effect(&compiled.source.name, text, &combine(above)));
        }
        findings.extend(self.known().map(|known| out_of_reach(text, compiled, known)).unwrap_or_default());
        findings
    }

    fn review_above(&mut self) {
        for (place, file) in self.above.iter().enumerate() {
            let found = self.review(file, self.above.get(..place).unwrap_or_default());
            self.findings.extend(found);
        }
    }
}
