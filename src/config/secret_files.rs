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
    let is_gitlab_secret = |host: &file::GitLab| {
        host.token.is_some() || !host.webhook_signing_tokens.is_empty() || !host.webhook_secret_tokens.is_empty()
    };
    let holds_any = file.github.iter().any(is_secret) || file.gitlab.iter().any(is_gitlab_secret);
    let itself = holds_any.then(|| path.to_owned());
    let of_host = |host: file::GitHub| [host.private_key_file, host.webhook_secrets_file];
    let of_gitlab =
        |host: file::GitLab| [host.token_file, host.webhook_signing_tokens_file, host.webhook_secret_tokens_file];
    let named = file.github.into_iter().flat_map(of_host);
    let named = named.chain(file.gitlab.into_iter().flat_map(of_gitlab)).chain([file.store.url_file]).flatten();
    Ok(itself.into_iter().chain(named.map(|name| base.join(name))).collect())
}
