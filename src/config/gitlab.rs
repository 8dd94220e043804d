//! GitLab hosts: one account's token, what deliveries are known by, and which groups are served.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};

use super::{Error, Files, file, is_login, secret, secrets, unusable};

/// What GitLab's signing tokens begin with.
const SIGNING_PREFIX: &str = "whsec_";

/// The shortest key that is accepted, in bytes. GitLab's have 32.
const SHORTEST_SIGNING_KEY: usize = 24;

/// The shortest secret token that is accepted, in characters: it is sent along as it is, and anybody may guess.
const SHORTEST_SECRET_TOKEN: usize = 16;

/// One GitLab: gitlab.com, or an instance of one's own.
#[derive(Debug, Clone)]
pub struct GitLabHost {
    /// Its address, without a trailing slash; below a path where the instance is.
    pub url: String,
    /// The token of our account there.
    pub token: SecretString,
    /// What deliveries are signed with; several at once for rotation.
    pub webhook_signing_tokens: Vec<SecretString>,
    /// What deliveries of older hooks carry along; several at once for rotation. Without any, deliveries must be signed.
    pub webhook_secret_tokens: Vec<SecretString>,
    /// Paths (or numbers) of the top-level groups, and users, whose projects are served.
    pub owners: Vec<String>,
    /// The name of the project below each top-level group that holds the organisation's policy.
    pub policy_project: String,
    /// Whom tokens of CI jobs that ask for a verdict must be made for.
    pub job_audience: String,
}

impl GitLabHost {
    /// The host by which everything there is known, with its port where it has one.
    pub fn host(&self) -> &str {
        let rest = self.url.split_once("://").map_or(self.url.as_str(), |(_, rest)| rest);
        rest.split('/').next().unwrap_or_default()
    }
}

/// Checks a table. `public_url` is where the server is reached.
pub(super) fn resolve(
    host: file::GitLab,
    number: usize,
    public_url: &str,
    files: Files<'_>,
) -> Result<GitLabHost, Error> {
    let key = |name: &str| format!("gitlab.{number}.{name}");
    let url = url(&key("url"), &host.url)?;
    let token =
        secret(&key("token"), host.token, host.token_file, files)?.filter(|token| !token.expose_secret().is_empty());
    let token = token.ok_or_else(|| {
        unusable(key("token_file"), "is missing; name the file that holds the access token of the server's own account")
    })?;
    let signing =
        secrets(&key("webhook_signing_tokens"), host.webhook_signing_tokens, host.webhook_signing_tokens_file, files)?;
    let tokens =
        secrets(&key("webhook_secret_tokens"), host.webhook_secret_tokens, host.webhook_secret_tokens_file, files)?;
    if signing.is_empty() && tokens.is_empty() {
        let message = "must hold at least one token, as GitLab shows it when a webhook is made; for versions before 19.0, \
                       webhook_secret_tokens will do";
        return Err(unusable(key("webhook_signing_tokens"), message));
    }
    if !signing.iter().all(is_signing_token) {
        let message =
            "must hold tokens as GitLab shows them: whsec_ and base64; other secrets are webhook_secret_tokens";
        return Err(unusable(key("webhook_signing_tokens"), message));
    }
    if tokens.iter().any(|token| token.expose_secret().chars().count() < SHORTEST_SECRET_TOKEN) {
        let message = "must hold tokens of at least 16 characters; make one: openssl rand -hex 32";
        return Err(unusable(key("webhook_secret_tokens"), message));
    }
    if tokens.iter().any(|token| token.expose_secret().starts_with(SIGNING_PREFIX)) {
        let message = "holds a signing token, which is never sent along; it belongs among webhook_signing_tokens";
        return Err(unusable(key("webhook_secret_tokens"), message));
    }
    if host.owners.is_empty() {
        return Err(unusable(
            key("owners"),
            "must name at least one top-level group or user, e.g. owners = [\"acme\"]",
        ));
    }
    if let Some(other) = host.owners.iter().find(|owner| !is_login(owner)) {
        let message = format!("{other:?} is not the path of a top-level group or user, such as \"acme\"");
        return Err(unusable(key("owners"), message));
    }
    if !is_login(&host.policy_project) {
        let message = format!("{:?} is not the path of one project, such as \"seconder-policy\"", host.policy_project);
        return Err(unusable(key("policy_project"), message));
    }
    let job_audience = host.job_audience.unwrap_or_else(|| public_url.to_owned());
    if job_audience.is_empty() || job_audience.contains(char::is_whitespace) {
        return Err(unusable(key("job_audience"), "must be one word, such as the server's own address"));
    }
    Ok(GitLabHost {
        url,
        token,
        webhook_signing_tokens: signing,
        webhook_secret_tokens: tokens,
        owners: host.owners,
        policy_project: host.policy_project,
        job_audience,
    })
}

fn url(key: &str, given: &str) -> Result<String, Error> {
    if !(given.starts_with("https://") || given.starts_with("http://")) {
        return Err(unusable(key, "must begin with https:// (or http:// for a trial on one machine)"));
    }
    // The address is repeated by whoever finds fault with it, so nothing secret may be in it.
    if given.contains('@') {
        return Err(unusable(key, "must hold no credentials; the token is all that is needed"));
    }
    let uri: http::Uri = given.parse().map_err(|_| unusable(key, "is not an address such as https://gitlab.com"))?;
    if uri.host().is_none_or(str::is_empty) || uri.query().is_some() {
        return Err(unusable(key, "is not an address such as https://gitlab.com"));
    }
    if uri.path().contains("/api/") || uri.path().ends_with("/api") {
        return Err(unusable(key, "must be the address that people open, without /api/v4"));
    }
    Ok(given.trim_end_matches('/').to_owned())
}

fn is_signing_token(token: &SecretString) -> bool {
    let key = token.expose_secret().strip_prefix(SIGNING_PREFIX).and_then(|key| STANDARD.decode(key).ok());
    key.is_some_and(|key| key.len() >= SHORTEST_SIGNING_KEY)
}
