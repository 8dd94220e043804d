//! Installation tokens: one per installation, kept in memory only, asked for once however many wait for it.
//!
//! A token is text of any length: GitHub is changing their form.

use std::sync::Arc;

use http::Method;
use jiff::{SignedDuration, Timestamp};
use moka::future::Cache;
use moka::ops::compute::Op;
use octocrab::Octocrab;
use secrecy::SecretString;
use serde::Deserialize;

use super::Error;
use super::client::{Call, GitHub};

/// A token that ends sooner than this is not used for another call.
const MARGIN: SignedDuration = SignedDuration::from_secs(60);

/// An installation's octocrab and the end of the token that it carries.
pub(super) struct Session {
    pub octocrab: Octocrab,
    ends_at: Timestamp,
}

/// All installations' sessions.
pub(super) struct Tokens {
    sessions: Cache<i64, Arc<Session>>,
}

impl Default for Tokens {
    fn default() -> Self {
        Self { sessions: Cache::new(10_000) }
    }
}

impl Tokens {
    pub(super) async fn forget(&self, installation: i64) {
        self.sessions.invalidate(&installation).await;
    }

    /// Drops this session, unless another has taken its place meanwhile.
    async fn drop_session(&self, installation: i64, session: &Arc<Session>) {
        let decide = |entry: Option<moka::Entry<i64, Arc<Session>>>| {
            let is_same = entry.is_some_and(|entry| Arc::ptr_eq(entry.value(), session));
            std::future::ready(if is_same { Op::Remove } else { Op::Nop })
        };
        self.sessions.entry(installation).and_compute_with(decide).await;
    }
}

#[derive(Deserialize)]
struct AccessToken {
    token: SecretString,
    expires_at: Timestamp,
}

impl GitHub {
    /// A session with a token that is still good. Whoever asks while one is being fetched shares it, or its failure.
    pub(super) async fn session(&self, installation: i64) -> Result<Arc<Session>, Error> {
        let sessions = &self.tokens().sessions;
        let fetch = || async { self.new_session(installation).await.map(Arc::new) };
        let shared = |error: Arc<Error>| error.as_ref().clone();
        let session = sessions.try_get_with(installation, fetch()).await.map_err(shared)?;
        if self.now() < session.ends_at {
            return Ok(session);
        }
        self.tokens().drop_session(installation, &session).await;
        sessions.try_get_with(installation, fetch()).await.map_err(shared)
    }

    /// A session with another token than this one, which GitHub has refused.
    pub(super) async fn renewed_session(
        &self,
        installation: i64,
        refused: &Arc<Session>,
    ) -> Result<Arc<Session>, Error> {
        self.tokens().drop_session(installation, refused).await;
        self.session(installation).await
    }

    async fn new_session(&self, installation: i64) -> Result<Session, Error> {
        let what = format!("a token for installation {installation}");
        let path = format!("/app/installations/{installation}/access_tokens");
        let mut call = Call::write(Method::POST, path, &serde_json::json!({}), &what)?;
        // A token too many does no harm: losing the answer is no reason to look whether it took effect.
        call.is_write = false;
        let AccessToken { token, expires_at } = self.send_as_app(&call).await?.json(&what)?;
        let ends_at = expires_at.saturating_sub(MARGIN).unwrap_or(expires_at);
        Ok(Session { octocrab: self.authorised(token), ends_at })
    }
}
