//! What the server works with at a forge and can lose: tokens that end, webhooks that are disabled.

use std::sync::Mutex;
use std::sync::PoisonError;

use jiff::{SignedDuration, Timestamp};

use super::Engine;
use crate::forge::{self, Forge};

/// How often forges are asked when tokens end.
const ASK_EVERY: SignedDuration = SignedDuration::from_hours(1);

/// When they were asked last.
#[derive(Debug, Default)]
pub(super) struct Asked(Mutex<Option<Timestamp>>);

impl Asked {
    /// Whether it is time to ask again. It is then taken for asked, whatever comes of it.
    fn is_due(&self, now: Timestamp) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = last.is_none_or(|last| now.duration_since(last).abs() >= ASK_EVERY);
        if is_due {
            *last = Some(now);
        }
        is_due
    }
}

impl Engine {
    /// Notes when tokens end, once an hour. To be called now and then.
    pub async fn look_at_tokens(&self) {
        if !self.asked.is_due(self.clock.now()) {
            return;
        }
        for (host, forge) in &self.forges {
            let Forge::GitLab(gitlab) = forge.as_ref() else { continue };
            match gitlab.token_ends_at().await {
                Ok(ends_at) => self.metrics.token(host.as_str(), ends_at),
                Err(error) => tracing::warn!(%host, reason = %error, "when the token ends could not be asked"),
            }
        }
    }

    /// Has disabled webhooks tested, which enables them again.
    pub(super) async fn revive_hooks(&self, forge: &Forge) -> Result<(), forge::Error> {
        let Forge::GitLab(gitlab) = forge else { return Ok(()) };
        let (revived, failed) = gitlab.revive_hooks().await?;
        if revived + failed > 0 {
            tracing::warn!(host = %gitlab.host(), revived, failed, "webhooks were disabled, and have been tested");
            self.metrics.disabled_hooks("revived", revived);
            self.metrics.disabled_hooks("failed", failed);
        }
        Ok(())
    }
}
