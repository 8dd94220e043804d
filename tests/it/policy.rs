//! Policy files: what is wrong with them, what they mean, and what levels mean together.

mod combine;
mod diagnostics;
mod predicate;
mod schema;
mod sentence;
mod settings;

use seconder::gate::people::Tiers;
use seconder::gate::policy::compile::{self, CompiledFile};
use seconder::gate::policy::{Policy, SourceLevel};

fn tiers() -> Tiers {
    Tiers::new(["junior", "mid", "senior", "principal"].map(str::to_owned).to_vec())
}

fn repository(branch: &str) -> SourceLevel {
    SourceLevel::Repository { branch: branch.to_owned() }
}

#[track_caller]
fn read(level: SourceLevel, text: &str) -> CompiledFile {
    match compile::read("policy.yml", level, text, &tiers()) {
        Ok(file) => file,
        Err(findings) => panic!("{findings:#?}"),
    }
}

/// A policy of one file.
#[track_caller]
fn policy(text: &str) -> Policy {
    compile::combine(vec![Ok(read(SourceLevel::Floor, text))])
}
