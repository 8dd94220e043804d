use http::HeaderMap;
use secrecy::SecretString;

use super::*;

/// The example of GitHub's documentation, "Validating webhook deliveries".
const DOCUMENTED: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

fn secrets(secrets: &[&str]) -> Vec<SecretString> {
    secrets.iter().map(|secret| SecretString::from(*secret)).collect()
}

#[track_caller]
fn check(given: &[&str], body: &[u8], header: Option<&str>, expected: Result<(), SignatureError>) {
    assert_eq!(verify(&secrets(given), body, header), expected);
}

#[test]
fn documented_example_is_genuine() {
    check(&["It's a Secret to Everybody"], b"Hello, World!", Some(DOCUMENTED), Ok(()));
}

#[test]
fn every_secret_is_tried_while_rotating() {
    let secret = "It's a Secret to Everybody";
    check(&["new", secret], b"Hello, World!", Some(DOCUMENTED), Ok(()));
    check(&[secret, "new"], b"Hello, World!", Some(DOCUMENTED), Ok(()));
    check(&["new", "newer"], b"Hello, World!", Some(DOCUMENTED), Err(SignatureError::Mismatch));
}

#[test]
fn altered_body_is_refused() {
    let secret = "It's a Secret to Everybody";
    check(&[secret], b"Hello, World?", Some(DOCUMENTED), Err(SignatureError::Mismatch));
}

#[test]
fn malformed_signatures_are_refused() {
    let wrong = Err(SignatureError::Malformed);
    for header in ["", "sha256=", "sha1=757107ea0eb2509fc211221cce984b8a37570b6d", &DOCUMENTED[7..], &DOCUMENTED[..70]]
    {
        check(&["secret"], b"", Some(header), wrong);
    }
    let accented = format!("sha256={}é", "0".repeat(62));
    check(&["secret"], b"", Some(&accented), wrong);
    let signed = format!("sha256={}", "+1".repeat(32));
    check(&["secret"], b"", Some(&signed), wrong);
    check(&["secret"], b"", None, Err(SignatureError::Missing));
}

#[test]
fn an_empty_secret_accepts_nothing() {
    // HMAC-SHA256 of the empty text under the empty key.
    let forged = "sha256=b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad";
    check(&[""], b"", Some(forged), Err(SignatureError::NoSecret));
    check(&[], b"", Some(forged), Err(SignatureError::NoSecret));
    check(&["", "real"], b"", Some(forged), Err(SignatureError::Mismatch));
}

#[test]
fn headers_are_read_or_named() {
    let mut headers = HeaderMap::new();
    let missing = |name| Err(ParseError::Header { name });
    assert_eq!(DeliveryHeaders::read(&headers), missing("x-github-event"));
    headers.insert("x-github-event", "push".parse().unwrap());
    assert_eq!(DeliveryHeaders::read(&headers), missing("x-github-delivery"));
    headers.insert("x-github-delivery", "d1".parse().unwrap());
    headers.insert("x-github-hook-installation-target-id", "7".parse().unwrap());
    let read = |headers: &HeaderMap| DeliveryHeaders::read(headers).unwrap().app_id;
    assert_eq!(read(&headers), None, "the target of a repository webhook is a repository, not our App");
    headers.insert("x-github-hook-installation-target-type", "integration".parse().unwrap());
    assert_eq!(read(&headers), Some(7));
}
