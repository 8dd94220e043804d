//! A server in a process of its own, and what the kernel says of it.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

/// The unit of times in `/proc/PID/stat`, fixed for programs on Linux (`USER_HZ`).
const TICKS_PER_SECOND: f64 = 100.0;

const STARTS_WITHIN: Duration = Duration::from_mins(1);

/// A server that listens. It is killed when it is dropped.
#[derive(Debug)]
pub(crate) struct Served {
    child: Child,
    /// Where its webhook route is.
    pub(crate) webhooks: String,
}

/// Memory in KiB.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    pub(crate) resident_kib: f64,
    /// The most that was resident, since the start or [`Served::forget_peak`].
    pub(crate) peak_kib: f64,
}

impl Served {
    /// The program of the product, with this configuration.
    pub(crate) fn seconder(config: &Path) -> anyhow::Result<Self> {
        Self::product(Command::new(env!("CARGO_BIN_EXE_seconder")), config)
    }

    /// The same, with so many open files at most.
    pub(crate) fn seconder_with_open_files(most: usize, config: &Path) -> anyhow::Result<Self> {
        let mut command = Command::new("/usr/bin/prlimit");
        command.args([&format!("--nofile={most}:{most}"), "--", env!("CARGO_BIN_EXE_seconder")]);
        Self::product(command, config)
    }

    fn product(mut command: Command, config: &Path) -> anyhow::Result<Self> {
        command.args(["serve", "--log-format", "json", "--config"]).arg(config);
        Self::start(command, &config.with_file_name("seconder.log"))
    }

    /// This program itself, as one of `Serve`.
    pub(crate) fn ourselves(role: &str, config: &Path) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(role).arg(config);
        Self::start(command, &config.with_file_name(format!("{role}.log")))
    }

    /// Starts it and waits until it has told, in its log, where it listens.
    fn start(mut command: Command, log: &Path) -> anyhow::Result<Self> {
        let to = std::fs::File::create(log)?;
        let mut child = command.env_clear().stdin(Stdio::null()).stdout(Stdio::null()).stderr(to).spawn()?;
        let began = Instant::now();
        loop {
            let said = std::fs::read_to_string(log)?;
            if let Some(line) = said.lines().find(|line| line.contains("\"message\":\"listening\"")) {
                let line: serde_json::Value = serde_json::from_str(line)?;
                let address = line["address"].as_str().context("it listens nowhere")?;
                return Ok(Self { child, webhooks: format!("http://{address}/webhooks/github") });
            }
            if child.try_wait()?.is_some() || began.elapsed() > STARTS_WITHIN {
                child.kill().ok();
                bail!("the server does not start: {said}");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// `127.0.0.1:PORT`.
    pub(crate) fn address(&self) -> &str {
        self.webhooks.trim_start_matches("http://").trim_end_matches("/webhooks/github")
    }

    /// CPU time so far, of all its threads, in the kernel and outside, in seconds.
    pub(crate) fn cpu(&self) -> anyhow::Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name of the program, in parentheses, may hold anything.
        let (_, fields) = stat.rsplit_once(')').context("/proc/PID/stat")?;
        // Fields 14 and 15 of proc_pid_stat(5); what is left begins with the third.
        let ticks: u64 = fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
        #[expect(clippy::cast_precision_loss, reason = "some seconds")]
        Ok(ticks as f64 / TICKS_PER_SECOND)
    }

    pub(crate) fn memory(&self) -> anyhow::Result<Memory> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let field = |name: &str| -> anyhow::Result<f64> {
            let value = status.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next());
            Ok(value.context("/proc/PID/status")?.parse()?)
        };
        Ok(Memory { resident_kib: field("VmRSS:")?, peak_kib: field("VmHWM:")? })
    }

    /// Begins a new peak of memory.
    pub(crate) fn forget_peak(&self) -> anyhow::Result<()> {
        // proc_pid_clear_refs(5)
        Ok(std::fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5")?)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
