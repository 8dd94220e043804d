//! A repository like many others: some folders, some people, messages of some lines, more and more of them with marks of
//! tools.

use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};

const WORDS: [&str; 16] = [
    "retry", "payment", "cache", "the", "when", "request", "fails", "again", "test", "for", "remove", "unused",
    "parser", "handle", "empty", "list",
];

const MARKS: [&str; 6] = [
    "Co-Authored-By: Claude <noreply@anthropic.com>",
    "🤖 Generated with [Claude Code](https://claude.com/claude-code)\n\nCo-Authored-By: Claude <noreply@anthropic.com>",
    "Co-authored-by: Cursor <cursoragent@cursor.com>",
    "Co-authored-by: Copilot <223556219+Copilot@users.noreply.github.com>",
    "Assisted-by: Claude:claude-opus-4-6",
    "Amp-Thread-ID: https://ampcode.com/threads/T-01234567-89ab-cdef-0123-456789abcdef",
];

const FOLDERS: u32 = 24;
const FILES: u32 = 40;
const PEOPLE: u32 = 200;

/// Writes a repository with so many commits on one branch. The same number gives the same repository.
pub(crate) fn repository(folder: &Path, commits: u64) -> anyhow::Result<()> {
    let git = |args: &[&str]| {
        let mut command = Command::new("git");
        command.current_dir(folder).args(args);
        command
    };
    ensure!(git(&["init", "--quiet", "--bare", "--initial-branch=main"]).status()?.success(), "git init failed");
    let mut child = git(&["fast-import", "--quiet"]).stdin(Stdio::piped()).spawn()?;
    let mut out = BufWriter::new(child.stdin.take().context("no way to write to git")?);
    let mut random = StdRng::seed_from_u64(2026);
    for commit in 0..commits {
        write(&mut out, &mut random, commit, commits)?;
    }
    out.flush()?;
    drop(out);
    ensure!(child.wait()?.success(), "git fast-import failed");
    Ok(())
}

fn write(out: &mut impl Write, random: &mut StdRng, commit: u64, commits: u64) -> anyhow::Result<()> {
    // Fifteen years, evenly.
    let seconds = 1_300_000_000 + commit * 470_000_000 / commits;
    let person = random.random_range(0..PEOPLE);
    let who = format!("Person {person} <person-{person}@acme.dev> {seconds} +0000");
    let message = message(random, commit, commits);
    let (folder, file) = (random.random_range(0..FOLDERS), random.random_range(0..FILES));
    writeln!(out, "commit refs/heads/main\nauthor {who}\ncommitter {who}\ndata {}\n{message}", message.len())?;
    let content = format!("{commit}\n");
    writeln!(
        out,
        "M 100644 inline folder-{folder}/part-{}/file-{file}.rs\ndata {}\n{content}",
        file % 5,
        content.len()
    )?;
    Ok(())
}

fn message(random: &mut StdRng, commit: u64, commits: u64) -> String {
    let mut line = |words: u32| {
        let words: Vec<&str> = (0..words).filter_map(|_| WORDS.choose(random).copied()).collect();
        words.join(" ")
    };
    let mut message = line(6);
    let lines: Vec<String> = (0..commit % 7).map(|_| line(11)).collect();
    for part in ["\n\n", &lines.join("\n"), "\n\nSigned-off-by: Person <person@acme.dev>\n"] {
        message.push_str(part);
    }
    // None in the first three quarters, and more and more after that.
    let chance = (commit * 4).saturating_sub(commits * 3);
    if random.random_range(0..commits) < chance / 2 {
        message.push_str(MARKS.choose(random).copied().unwrap_or_default());
        message.push('\n');
    }
    message
}
