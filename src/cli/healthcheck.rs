//! `seconder healthcheck`: whether a server on this machine is ready. For containers, which hold no other program to ask.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;

use crate::config;

/// Supervisors ask every few seconds, and give up after a few of their own.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);

/// The server's own default.
const DEFAULT: &str = "http://127.0.0.1:8080/readyz";

/// Ask whether a server is ready: exit code 0 if it is, 1 if not.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    seconder healthcheck\n  \
    seconder healthcheck --config /etc/seconder/seconder.toml\n  \
    seconder healthcheck --url http://127.0.0.1:9000/readyz")]
pub(super) struct Healthcheck {
    /// Where to ask. Without it, the address is that of the configuration file, or the server's default.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// The server's configuration file, which says where it listens.
    #[arg(long, value_name = "FILE", env = "SECONDER_CONFIG")]
    config: Option<PathBuf>,
}

impl Healthcheck {
    /// Says on standard output whether it is ready.
    #[expect(clippy::print_stdout, reason = "the answer")]
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let url = self.url()?;
        let url = reqwest::Url::parse(&url).with_context(|| format!("--url: {url:?} is not an address"))?;
        if !matches!(url.scheme(), "http" | "https") {
            bail!("--url: must begin with http:// or https://");
        }
        match ask(url).await {
            Ok(()) => {
                println!("ready");
                Ok(ExitCode::SUCCESS)
            }
            Err(why) => {
                println!("not ready: {why}");
                Ok(ExitCode::FAILURE)
            }
        }
    }

    fn url(&self) -> anyhow::Result<String> {
        let Some(path) = self.config.as_ref().filter(|_| self.url.is_none()) else {
            return Ok(self.url.clone().unwrap_or_else(|| DEFAULT.to_owned()));
        };
        let listen = config::listen(path, config::environment()?)?;
        if let Ok(address) = listen.parse::<SocketAddr>() {
            return of(address);
        }
        // A name, which is resolved as the server resolves it.
        Ok(format!("http://{listen}/readyz"))
    }
}

/// The same machine's way to a server that listens there.
fn of(listen: SocketAddr) -> anyhow::Result<String> {
    if listen.port() == 0 {
        bail!("server.listen: the port is chosen anew at every start; name it with --url");
    }
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    Ok(format!("http://{}/readyz", SocketAddr::new(ip, listen.port())))
}

async fn ask(url: reqwest::Url) -> Result<(), String> {
    let client = reqwest::Client::builder().no_proxy().timeout(ANSWER_WITHIN).build().map_err(|error| told(&error))?;
    let response = client.get(url).send().await.map_err(|error| told(&error))?;
    let status = response.status();
    if status.is_success() {
        return Ok(());
    }
    Err(format!("the server answers {status}"))
}

/// The innermost cause, which says what happened in the system's words.
fn told(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return format!("no answer within {} seconds", ANSWER_WITHIN.as_secs());
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
