//! Deliveries that the sandbox would not send.

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;

use super::Scene;

impl Scene {
    /// Sends a payload as GitHub would, signed with the App's secret. Gives the status of the answer.
    pub(crate) async fn deliver(&self, event: &str, payload: &Value) -> u16 {
        let body = payload.to_string();
        let call = reqwest::Client::builder().no_proxy().build().unwrap().post(format!("{}/webhooks/github", self.url));
        let answer = call
            .header("content-type", "application/json")
            .header("x-github-event", event)
            .header("x-github-delivery", format!("made-up-{}", self.forge.deliveries().len()))
            .header("x-hub-signature-256", sign(&self.forge.app().webhook_secret, &body))
            .body(body)
            .send()
            .await
            .unwrap();
        self.quiet().await;
        answer.status().as_u16()
    }
}

/// As GitHub signs: HMAC-SHA256 over the exact bytes.
pub(crate) fn sign(secret: &str, body: impl AsRef<[u8]>) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body.as_ref());
    let hex = mac.finalize().into_bytes().iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    format!("sha256={hex}")
}
