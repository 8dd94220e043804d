//! What the figures were measured on.

use std::fmt;
use std::process::Command;

use serde::Serialize;

/// The machine and the state of the sources.
#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    commit: String,
    cores: usize,
    cpu: String,
    memory_gib: u64,
    kernel: String,
    /// Processes that wanted a core, as the kernel averages them over a minute: before and after. Far above what is
    /// measured itself, they say that others were at work, and that times are to be taken with caution.
    load: [f64; 2],
}

impl Machine {
    pub(crate) fn look() -> anyhow::Result<Self> {
        let cpu = std::fs::read_to_string("/proc/cpuinfo")?;
        let cpu = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let memory = std::fs::read_to_string("/proc/meminfo")?;
        let kib = memory.lines().find_map(|line| line.strip_prefix("MemTotal:")?.split_whitespace().next());
        let load = load()?;
        Ok(Self {
            commit: commit().unwrap_or_else(|| "unknown".to_owned()),
            cores: std::thread::available_parallelism()?.get(),
            cpu: cpu.map_or("unknown", |(_, name)| name).to_owned(),
            memory_gib: kib.and_then(|kib| kib.parse::<u64>().ok()).unwrap_or_default() / (1024 * 1024),
            kernel: std::fs::read_to_string("/proc/sys/kernel/osrelease")?.trim().to_owned(),
            load: [load, load],
        })
    }

    pub(crate) fn look_again(&mut self) -> anyhow::Result<()> {
        self.load[1] = load()?;
        Ok(())
    }
}

fn load() -> anyhow::Result<f64> {
    let text = std::fs::read_to_string("/proc/loadavg")?;
    Ok(text.split_whitespace().next().unwrap_or_default().parse()?)
}

/// The commit that was built, and whether anything was changed since.
fn commit() -> Option<String> {
    let git = |args: &[&str]| {
        let done = Command::new("git").args(args).current_dir(env!("CARGO_MANIFEST_DIR")).output().ok()?;
        done.status.success().then(|| String::from_utf8_lossy(&done.stdout).trim().to_owned())
    };
    let commit = git(&["rev-parse", "--short=12", "HEAD"])?;
    let changed = !git(&["status", "--porcelain", "--untracked-files=no"])?.is_empty();
    Some(if changed { format!("{commit} with changes") } else { commit })
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { commit, cores, cpu, memory_gib, kernel, load: [before, after] } = self;
        write!(
            f,
            "Commit {commit}; {cores} cores ({cpu}), {memory_gib} GiB, Linux {kernel}; \
             load {before:.1} before and {after:.1} after."
        )
    }
}
