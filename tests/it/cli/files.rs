//! Files for commands to read, in a folder of their own.

use std::path::Path;
use std::process::Output;

use super::process::{run_in, text};

/// A folder with these files, in which commands run.
pub(super) struct Files(tempfile::TempDir);

impl Files {
    pub(super) fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        Self(folder)
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Runs `seconder` with these words.
    pub(super) fn run(&self, line: &str) -> Output {
        let words = shlex::split(line).unwrap();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        run_in(self.path(), &words, b"")
    }

    /// What it prints, with its exit code in the last line. It must complain of nothing else.
    #[track_caller]
    pub(super) fn says(&self, line: &str) -> String {
        let output = self.run(line);
        assert_eq!(text(&output.stderr), "");
        format!("{}exit code {}", text(&output.stdout), output.status.code().unwrap())
    }

    /// The JSON object that it prints.
    #[track_caller]
    pub(super) fn json(&self, line: &str) -> serde_json::Value {
        let output = self.run(&format!("{line} --format json"));
        assert_eq!(text(&output.stderr), "");
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

/// Five people: jo and sam junior, kim and ana senior, pat principal.
pub(super) const DIRECTORY: &str = "\
version: 1
tiers: [junior, mid, senior, principal]
people:
  - { id: jo, accounts: [github.com/1, { host: github.com, login: jo-at-work }], emails: [jo@acme.example] }
  - { id: sam, accounts: [github.com/2], employment: contractor }
  - { id: kim, accounts: [github.com/3], attributes: { level: L5 }, training: [ai-review] }
  - { id: ana, accounts: [github.com/4], groups: [seniors] }
  - { id: pat, accounts: [{ host: github.com, login: pat }], attributes: { title: Principal Engineer } }
groups:
  - { id: seniors, synced_from: okta }
  - { id: sre }
tier_rules:
  - { id: lead, person: jo, tier: mid, reason: stands in, until: 2199-12-31 }
  - { id: by-group, groups: [seniors], tier: senior }
  - { id: by-level, attribute: level, matches: L5, tier: senior }
  - { id: by-title, attribute: title, matches: Principal .*, tier: principal }
robots: [github.com/9]
";
