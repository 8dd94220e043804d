//! Links to the pages of changes that not everybody may see: who has the link may look.
//!
//! The signature covers the forge, the repository's number and the change's, so that a link survives renames and opens
//! nothing else. It carries no date: how long it is good depends on when the change was closed.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::Sha256;

use super::ids::ChangeKey;

/// What stays as it is in a part of a path. A host may hold a port, and an address of its own kind in brackets.
const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':');

/// What is signed begins so, and nothing else that is ever signed with the key may.
const DOMAIN: &str = "seconder change page v1";

/// The key that signs links. It is never shown.
#[derive(Clone)]
pub struct LinkKey([u8; LinkKey::BYTES]);

impl LinkKey {
    /// Its length.
    pub const BYTES: usize = 32;

    /// Takes random bytes.
    pub fn new(bytes: [u8; Self::BYTES]) -> Self {
        Self(bytes)
    }

    /// The signature that opens this change's page, in hex.
    pub fn sign(&self, change: &ChangeKey) -> String {
        use fmt::Write as _;
        let Some(mac) = self.mac(change) else { return String::new() };
        mac.finalize().into_bytes().iter().fold(String::with_capacity(64), |mut hex, byte| {
            // Writing to a string cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }

    /// Whether this signature opens this change's page. Takes as long for any wrong one.
    pub fn opens(&self, change: &ChangeKey, signature: &str) -> bool {
        let given = bytes(signature);
        let mac = self.mac(change);
        mac.zip(given).is_some_and(|(mac, given)| mac.verify_slice(&given).is_ok())
    }

    /// `None` cannot be: HMAC takes keys of any length.
    fn mac(&self, change: &ChangeKey) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        // A host holds no line break, so that no two changes make the same text.
        mac.update(format!("{DOMAIN}\n{}\n{}\n{}\n", change.repo.host, change.repo.id, change.number).as_bytes());
        Some(mac)
    }
}

impl fmt::Debug for LinkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkKey(…)")
    }
}

/// The address of a change's page: signed with a key, unless everybody may see it. The names are for people; the number of
/// the repository is what counts, so that it holds on when the repository gets another name.
pub fn page_url(public_url: &str, change: &ChangeKey, repo_name: &str, key: Option<&LinkKey>) -> String {
    let part = |part| utf8_percent_encode(part, IN_PATH);
    let (host, repo) = (change.repo.host.as_str(), change.repo.id);
    let (owner, name) = repo_name.split_once('/').unwrap_or(("-", repo_name));
    let signature = key.map_or_else(String::new, |key| format!("&signature={}", key.sign(change)));
    let (host, owner, name, number) = (part(host), part(owner), part(name), change.number);
    format!("{public_url}/changes/{host}/{owner}/{name}/{number}?repository={repo}{signature}")
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let is_hex = hex.len() == 64 && hex.bytes().all(|digit| digit.is_ascii_hexdigit() && !digit.is_ascii_uppercase());
    is_hex.then(|| {
        let digits: Vec<u8> =
            hex.chars().filter_map(|digit| digit.to_digit(16)).filter_map(|n| u8::try_from(n).ok()).collect();
        digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(key: &str, number: i64) -> ChangeKey {
        ChangeKey { repo: key.parse().unwrap(), number }
    }

    #[test]
    fn a_signature_opens_its_own_change_and_no_other() {
        let key = LinkKey::new([7; 32]);
        let signature = key.sign(&change("github.com/12", 3));
        assert_eq!(signature.len(), 64);
        assert!(key.opens(&change("github.com/12", 3), &signature));
        for other in [change("github.com/12", 4), change("github.com/1", 23), change("ghe.example.com/12", 3)] {
            assert!(!key.opens(&other, &signature));
        }
        assert!(!LinkKey::new([8; 32]).opens(&change("github.com/12", 3), &signature));
    }

    #[test]
    fn an_altered_signature_opens_nothing() {
        let (key, change) = (LinkKey::new([7; 32]), change("github.com/12", 3));
        let signature = key.sign(&change);
        let flip = |digit: &str| if digit == "0" { "1" } else { "0" };
        for at in 0..64 {
            let altered = format!("{}{}{}", &signature[..at], flip(&signature[at..=at]), &signature[at + 1..]);
            assert!(!key.opens(&change, &altered), "{altered}");
        }
        for wrong in
            ["", "0", &signature[..62], &signature.to_uppercase(), &format!("{signature}00"), "é".repeat(32).as_str()]
        {
            assert!(!key.opens(&change, wrong), "{wrong}");
        }
    }

    #[test]
    fn the_key_is_not_shown() {
        assert_eq!(format!("{:?}", LinkKey::new([65; 32])), "LinkKey(…)");
    }
}
