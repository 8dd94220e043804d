//! Programs that are run to be measured.

use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde::Serialize;

/// How often a running program is looked at. Its peak is what the kernel remembers.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// What running a program took: the fastest of some rounds.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Cost {
    pub(crate) seconds: f64,
    /// Peak memory, with what is mapped of files.
    pub(crate) peak_kib: u64,
    /// The most that was seen of it without files.
    pub(crate) anonymous_kib: u64,
}

/// Runs it so many times. What it prints goes nowhere.
pub(crate) fn cost(program: &str, args: &[&str], rounds: u32) -> anyhow::Result<Cost> {
    let mut best: Option<Cost> = None;
    for _ in 0..rounds.max(1) {
        let one = once(program, args)?;
        if best.is_none_or(|best| one.seconds < best.seconds) {
            best = Some(one);
        }
    }
    best.context("nothing was measured")
}

fn once(program: &str, args: &[&str]) -> anyhow::Result<Cost> {
    let began = Instant::now();
    let mut child = Command::new(program).args(args).stdout(Stdio::null()).spawn()?;
    let (mut peak_kib, mut anonymous_kib) = (0, 0);
    let status = loop {
        if let Ok(text) = std::fs::read_to_string(format!("/proc/{}/status", child.id())) {
            let field = |name: &str| {
                let line = text.lines().find_map(|line| line.strip_prefix(name))?;
                line.split_whitespace().next()?.parse::<u64>().ok()
            };
            peak_kib = field("VmHWM:").unwrap_or_default().max(peak_kib);
            anonymous_kib = field("RssAnon:").unwrap_or_default().max(anonymous_kib);
        }
        match child.try_wait()? {
            Some(status) => break status,
            None => thread::sleep(LOOK_EVERY),
        }
    };
    let seconds = began.elapsed().as_secs_f64();
    ensure!(status.success(), "{program} {args:?} ends with {status}");
    Ok(Cost { seconds, peak_kib, anonymous_kib })
}

/// What it prints.
pub(crate) fn output(program: &str, args: &[&str]) -> anyhow::Result<String> {
    let done = Command::new(program).args(args).stderr(Stdio::inherit()).output()?;
    ensure!(done.status.success(), "{program} {args:?} ends with {}", done.status);
    Ok(String::from_utf8(done.stdout)?)
}
