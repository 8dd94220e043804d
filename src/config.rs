//! The process's configuration: a TOML file, overlaid with environment variables, with secrets from either or from
//! files of their own.
//!
//! Low to high: `file` holds exactly what was written; [`Config`] is checked, with files read and paths resolved.

mod file;
mod gitlab;
mod overlay;
mod paths;
mod secret_files;

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

pub use file::{OrganisationPolicy, json_schema};
pub use gitlab::GitLabHost;
pub use paths::Paths;
pub use secret_files::secret_files;

/// The largest file that is read, in bytes. Configuration, keys and secrets are far smaller.
const LARGEST_FILE_BYTES: u64 = 1024 * 1024;

/// The longest name of a check, in characters: it stands in one line of a change's page.
const LONGEST_CHECK_NAME: usize = 100;

/// Everything that the server needs to know to start.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen, `ADDRESS:PORT`.
    pub listen: String,
    /// Where people reach the server, without a trailing slash.
    pub public_url: String,
    /// The database. May hold a password.
    pub store_url: SecretString,
    /// GitHub hosts.
    pub github: Vec<GitHubHost>,
    /// GitLab hosts.
    pub gitlab: Vec<GitLabHost>,
    /// The directory's files.
    pub directory_files: Vec<PathBuf>,
    /// Files of AI tools, each laid over those before it.
    pub agents_files: Vec<PathBuf>,
    /// The floor: a file's name and text, or nothing for the built-in default.
    pub floor: Option<NamedText>,
    /// What a missing organisation policy means.
    pub organisation_policy: OrganisationPolicy,
    /// The check's name.
    pub check_name: String,
    /// Whether the check names people who could approve.
    pub names_candidates: bool,
    /// How the engine works.
    pub engine: EngineLimits,
    /// How often is looked for what no delivery told of.
    pub sweep: Sweep,
    /// Owners whose signed pages show tiers, as they stand among the owners of a host.
    pub tiers_shown_for: Vec<String>,
}

/// A file that was read, and its name.
#[derive(Debug, Clone)]
pub struct NamedText {
    /// As configured.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// One GitHub host: github.com, a GHE.com subdomain, or a GitHub Enterprise Server.
#[derive(Debug, Clone)]
pub struct GitHubHost {
    /// Base of its REST API.
    pub api_url: String,
    /// The App's number on that host.
    pub app_id: u64,
    /// The App's private key, PEM.
    pub private_key: SecretString,
    /// Secrets that deliveries may be signed with; several at once for rotation.
    pub webhook_secrets: Vec<SecretString>,
    /// Logins (or numbers) of the owners whose installations are served.
    pub owners: Vec<String>,
}

/// How the engine works.
#[derive(Debug, Clone, Copy)]
pub struct EngineLimits {
    /// Changes evaluated at the same time.
    pub workers: usize,
    /// How long one API request may take.
    pub request_timeout: Duration,
    /// How long a worker may hold a change without renewing.
    pub lease: Duration,
}

/// How often is looked for what no delivery told of.
#[derive(Debug, Clone, Copy)]
pub struct Sweep {
    /// How often all repositories and open changes are listed.
    pub changes_every: Duration,
    /// How often the forge is asked for deliveries that were missed.
    pub deliveries_every: Duration,
}

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be read.
    #[error("{what}: cannot read {path}: {reason}")]
    Unreadable {
        /// The key that names it.
        what: String,
        /// The file.
        path: PathBuf,
        /// Why. Not named as a source: whoever prints a whole chain would say it twice.
        reason: std::io::Error,
    },
    /// The file is not valid TOML, or holds keys or values that it must not.
    #[error("{path}:{line}:{column}: {message}")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// File and environment together do not make a usable configuration.
    #[error("{key}: {message}")]
    Unusable {
        /// The key, dotted.
        key: String,
        /// What is wrong and what to do.
        message: String,
    },
}

impl Config {
    /// Loads the file, overlays environment variables that begin with `SECONDER_`, and reads the files that both name.
    pub fn load(path: &Path, environment: impl IntoIterator<Item = (String, String)>) -> Result<Self, Error> {
        Self::load_with(path, environment, &read_bytes)
    }

    /// The same, with files read by `read`.
    pub fn load_with(
        path: &Path,
        environment: impl IntoIterator<Item = (String, String)>,
        read: &dyn Fn(&Path) -> io::Result<Vec<u8>>,
    ) -> Result<Self, Error> {
        let base = path.parent().unwrap_or(Path::new("."));
        let files = Files { base, read };
        let text = files.text("--config", path)?;
        resolve(file::parse(path, &text, environment)?, files)
    }
}

/// Where the server listens, without a look at its secrets.
pub fn listen(path: &Path, environment: impl IntoIterator<Item = (String, String)>) -> Result<String, Error> {
    Ok(file::parse(path, &read("--config", path)?, environment)?.server.listen)
}

/// The variables of the process, for [`Config::load`].
pub fn environment() -> Result<Vec<(String, String)>, Error> {
    overlay::variables()
}

/// How files are read, and what their names are relative to.
#[derive(Clone, Copy)]
struct Files<'a> {
    base: &'a Path,
    read: &'a dyn Fn(&Path) -> io::Result<Vec<u8>>,
}

impl Files<'_> {
    /// A file that a key names, relative to the configuration file.
    fn named(self, key: &str, name: &str) -> Result<String, Error> {
        if name.is_empty() {
            return Err(unusable(key, "names no file"));
        }
        self.text(key, &self.base.join(name))
    }

    fn text(self, key: &str, path: &Path) -> Result<String, Error> {
        let bytes = (self.read)(path).map_err(|reason| Error::Unreadable {
            what: key.to_owned(),
            path: path.to_owned(),
            reason,
        })?;
        String::from_utf8(bytes)
            .map_err(|_| unusable(key, format!("{} is not UTF-8 text; save it as such", path.display())))
    }
}

/// The text of a file that a key names.
fn read(key: &str, path: &Path) -> Result<String, Error> {
    Files { base: Path::new("."), read: &read_bytes }.text(key, path)
}

fn read_bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST_FILE_BYTES {
        return Err(io::Error::other(format!("it is larger than {} KiB", LARGEST_FILE_BYTES / 1024)));
    }
    Ok(bytes)
}

fn unusable(key: impl Into<String>, message: impl Into<String>) -> Error {
    Error::Unusable { key: key.into(), message: message.into() }
}

fn resolve(file: file::File, files: Files<'_>) -> Result<Config, Error> {
    if file.github.is_empty() && file.gitlab.is_empty() {
        return Err(unusable("github", "no forge is configured; add a [[github]] or a [[gitlab]] table"));
    }
    let public_url = public_url(&file.server.public_url)?;
    let github: Result<Vec<GitHubHost>, Error> =
        file.github.into_iter().enumerate().map(|(n, host)| resolve_host(host, n, files)).collect();
    let github = github?;
    let gitlab = file.gitlab.into_iter().enumerate().map(|(n, host)| gitlab::resolve(host, n, &public_url, files));
    let gitlab = gitlab.collect::<Result<Vec<GitLabHost>, Error>>()?;
    refuse_shared_secrets(&github, &gitlab)?;
    let floor = match file.policy.floor {
        Some(name) => Some(NamedText { text: files.named("policy.floor", &name)?, name }),
        None => None,
    };
    let store_url = secret("store.url", file.store.url, file.store.url_file, files)?.ok_or_else(|| {
        unusable("store.url", "is missing; for the embedded database write url = \"sqlite:seconder.db\"")
    })?;
    let tiers_shown_for = file.pages.tiers;
    let of_github = github.iter().flat_map(|host| &host.owners);
    let served: Vec<&String> = of_github.chain(gitlab.iter().flat_map(|host| &host.owners)).collect();
    refuse_strangers(&tiers_shown_for, &served)?;
    Ok(Config {
        listen: file.server.listen,
        public_url,
        store_url: beside(files.base, store_url),
        github,
        gitlab,
        directory_files: file.directory.files.iter().map(|name| files.base.join(name)).collect(),
        agents_files: file.agents.files.iter().map(|name| files.base.join(name)).collect(),
        floor,
        organisation_policy: file.policy.organisation,
        check_name: check_name(file.check.name)?,
        names_candidates: file.check.names_candidates,
        engine: engine_limits(&file.engine)?,
        sweep: sweep(&file.sweep)?,
        tiers_shown_for,
    })
}

/// An owner is known by what it is called among those that are served: its number was pinned under that login.
fn refuse_strangers(shown: &[String], served: &[&String]) -> Result<(), Error> {
    let is_served = |owner: &&String| served.iter().any(|one| one.eq_ignore_ascii_case(owner));
    match shown.iter().find(|owner| !is_served(owner)) {
        None => Ok(()),
        Some(stranger) => {
            let message =
                format!("names {stranger:?}, which stands in no host's `owners`; write it as it stands there");
            Err(unusable("pages.tiers", message))
        }
    }
}

/// An embedded database is beside the configuration file, as all that it names.
fn beside(base: &Path, url: SecretString) -> SecretString {
    let (path, options) = match url.expose_secret().split_once('?') {
        Some((path, options)) => (path, Some(options)),
        None => (url.expose_secret(), None),
    };
    // `:memory:` is no path. That it will not do is for the store to say.
    let is_path = |path: &&str| !path.is_empty() && !path.starts_with([':', '/']);
    let path = path.strip_prefix("sqlite://").or_else(|| path.strip_prefix("sqlite:")).filter(is_path);
    let path = path.and_then(|path| base.join(path).to_str().map(str::to_owned));
    match (path, options) {
        (Some(path), Some(options)) => format!("sqlite:{path}?{options}").into(),
        (Some(path), None) => format!("sqlite:{path}").into(),
        (None, _) => url,
    }
}

fn public_url(given: &str) -> Result<String, Error> {
    let wrong = |message: &str| unusable("server.public_url", message);
    if !(given.starts_with("https://") || given.starts_with("http://")) {
        return Err(wrong("must begin with https:// (or http:// for a trial on one machine)"));
    }
    let uri: http::Uri = given.parse().map_err(|_| wrong("is not an address such as https://seconder.example.com"))?;
    if uri.authority().is_none_or(|authority| authority.as_str().contains('@')) || uri.query().is_some() {
        return Err(wrong("must hold neither credentials nor a query"));
    }
    Ok(given.trim_end_matches('/').to_owned())
}

fn check_name(name: String) -> Result<String, Error> {
    let is_plain = !name.trim().is_empty() && name.trim() == name && !name.contains(char::is_control);
    if is_plain && name.chars().count() <= LONGEST_CHECK_NAME {
        return Ok(name);
    }
    Err(unusable("check.name", "must be one line of at most 100 characters, without blanks around it"))
}

/// A delivery is known to come from a host by the secret that signed it.
fn refuse_shared_secrets(github: &[GitHubHost], gitlab: &[GitLabHost]) -> Result<(), Error> {
    let of_github = github.iter().enumerate().map(|(n, host)| {
        let own: Vec<&SecretString> = host.webhook_secrets.iter().collect();
        (format!("github.{n}.webhook_secrets"), own)
    });
    let of_gitlab = gitlab.iter().enumerate().map(|(n, host)| {
        let own: Vec<&SecretString> = host.webhook_signing_tokens.iter().chain(&host.webhook_secret_tokens).collect();
        (format!("gitlab.{n}.webhook_signing_tokens and webhook_secret_tokens"), own)
    });
    let mut seen = std::collections::BTreeSet::new();
    for (key, own) in of_github.chain(of_gitlab) {
        let own: std::collections::BTreeSet<&str> = own.into_iter().map(ExposeSecret::expose_secret).collect();
        if own.iter().any(|secret| seen.contains(secret)) {
            return Err(unusable(key, "holds a secret of another host; every host needs secrets of its own"));
        }
        seen.extend(own);
    }
    Ok(())
}

fn engine_limits(engine: &file::Engine) -> Result<EngineLimits, Error> {
    if !(1..=64).contains(&engine.workers) {
        return Err(unusable("engine.workers", "must be between 1 and 64"));
    }
    if !(1..=60).contains(&engine.request_timeout_seconds) {
        return Err(unusable("engine.request_timeout_seconds", "must be between 1 and 60"));
    }
    let request_timeout = Duration::from_secs(engine.request_timeout_seconds);
    // A worker renews between requests, so a lease has to outlive the longest request with room to spare.
    Ok(EngineLimits { workers: engine.workers, request_timeout, lease: request_timeout * 3 })
}

fn sweep(sweep: &file::Sweep) -> Result<Sweep, Error> {
    let every = |key: &str, minutes: u64| {
        let is_sound = (1..=24 * 60).contains(&minutes);
        let every = is_sound.then(|| Duration::from_secs(minutes * 60));
        every.ok_or_else(|| unusable(key, "must be between 1 and 1440 minutes"))
    };
    Ok(Sweep {
        changes_every: every("sweep.changes_minutes", sweep.changes_minutes)?,
        deliveries_every: every("sweep.deliveries_minutes", sweep.deliveries_minutes)?,
    })
}

fn resolve_host(host: file::GitHub, number: usize, files: Files<'_>) -> Result<GitHubHost, Error> {
    let key = |name: &str| format!("github.{number}.{name}");
    // The address is repeated by whoever finds fault with it, so nothing secret may be in it.
    if host.api_url.contains('@') {
        return Err(unusable(key("api_url"), "must hold no credentials; the App's key is all that is needed"));
    }
    if host.app_id == 0 {
        return Err(unusable(key("app_id"), "must be the number on the App's settings page"));
    }
    let private_key = secret(&key("private_key"), host.private_key, host.private_key_file, files)?
        .ok_or_else(|| unusable(key("private_key_file"), "is missing; name the .pem file of the App's private key"))?;
    let webhook_secrets = secrets(&key("webhook_secrets"), host.webhook_secrets, host.webhook_secrets_file, files)?;
    if webhook_secrets.is_empty() || webhook_secrets.iter().any(|secret| secret.expose_secret().is_empty()) {
        return Err(unusable(key("webhook_secrets"), "must hold at least one secret, and none may be empty"));
    }
    if webhook_secrets.iter().any(|secret| secret.expose_secret().starts_with("replace me")) {
        let message = "still holds the example's text, which everybody knows; make one: openssl rand -hex 32";
        return Err(unusable(key("webhook_secrets"), message));
    }
    if host.owners.is_empty() {
        return Err(unusable(key("owners"), "must name at least one organisation or user, e.g. owners = [\"acme\"]"));
    }
    if let Some(other) = host.owners.iter().find(|owner| !is_login(owner)) {
        let message = format!("{other:?} is not the login of an organisation or user, such as \"acme\"");
        return Err(unusable(key("owners"), message));
    }
    Ok(GitHubHost {
        api_url: host.api_url.trim_end_matches('/').to_owned(),
        app_id: host.app_id,
        private_key,
        webhook_secrets,
        owners: host.owners,
    })
}

fn is_login(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// Secrets given directly, or in a file of their own, one a line; both at once is a mistake.
fn secrets(
    key: &str,
    given: Vec<SecretString>,
    file: Option<String>,
    files: Files<'_>,
) -> Result<Vec<SecretString>, Error> {
    let Some(name) = file else { return Ok(given) };
    if !given.is_empty() {
        let short = key.rsplit('.').next().unwrap_or(key);
        return Err(unusable(key, format!("are given twice: as {short} and as {short}_file; keep one")));
    }
    let text = files.named(&format!("{key}_file"), &name)?;
    Ok(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(SecretString::from).collect())
}

/// A secret given directly, or in a file of its own; both at once is a mistake.
fn secret(
    key: &str,
    given: Option<SecretString>,
    file: Option<String>,
    files: Files<'_>,
) -> Result<Option<SecretString>, Error> {
    match (given, file) {
        (Some(_), Some(_)) => Err(unusable(key, format!("is given twice: as {key} and as {key}_file; keep one"))),
        (Some(secret), None) => Ok(Some(secret)),
        (None, Some(name)) => {
            let text = files.named(&format!("{key}_file"), &name)?;
            Ok(Some(SecretString::from(text.trim_end_matches(['\n', '\r']))))
        }
        (None, None) => Ok(None),
    }
}

#[cfg(test)]
mod tests;
