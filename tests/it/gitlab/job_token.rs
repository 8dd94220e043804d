//! Which CI jobs are believed.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use seconder::forge::gitlab::job_token::{Job, JobTokens, TokenError, claimed_issuer};
use serde_json::{Value, json};

use super::house::at;
use super::issuer::{Issuer, public, token};

const SHA: &str = "1111111111111111111111111111111111111111";

async fn stage() -> (Issuer, JobTokens) {
    let issuer = Issuer::new().await;
    let tokens = JobTokens::new(&issuer.url, "https://seconder.example", Duration::from_secs(5)).unwrap();
    (issuer, tokens)
}

fn with(mut claims: Value, key: &str, value: Value) -> Value {
    claims[key] = value;
    claims
}

#[tokio::test]
async fn a_job_of_the_instance_is_believed() {
    let (issuer, tokens) = stage().await;
    let expected = Job { project: 8, job: 302, pipeline: 574, sha: SHA.parse().unwrap() };
    assert_eq!(tokens.verify(&token(&issuer.claims(SHA), 0, "k0"), at(0)).await, Ok(expected.clone()));
    let numbers = with(with(issuer.claims(SHA), "project_id", json!(8)), "job_id", json!(302));
    assert_eq!(tokens.verify(&token(&numbers, 0, "k0"), at(1)).await, Ok(expected.clone()));
    let several = with(issuer.claims(SHA), "aud", json!(["https://else.example", "https://seconder.example"]));
    assert_eq!(tokens.verify(&token(&several, 0, "k0"), at(1)).await, Ok(expected));
    assert_eq!(issuer.asked(), 1, "its keys are known by now");
    assert_eq!(claimed_issuer(&token(&issuer.claims(SHA), 0, "k0")), Some(issuer.url.clone()));
}

/// In a pipeline for a change from a fork, `project_id` is the fork's, wherever the job runs.
#[tokio::test]
async fn a_job_counts_for_the_project_in_which_it_runs() {
    let (issuer, tokens) = stage().await;
    let project = async |claims: &Value| tokens.verify(&token(claims, 0, "k0"), at(0)).await.unwrap().project;
    let from_fork = with(issuer.claims(SHA), "project_id", json!("9"));
    assert_eq!(project(&from_fork).await, 8);
    let in_fork = with(from_fork, "job_project_id", json!("9"));
    assert_eq!(project(&in_fork).await, 9);
    let older = with(issuer.claims(SHA), "job_project_id", json!(null));
    assert_eq!(project(&older).await, 8);
}

#[tokio::test]
async fn whatever_a_token_says_wrong_is_said() {
    let (issuer, tokens) = stage().await;
    let audience = TokenError::Audience { audience: "https://seconder.example".to_owned() };
    let other = TokenError::Issuer { issuer: issuer.url.clone() };
    for (key, value, expected) in [
        ("aud", json!("https://else.example"), audience.clone()),
        ("aud", json!(["https://else.example"]), audience),
        ("aud", json!(null), TokenError::Claims("exp, nbf, iss and aud")),
        ("iss", json!("https://gitlab.com"), other),
        ("exp", json!(null), TokenError::Claims("exp, nbf, iss and aud")),
        ("nbf", json!("soon"), TokenError::Claims("exp, nbf, iss and aud")),
        ("pipeline_source", json!("push"), TokenError::Source),
        ("pipeline_source", json!("external_pull_request_event"), TokenError::Source),
        ("job_id", json!("x"), TokenError::Claims("job_id")),
        ("job_id", json!("-1"), TokenError::Claims("job_id")),
        ("pipeline_id", json!(null), TokenError::Claims("pipeline_id")),
        ("sha", json!("main"), TokenError::Claims("sha")),
    ] {
        let claims = with(issuer.claims(SHA), key, value.clone());
        assert_eq!(tokens.verify(&token(&claims, 0, "k0"), at(0)).await, Err(expected), "{key}: {value}");
    }
    let nowhere = with(with(issuer.claims(SHA), "project_id", json!("0")), "job_project_id", json!(null));
    assert_eq!(tokens.verify(&token(&nowhere, 0, "k0"), at(0)).await, Err(TokenError::Claims("project_id")));
}

#[tokio::test]
async fn a_token_holds_from_its_beginning_to_its_end_by_our_clock() {
    let (issuer, tokens) = stage().await;
    let token = token(&issuer.claims(SHA), 0, "k0");
    for (second, is_good) in [(-35, true), (-36, false), (3629, true), (3630, false)] {
        let told = tokens.verify(&token, at(second)).await;
        assert_eq!(told.is_ok(), is_good, "{second}: {told:?}");
        assert!(is_good || told == Err(TokenError::Time));
    }
}

#[tokio::test]
async fn nobody_else_signs_for_the_instance() {
    let (issuer, tokens) = stage().await;
    let claims = issuer.claims(SHA);
    assert_eq!(tokens.verify(&token(&claims, 1, "k0"), at(0)).await, Err(TokenError::Signature));
    // Signed by a secret that everybody knows, or by nobody.
    let header = Header { kid: Some("k0".to_owned()), ..Header::new(Algorithm::HS256) };
    let shared = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(b"k0")).unwrap();
    assert_eq!(tokens.verify(&shared, at(0)).await, Err(TokenError::Algorithm));
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let unsigned = format!("{}.{}.", part(&json!({ "alg": "none", "kid": "k0" })), part(&claims));
    assert_eq!(tokens.verify(&unsigned, at(0)).await, Err(TokenError::Malformed));
    let genuine = token(&claims, 0, "k0");
    let (head, _) = genuine.split_once('.').unwrap();
    let signature = genuine.rsplit('.').next().unwrap();
    let swapped = format!("{head}.{}.{signature}", part(&with(claims, "sha", json!("2".repeat(40)))));
    assert_eq!(tokens.verify(&swapped, at(0)).await, Err(TokenError::Signature));
    for garbage in ["", ".", "..", "a.b.c", &"x".repeat(20_000)] {
        assert_eq!(tokens.verify(garbage, at(0)).await, Err(TokenError::Malformed));
        assert_eq!(claimed_issuer(garbage), None);
    }
}

#[tokio::test]
async fn keys_are_asked_for_when_one_is_not_known_and_at_most_once_a_minute() {
    let (issuer, tokens) = stage().await;
    let claims = issuer.claims(SHA);
    let unknown = Err(TokenError::UnknownKey { issuer: issuer.url.clone() });
    let later = Err(TokenError::Keys { issuer: issuer.url.clone() });
    assert_eq!(tokens.verify(&token(&claims, 1, "k1"), at(0)).await, unknown);
    assert_eq!(tokens.verify(&token(&claims, 1, "k2"), at(59)).await, later, "it may be new: ask us again");
    assert!(tokens.verify(&token(&claims, 0, "k0"), at(59)).await.is_ok());
    assert_eq!(issuer.asked(), 1);
    issuer.publishes(json!({ "keys": [public(1, "k1")] }).to_string());
    assert!(tokens.verify(&token(&claims, 1, "k1"), at(60)).await.is_ok());
    assert_eq!(issuer.asked(), 2);
    // What it does not publish any more is not believed any more.
    assert_eq!(tokens.verify(&token(&claims, 0, "k0"), at(61)).await, later);
    assert_eq!(tokens.verify(&token(&claims, 0, "k0"), at(120)).await, unknown);
}

#[tokio::test]
async fn keys_are_not_believed_for_more_than_a_day() {
    let (issuer, tokens) = stage().await;
    let claims = with(issuer.claims(SHA), "exp", json!(i64::MAX));
    let token = token(&claims, 0, "k0");
    assert!(tokens.verify(&token, at(0)).await.is_ok());
    issuer.answers(500);
    assert!(tokens.verify(&token, at(24 * 3600 - 1)).await.is_ok());
    let later = Err(TokenError::Keys { issuer: issuer.url.clone() });
    assert_eq!(tokens.verify(&token, at(24 * 3600)).await, later);
    assert_eq!(tokens.verify(&token, at(24 * 3600 + 1)).await, later);
    assert_eq!(issuer.asked(), 2);
    issuer.answers(200);
    assert!(tokens.verify(&token, at(24 * 3600 + 60)).await.is_ok());
}

#[tokio::test]
async fn keys_that_cannot_be_had_fail_the_job_for_now() {
    let (issuer, tokens) = stage().await;
    let later = Err(TokenError::Keys { issuer: issuer.url.clone() });
    let token = token(&issuer.claims(SHA), 0, "k0");
    let huge = format!("{{\"keys\": [], \"x\": \"{}\"}}", "x".repeat(300_000));
    for (minute, list) in ["<html>", "{\"keys\": 1}", &huge].into_iter().enumerate() {
        issuer.publishes(list);
        assert_eq!(tokens.verify(&token, at(60 * i64::try_from(minute).unwrap())).await, later, "{minute}");
    }
    let nobody = JobTokens::new("http://127.0.0.1:9", "https://seconder.example", Duration::from_secs(5)).unwrap();
    let token = super::issuer::token(&with(issuer.claims(SHA), "iss", json!("http://127.0.0.1:9")), 0, "k0");
    assert!(matches!(nobody.verify(&token, at(0)).await, Err(TokenError::Keys { .. })));
}

/// A key of another kind under the same name signs nothing, whatever a token says.
#[tokio::test]
async fn only_keys_for_rs256_are_taken() {
    let (issuer, tokens) = stage().await;
    let mut key = public(0, "k0");
    key["alg"] = json!("RS512");
    let secret = json!({ "kty": "oct", "kid": "k0", "k": "AAAA", "alg": "HS256" });
    issuer.publishes(json!({ "keys": [key, secret] }).to_string());
    let unknown = Err(TokenError::UnknownKey { issuer: issuer.url.clone() });
    assert_eq!(tokens.verify(&token(&issuer.claims(SHA), 0, "k0"), at(0)).await, unknown);
}
