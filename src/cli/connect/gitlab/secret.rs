//! What a webhook shows that it is GitLab's by: of the server's configuration, or made for it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};

use crate::forge::gitlab::setup::HookSecret;

/// Secrets of the server's configuration.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// `webhook_signing_tokens`.
    pub signing: Vec<SecretString>,
    /// `webhook_secret_tokens`.
    pub tokens: Vec<SecretString>,
}

/// What new webhooks get.
#[derive(Debug, Clone)]
pub(super) struct Chosen {
    pub(super) secret: HookSecret,
    /// Nobody else knows it: the server has to be told.
    pub(super) is_new: bool,
}

/// The secret for new webhooks of an instance that signs, or does not. `None` where the server's configuration has secrets,
/// and none that such an instance can use.
pub(super) fn choose(known: Option<&Known>, signs: bool) -> Option<Chosen> {
    let given = |secret| Some(Chosen { secret, is_new: false });
    match known {
        Some(known) => match (known.signing.first(), known.tokens.first()) {
            (Some(signing), _) if signs => given(HookSecret::Signing(signing.clone())),
            (_, Some(token)) => given(HookSecret::Token(token.clone())),
            _ => None,
        },
        None => Some(Chosen { secret: make(signs), is_new: true }),
    }
}

/// A secret as GitLab makes them: 32 random bytes.
fn make(signs: bool) -> HookSecret {
    let bytes: [u8; 32] = rand::random();
    let text = STANDARD.encode(bytes);
    if signs { HookSecret::Signing(format!("whsec_{text}").into()) } else { HookSecret::Token(text.into()) }
}

/// The line of the server's configuration that makes it known.
pub(super) fn line(secret: &HookSecret) -> String {
    let (key, secret) = match secret {
        HookSecret::Signing(secret) => ("webhook_signing_tokens", secret),
        HookSecret::Token(secret) => ("webhook_secret_tokens", secret),
    };
    format!("{key} = [\"{}\"]\n", secret.expose_secret())
}
