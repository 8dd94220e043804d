//! The files that hold secrets.

use std::path::{Path, PathBuf};

use super::{Error, file, read};

/// The files that this configuration names for secrets; itself as well, if it holds one.
pub fn secret_files(
    path: &Path,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<Vec<PathBuf>, Error> {
    let file = file::parse(path, &read("--config", path)?, environment)?;
    let base = path.parent().unwrap_or(Path::new("."));
    let is_secret = |host: &file::GitHub| host.private_key.is_some() || !host.webhook_secrets.is_empty();
    let itself = file.github.iter().any(is_secret).then(|| path.to_owned());
    let of_host = |host: file::GitHub| [host.private_key_file, host.webhook_secrets_file];
    let named = file.github.into_iter().flat_map(of_host).chain([file.store.url_file]).flatten();
    Ok(itself.into_iter().chain(named.map(|name| base.join(name))).collect())
}
