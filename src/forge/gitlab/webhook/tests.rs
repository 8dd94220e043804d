use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use secrecy::SecretString;
use sha2::Sha256;

use super::*;

const BODY: &[u8] = br#"{"object_kind":"push"}"#;
const ID: &str = "0f1c2d3e-0000-4000-8000-000000000001";

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

fn token(byte: u8) -> String {
    format!("whsec_{}", STANDARD.encode([byte; 32]))
}

fn secrets(signing: &[u8], tokens: &[&str]) -> Secrets {
    let signing = signing.iter().map(|byte| SigningToken::parse(&token(*byte).into()).unwrap()).collect();
    Secrets { signing, tokens: tokens.iter().map(|token| SecretString::from(*token)).collect() }
}

fn signature(byte: u8, id: &str, timestamp: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(&[byte; 32]).unwrap();
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

fn headers(given: &[(&'static str, &str)]) -> HeaderMap {
    let given = given
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).unwrap()));
    given.collect()
}

/// A delivery signed with this key, so many seconds from now.
fn signed(byte: u8, seconds: i64) -> HeaderMap {
    let timestamp = (now().as_second() + seconds).to_string();
    let signature = signature(byte, ID, &timestamp, BODY);
    headers(&[("webhook-id", ID), ("webhook-timestamp", &timestamp), ("webhook-signature", &signature)])
}

fn check(secrets: &Secrets, headers: &HeaderMap) -> Result<(), SignatureError> {
    verify(secrets, &Claimed::read(headers)?, BODY, now())
}

/// The example of the Standard Webhooks libraries: what they sign, we take.
#[test]
fn the_signature_of_the_standard_is_understood() {
    let key = SigningToken::parse(&"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into()).unwrap();
    let secrets = Secrets { signing: vec![key], tokens: Vec::new() };
    let headers = headers(&[
        ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
        ("webhook-timestamp", "1614265330"),
        ("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
    ]);
    let claimed = Claimed::read(&headers).unwrap();
    let sent = Timestamp::from_second(1_614_265_330).unwrap();
    assert_eq!(verify(&secrets, &claimed, br#"{"test": 2432232314}"#, sent), Ok(()));
}

#[test]
fn a_signed_delivery_is_taken_under_any_of_the_signing_tokens() {
    assert_eq!(check(&secrets(&[1], &[]), &signed(1, 0)), Ok(()));
    assert_eq!(check(&secrets(&[2, 1], &[]), &signed(1, 0)), Ok(()));
    assert_eq!(check(&secrets(&[1, 2], &[]), &signed(1, 0)), Ok(()));
    assert_eq!(check(&secrets(&[2, 3], &[]), &signed(1, 0)), Err(SignatureError::Signature));
}

#[test]
fn any_of_several_signatures_will_do_and_other_versions_are_passed_over() {
    let mut headers = signed(1, 0);
    let right = headers["webhook-signature"].to_str().unwrap().to_owned();
    let wrong = signature(9, ID, "1800000000", BODY);
    for value in [format!("{wrong} {right}"), format!("v1a,AAAA v2,BBBB {right} {wrong}"), format!("x {right}")] {
        headers.insert("webhook-signature", value.parse().unwrap());
        assert_eq!(check(&secrets(&[1], &[]), &headers), Ok(()), "{value}");
    }
    headers.insert("webhook-signature", wrong.parse().unwrap());
    assert_eq!(check(&secrets(&[1], &[]), &headers), Err(SignatureError::Signature));
}

#[test]
fn what_is_signed_is_the_name_the_time_and_the_body() {
    let ours = secrets(&[1], &[]);
    for (name, value) in [("webhook-id", "another"), ("webhook-timestamp", "1800000001")] {
        let mut headers = signed(1, 0);
        headers.insert(name, value.parse().unwrap());
        assert_eq!(check(&ours, &headers), Err(SignatureError::Signature), "{name}");
    }
    let claimed = Claimed::read(&signed(1, 0)).unwrap();
    assert_eq!(verify(&ours, &claimed, b"{}", now()), Err(SignatureError::Signature));
}

#[test]
fn a_signature_holds_for_five_minutes_either_way() {
    let ours = secrets(&[1], &[]);
    for (seconds, expected) in
        [(-300, Ok(())), (300, Ok(())), (-301, Err(SignatureError::Time)), (301, Err(SignatureError::Time))]
    {
        assert_eq!(check(&ours, &signed(1, seconds)), expected, "{seconds}");
    }
    for (time, expected) in [
        ("", SignatureError::Header { name: "webhook-timestamp" }),
        ("soon", SignatureError::Header { name: "webhook-timestamp" }),
        ("99999999999999999999", SignatureError::Header { name: "webhook-timestamp" }),
        ("9223372036854775807", SignatureError::Header { name: "webhook-timestamp" }),
    ] {
        let mut headers = signed(1, 0);
        headers.insert("webhook-timestamp", time.parse().unwrap());
        assert_eq!(check(&ours, &headers), Err(expected), "{time}");
    }
}

#[test]
fn a_wrong_signature_is_not_made_up_for_by_a_right_token() {
    let ours = secrets(&[1], &["hush"]);
    let mut headers = signed(9, 0);
    headers.insert("x-gitlab-token", "hush".parse().unwrap());
    assert_eq!(check(&ours, &headers), Err(SignatureError::Signature));
    for value in ["", "x", "v1,", "v1,AAAA", "hush"] {
        headers.insert("webhook-signature", value.parse().unwrap());
        assert_eq!(check(&ours, &headers), Err(SignatureError::Malformed), "{value:?}");
    }
    headers.insert("webhook-signature", HeaderValue::from_bytes(b"v1,\xff").unwrap());
    assert_eq!(check(&ours, &headers), Err(SignatureError::Malformed));
    headers.remove("webhook-signature");
    assert_eq!(check(&ours, &headers), Ok(()));
    // Nor does a host that knows no signing token take a signature for granted.
    assert_eq!(check(&secrets(&[], &["hush"]), &signed(1, 0)), Err(SignatureError::NoSigningToken));
}

#[test]
fn a_token_is_taken_only_where_tokens_are_configured() {
    let given = |token: &str| headers(&[("x-gitlab-token", token)]);
    assert_eq!(check(&secrets(&[], &["new", "hush"]), &given("hush")), Ok(()));
    assert_eq!(check(&secrets(&[1], &["hush"]), &given("hush")), Ok(()));
    assert_eq!(check(&secrets(&[1], &[]), &given("hush")), Err(SignatureError::Unsigned));
    for wrong in ["hus", "hush2", "HUSH", " hush x"] {
        assert_eq!(check(&secrets(&[], &["hush"]), &given(wrong)), Err(SignatureError::Token), "{wrong}");
    }
    assert_eq!(check(&secrets(&[], &[""]), &given("x")), Err(SignatureError::Token));
    assert_eq!(check(&secrets(&[], &[""]), &given("")), Err(SignatureError::Missing));
    assert_eq!(check(&secrets(&[], &["hush"]), &HeaderMap::new()), Err(SignatureError::Missing));
}

#[test]
fn signed_headers_are_read_or_named() {
    for name in ["webhook-id", "webhook-timestamp"] {
        let mut headers = signed(1, 0);
        headers.remove(name);
        assert_eq!(check(&secrets(&[1], &[]), &headers), Err(SignatureError::Header { name }));
    }
}

#[test]
fn signing_tokens_are_read_or_refused_without_being_repeated() {
    assert!(SigningToken::parse(&token(1).into()).is_ok());
    let short = format!("whsec_{}", STANDARD.encode([1; 23]));
    for wrong in ["", "whsec_", "hush", "whsec_not base64", &short, token(1).trim_start_matches("whsec_")] {
        let error = SigningToken::parse(&wrong.into()).unwrap_err().to_string();
        assert!(wrong.is_empty() || !error.contains(wrong) || wrong == "whsec_", "{error}");
    }
    assert_eq!(format!("{:?}", secrets(&[1], &["hush"]).signing), "[SigningToken(…)]");
    assert!(!format!("{:?}", secrets(&[1], &["hush"])).contains("hush"));
}

#[test]
fn a_delivery_goes_by_its_own_name_or_by_what_it_says() {
    let id = |given: &[(&'static str, &str)], body: &[u8]| DeliveryHeaders::read(&headers(given)).id(body);
    assert_eq!(id(&[("webhook-id", "w"), ("idempotency-key", "i")], BODY), "w");
    assert_eq!(id(&[("idempotency-key", "i"), ("x-gitlab-event-uuid", "e")], BODY), "i");
    let unnamed = id(&[("x-gitlab-webhook-uuid", "h")], BODY);
    assert!(unnamed.starts_with("digest-") && unnamed.len() == 71, "{unnamed}");
    assert_eq!(unnamed, id(&[("x-gitlab-webhook-uuid", "h"), ("x-gitlab-event-uuid", "e")], BODY));
    assert_ne!(unnamed, id(&[("x-gitlab-webhook-uuid", "g")], BODY));
    assert_ne!(unnamed, id(&[("x-gitlab-webhook-uuid", "h")], b"{}"));
    assert_eq!(id(&[("webhook-id", &"x".repeat(201)), ("idempotency-key", "i")], BODY), "i");
}
