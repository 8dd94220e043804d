//! What holds for every history.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use seconder::gate::detect::{Catalogue, CommitText, Level, detect_commit};
use seconder::history::{WalkOptions, sha};
use seconder::scan::Week;

use super::{options, scanned, shown};
use crate::local::Repository;

/// What a generated commit is: its author, its message, its folder, days since the one before, and whether it joins the
/// branch that began some commits before.
type Made = (u8, u8, u8, u8, bool);

const AUTHORS: [&str; 4] =
    ["jo <jo@acme.dev>", "ana <ana@acme.dev>", "Claude <noreply@anthropic.com>", "sam (aider) <sam@acme.dev>"];

const ENDS: [&str; 5] = [
    "",
    "Co-Authored-By: Claude <noreply@anthropic.com>",
    "Assisted-by: Cursor",
    "Generated with Codex",
    "Quoting: Co-authored-by names nobody here",
];

/// The history as `git fast-import` reads it.
fn stream(commits: &[Made]) -> String {
    let mut out = String::new();
    let mut seconds = 1_200_000_000_u64;
    for (at, (author, end, folder, days, is_merge)) in commits.iter().enumerate() {
        let mark = at + 1;
        seconds += u64::from(*days) * 86_400;
        let who = AUTHORS[usize::from(*author) % AUTHORS.len()];
        let message = format!("Change {at}\n\n{}\n", ENDS[usize::from(*end) % ENDS.len()]);
        let _ = writeln!(out, "commit refs/heads/main\nmark :{mark}\nauthor {who} {seconds} +0000");
        let _ = writeln!(out, "committer {who} {seconds} +0000\ndata {}\n{message}", message.len());
        if at > 0 {
            let _ = writeln!(out, "from :{at}");
        }
        if *is_merge && at > 3 {
            let _ = writeln!(out, "merge :{}", at - 2);
        }
        let content = format!("{at}");
        let _ = writeln!(out, "M 100644 inline f{}/file\ndata {}\n{content}", folder % 4, content.len());
    }
    out
}

/// More than a few chunks, so that workers take turns.
fn made(seed: u64) -> Vec<Made> {
    let mut random = StdRng::seed_from_u64(seed);
    let size = random.random_range(900..1_500);
    let mut one = || {
        let (author, end, folder) = (random.random_range(0..4), random.random_range(0..5), random.random_range(0..4));
        (author, end, folder, random.random_range(0..9), random.random_bool(0.1))
    };
    (0..size).map(|_| one()).collect()
}

#[test]
fn any_number_of_workers_finds_the_same_in_the_same_order_and_it_is_what_commits_say_one_by_one() {
    let mut runner = TestRunner::new(Config { cases: 3, max_shrink_iters: 0, ..Config::default() });
    let checked = runner.run(&any::<u64>(), |seed| {
        let commits = made(seed);
        let repository = Repository::new();
        repository.git_with(&["fast-import", "--quiet"], &[], stream(&commits).as_bytes());
        let history = repository.history();
        let mut options = options(&history);
        options.evidence = true;
        options.threads = 1;
        let (alone, told) = scanned(&history, &options);
        for threads in [2, 7] {
            options.threads = threads;
            let (together, also_told) = scanned(&history, &options);
            prop_assert_eq!(&together, &alone);
            prop_assert_eq!(also_told.found, told.found.clone());
        }
        // One by one, in the simplest way.
        let (mut assisted, mut weeks, mut found) = (0, BTreeMap::<Week, u64>::new(), Vec::new());
        for visit in history.walk(&options.selection, WalkOptions::default()).unwrap() {
            let commit = history.commit(visit.unwrap()).unwrap();
            let name = sha(commit.id);
            let text = CommitText {
                sha: &name,
                message: &commit.message,
                author: &commit.author,
                committer: &commit.committer,
            };
            let evidence = detect_commit(&text, Catalogue::embedded());
            assisted += u64::from(Level::of(&evidence) >= Level::Assisted);
            *weeks.entry(Week::of(commit.committer.date.unwrap())).or_default() += 1;
            if !evidence.is_empty() {
                found.push((commit.id, evidence));
            }
        }
        prop_assert_eq!((alone.tally.total.commits, alone.tally.total.assisted), (commits.len() as u64, assisted));
        prop_assert_eq!(
            alone.tally.weeks.iter().map(|(week, count)| (*week, count.commits)).collect::<BTreeMap<_, _>>(),
            weeks
        );
        prop_assert_eq!(told.found.into_iter().map(|one| (one.id, one.evidence)).collect::<Vec<_>>(), found);
        prop_assert_eq!(told.last, Some((commits.len() as u64, Some(commits.len() as u64))));
        Ok(())
    });
    checked.unwrap();
}

#[test]
fn shares_are_between_nothing_and_all() {
    assert_eq!(seconder::scan::share(0, 0).to_string(), "0");
    assert_eq!(seconder::scan::share(1, 3).to_string(), "0.3333");
    assert_eq!(seconder::scan::share(3, 3).to_string(), "1");
    assert_eq!(shown(&[]), [""; 0]);
}
