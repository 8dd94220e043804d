//! Webhooks that GitLab disabled, as they failed too often: a test that succeeds puts one back to work.
//! <https://docs.gitlab.com/user/project/integrations/webhooks/#re-enable-disabled-webhooks>

use std::sync::PoisonError;

use http::Method;
use serde_json::json;

use super::client::{Call, GitLab, path};
use crate::forge::Error;

/// What is sent as a test: a push that never happened, which moves nothing.
const TRIGGER: &str = "push_events";

impl GitLab {
    /// Notes that a webhook of ours is disabled: its path below `/api/v4`.
    pub(super) fn note_disabled(&self, hook: String) {
        self.shared.disabled.lock().unwrap_or_else(PoisonError::into_inner).insert(hook);
    }

    /// Has the webhooks tested that were disabled when they were last listed: how many tests succeeded, and how many did not.
    pub async fn revive_hooks(&self) -> Result<(u64, u64), Error> {
        let disabled = std::mem::take(&mut *self.shared.disabled.lock().unwrap_or_else(PoisonError::into_inner));
        let (mut revived, mut failed) = (0, 0);
        for hook in disabled {
            let what = format!("a test of {hook}");
            let segments: Vec<&str> = hook.split('/').filter(|segment| !segment.is_empty()).collect();
            let path = path(&[segments.as_slice(), &["test", TRIGGER]].concat(), &[]);
            let call = Call::write(Method::POST, path, json!({}), &what);
            match self.send_openly(&call).await {
                Ok(answer) if answer.status.is_success() => revived += 1,
                // The next list shows whether it is disabled still.
                Ok(_) | Err(Error::Uncertain { .. } | Error::Transient { .. }) => failed += 1,
                Err(error) => return Err(error),
            }
        }
        Ok((revived, failed))
    }
}
