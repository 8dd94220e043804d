//! The fuzz targets, held to their seeds, so that neither rots. `fuzz/run TARGET` searches on.

use std::path::Path;
use std::process::Command;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

#[allow(unreachable_pub, reason = "the fuzz targets' own crate exports them")]
#[path = "../../fuzz/src/lib.rs"]
mod targets;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// What a target does with an input: nothing, or it panics.
type Hold = fn(&[u8]);

/// Everything that is looked for in, and what holds it.
const TARGETS: [(&str, Hold); 9] = [
    ("catalogue", targets::catalogue::hold),
    ("command", targets::command::hold),
    ("config", targets::config::hold),
    ("directory", targets::directory::hold),
    ("gitlab_webhook", targets::gitlab_webhook::hold),
    ("message", targets::message::hold),
    ("note", targets::note::hold),
    ("policy", targets::policy::hold),
    ("webhook", targets::webhook::hold),
];

/// What `fuzz/run` begins with.
fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = tempfile::tempdir().unwrap();
    let seed = Command::new(Path::new(ROOT).join("fuzz/seed")).arg(folder.path()).status().unwrap();
    assert!(seed.success());
    let files = std::fs::read_dir(folder.path().join(target)).unwrap().map(|file| file.unwrap().path());
    let mut seeds: Vec<_> = files.map(|path| (path.display().to_string(), std::fs::read(path).unwrap())).collect();
    seeds.sort();
    assert!(!seeds.is_empty(), "{target} begins with nothing");
    seeds
}

fn hold(target: &str) {
    let (_, hold) = TARGETS.iter().find(|(name, _)| *name == target).unwrap();
    for (name, seed) in seeds(target) {
        let outcome = std::panic::catch_unwind(|| hold(&seed));
        assert!(outcome.is_ok(), "{name} breaks what must hold");
    }
    // A little of what the fuzzer does, for targets that nobody ran it on since they changed.
    let seeds: Vec<Vec<u8>> =
        seeds(target).into_iter().map(|(_, seed)| seed).filter(|seed| seed.len() < 8192).collect();
    let cut =
        (prop::sample::select(seeds), any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<[u8; 2]>());
    let config = Config { failure_persistence: None, ..Config::default() };
    let tried = TestRunner::new(config).run(&cut, |(mut seed, from, length, with)| {
        let from = from.index(seed.len());
        let until = from + length.index(seed.len() - from + 1).min(16);
        seed.splice(from..until, with);
        hold(&seed);
        Ok(())
    });
    tried.unwrap();
}

#[test]
fn every_seed_of_a_catalogue_holds() {
    hold("catalogue");
}

#[test]
fn every_seed_of_a_command_holds() {
    hold("command");
}

#[test]
fn every_seed_of_a_configuration_holds() {
    hold("config");
}

#[test]
fn every_seed_of_a_directory_holds() {
    hold("directory");
}

#[test]
fn every_seed_of_a_message_holds() {
    hold("message");
}

#[test]
fn every_seed_of_a_note_holds() {
    hold("note");
}

#[test]
fn every_seed_of_a_policy_holds() {
    hold("policy");
}

#[test]
fn every_seed_of_a_delivery_holds() {
    hold("webhook");
}

#[test]
fn every_seed_of_a_delivery_of_gitlab_holds() {
    hold("gitlab_webhook");
}

#[test]
fn every_target_is_built_replayed_and_has_its_words() {
    let manifest = std::fs::read_to_string(Path::new(ROOT).join("fuzz/Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let bins = manifest["bin"].as_array().unwrap().iter();
    let built: Vec<&str> = bins.map(|bin| bin["name"].as_str().unwrap()).collect();
    assert_eq!(built, TARGETS.map(|(name, _)| name));
    for name in built {
        let source = std::fs::read_to_string(Path::new(ROOT).join(format!("fuzz/fuzz_targets/{name}.rs"))).unwrap();
        assert!(source.contains(&format!("seconder_fuzz::{name}::hold")), "{name}");
    }
}
