//! The part of a configuration that tools need which run without a server, and without its secrets.

use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::{Error, Files, beside, file, read, read_bytes, secret};

/// The files that a configuration names, resolved and not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// The directory's files.
    pub directory: Vec<PathBuf>,
    /// Files of AI tools.
    pub agents: Vec<PathBuf>,
    /// The floor's file; `None`: the built-in policy.
    pub floor: Option<PathBuf>,
}

impl Paths {
    /// Reads the file, overlaid with environment variables that begin with `SECONDER_`. Secrets need not be there.
    pub fn load(path: &Path, environment: impl IntoIterator<Item = (String, String)>) -> Result<Self, Error> {
        let text = read("--config", path)?;
        let base = path.parent().unwrap_or(Path::new("."));
        let file = file::parse(path, &text, environment)?;
        let directory = file.directory.files.iter().map(|name| base.join(name)).collect();
        let agents = file.agents.files.iter().map(|name| base.join(name)).collect();
        Ok(Self { directory, agents, floor: file.policy.floor.map(|name| base.join(name)) })
    }

    /// The address of the store, where the file or the environment has it and it can be read.
    pub fn store(
        path: &Path,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Option<SecretString>, Error> {
        let text = read("--config", path)?;
        let base = path.parent().unwrap_or(Path::new("."));
        let store = file::parse(path, &text, environment)?.store;
        let files = Files { base, read: &read_bytes };
        let url = secret("store.url", store.url, store.url_file, files).ok().flatten();
        Ok(url.map(|url| beside(base, url)))
    }
}
