//! What a CI job is told that asks for the verdict of its merge request.

use seconder::gate::change::{ChangeState, HeadBranch};
use seconder::gate::ids::{ChangeKey, CommitSha, RepoId};
use seconder::gate::witnessed::Concern;
use seconder::store::{HeadLock, KnownChange, SaidVerdict};
use serde_json::{Value, json};

use super::house::{House, at, client, gitlab};
use super::issuer::{Issuer, token};

const LEASE: jiff::SignedDuration = jiff::SignedDuration::from_secs(60);

/// A server, the GitLab whose jobs ask it, and merge request 7 of project 8 there.
struct Stage {
    issuer: Issuer,
    house: House,
}

/// What was answered: the status, the text, and when to ask again.
type Answered = (u16, String, Option<String>);

impl Stage {
    async fn new() -> Self {
        let issuer = Issuer::new().await;
        let house = House::with(vec![gitlab(&issuer.url)]).await;
        Self { issuer, house }
    }

    fn change(&self) -> ChangeKey {
        let host = self.issuer.url.trim_start_matches("http://").parse().unwrap();
        ChangeKey { repo: RepoId::new(host, 8), number: 7 }
    }

    /// The merge request is read, with its head at commit `a`.
    async fn read(&self, second: i64) {
        let known = KnownChange {
            key: self.change(),
            state: ChangeState::Open,
            head: sha('a'),
            head_branch: HeadBranch { name: "pay".to_owned(), repo: None },
            base_branch: "main".to_owned(),
            stack_base: None,
            read_at: at(second),
        };
        self.house.store.note_change(&known).await.unwrap();
    }

    /// This is said of its head.
    async fn say(&self, passes: bool, title: &str, second: i64) {
        let HeadLock::Held(lease) =
            self.house.store.lock_head(&self.change().repo, &sha('a'), at(second), LEASE).await.unwrap()
        else {
            panic!("somebody else is at it")
        };
        let url = Some("https://seconder.example/changes/7".to_owned());
        let said = SaidVerdict { passes, title: title.to_owned(), url };
        assert!(self.house.store.say(&lease, &said, at(second)).await.unwrap());
        self.house.store.unlock_head(&lease).await.unwrap();
    }

    async fn get(&self, query: &str, bearer: Option<&str>, accept: &str) -> Answered {
        let request = client().get(format!("{}/gitlab/verdict{query}", self.house.url)).header("accept", accept);
        let request = if let Some(bearer) = bearer { request.header("authorization", bearer) } else { request };
        let answer = request.send().await.unwrap();
        let again = answer.headers().get("retry-after").map(|value| value.to_str().unwrap().to_owned());
        (answer.status().as_u16(), answer.text().await.unwrap(), again)
    }

    /// The job asks that tests this commit.
    async fn ask(&self, digit: char) -> Answered {
        let token = token(&self.issuer.claims(sha(digit).as_str()), 0, "k0");
        self.get("?merge_request=7", Some(&format!("Bearer {token}")), "*/*").await
    }
}

fn sha(digit: char) -> CommitSha {
    digit.to_string().repeat(40).parse().unwrap()
}

fn said(text: &str) -> (String, Option<String>) {
    (format!("{text}\nhttps://seconder.example/changes/7\n"), None)
}

#[tokio::test]
async fn only_a_pass_is_a_success_and_everything_else_says_why_not() {
    let stage = Stage::new().await;
    let (status, text, again) = stage.ask('a').await;
    assert_eq!((status, again.as_deref()), (503, Some("5")), "{text}");
    assert!(text.contains("merge request !7 is being judged"), "{text}");
    stage.read(1).await;
    let (status, text, again) = stage.ask('a').await;
    assert_eq!((status, again), (409, None), "{text}");
    assert!(text.contains("no policy governs its target branch"), "{text}");
    stage.say(false, "Waiting for one approval", 2).await;
    let (status, text, again) = stage.ask('a').await;
    assert_eq!((status, (text, again)), (409, said("Waiting for one approval")));
    stage.say(true, "kim approved", 3).await;
    let (status, text, again) = stage.ask('a').await;
    assert_eq!((status, (text, again)), (200, said("kim approved")));
    let due = [Concern::Change(stage.change())];
    stage.house.store.mark_dirty(&due, false, at(4)).await.unwrap();
    assert_eq!(stage.ask('a').await.0, 503);
}

#[tokio::test]
async fn a_pipeline_that_tests_something_else_waits_until_somebody_has_looked() {
    let stage = Stage::new().await;
    stage.read(1).await;
    stage.say(true, "kim approved", 2).await;
    let (status, text, again) = stage.ask('d').await;
    assert_eq!((status, again.as_deref()), (503, Some("5")), "{text}");
    assert!(text.contains("what commit dddddddddddd is"), "{text}");
    let claim = claim_with_owner(&stage).await;
    assert_eq!(stage.house.store.tested_commits(&stage.change()).await.unwrap(), [sha('d')]);
    stage.house.store.settle_commit(&stage.change(), &sha('d'), None, at(3)).await.unwrap();
    stage.house.store.finish(&claim, at(3)).await.unwrap();
    let (status, text, _) = stage.ask('d').await;
    assert_eq!(status, 409, "{text}");
    assert!(text.contains("tests commit dddddddddddd, and the head of merge request !7 is aaaaaaaaaaaa"), "{text}");
    stage.house.store.settle_commit(&stage.change(), &sha('d'), Some(&sha('a')), at(4)).await.unwrap();
    assert_eq!(stage.ask('d').await.0, 200);
}

/// Whoever judges takes the change, once it is known whose the project is.
async fn claim_with_owner(stage: &Stage) -> seconder::store::Claim {
    use seconder::gate::witnessed::{SeenRepository, Witness};
    let repo = stage.change().repo;
    let placed = SeenRepository {
        owner: seconder::gate::ids::OwnerId::new(repo.host.clone(), 900),
        repo,
        name: "acme/pay".to_owned(),
        installation: 0,
        default_branch: None,
        is_public: None,
    };
    let delivery = seconder::store::Delivery {
        host: placed.repo.host.clone(),
        guid: "d1".to_owned(),
        event: "test".to_owned(),
        action: None,
        owner: None,
        owner_login: None,
        installation: None,
        witnessed: vec![Witness::Repository(placed)],
        concerns: Vec::new(),
        listings: Vec::new(),
        urgent: false,
        hurry: false,
    };
    stage.house.store.receive(&delivery, at(2)).await.unwrap();
    stage.house.store.claim(at(2), LEASE).await.unwrap().unwrap()
}

#[tokio::test]
async fn programs_are_answered_in_json() {
    let stage = Stage::new().await;
    stage.read(1).await;
    stage.say(false, "Waiting for one approval", 2).await;
    let bearer = format!("Bearer {}", token(&stage.issuer.claims(sha('a').as_str()), 0, "k0"));
    let (status, text, _) = stage.get("?merge_request=7", Some(&bearer), "application/json").await;
    let expected = json!({
        "passes": false, "title": "Waiting for one approval", "details_url": "https://seconder.example/changes/7",
    });
    assert_eq!((status, serde_json::from_str::<Value>(&text).unwrap()), (409, expected));
}

#[tokio::test]
async fn who_does_not_prove_to_be_a_job_is_told_nothing() {
    let stage = Stage::new().await;
    stage.read(1).await;
    stage.say(true, "kim approved", 2).await;
    let claims = stage.issuer.claims(sha('a').as_str());
    let bearer = |claims: &Value, key| format!("Bearer {}", token(claims, key, "k0"));
    let with = |key: &str, value: Value| {
        let mut claims = claims.clone();
        claims[key] = value;
        bearer(&claims, 0)
    };
    let query = "?merge_request=7";
    for (authorization, says) in [
        (None, "no id token was sent"),
        (Some("Bearer ".to_owned()), "no id token was sent"),
        (Some("Basic eDp5".to_owned()), "no id token was sent"),
        (Some("Bearer x".to_owned()), "no id token of a GitLab CI job"),
        (Some(bearer(&claims, 1)), "signature of the id token does not match"),
        (Some(with("aud", json!("https://else.example"))), "write `aud: https://seconder.example`"),
        (Some(with("iss", json!("https://gitlab.com"))), "is not configured for"),
        (Some(with("pipeline_source", json!("push"))), "not for a merge request"),
    ] {
        let (status, text, _) = stage.get(query, authorization.as_deref(), "*/*").await;
        assert!(status == 401 && text.contains(says) && !text.contains("kim"), "{says}: {status} {text}");
    }
    stage.house.pass(3700);
    let (status, text, _) = stage.get(query, Some(&bearer(&claims, 0)), "*/*").await;
    assert!(status == 401 && text.contains("not valid at this time"), "{status} {text}");
}

#[tokio::test]
async fn it_has_to_be_said_which_merge_request_is_meant() {
    let stage = Stage::new().await;
    let bearer = format!("Bearer {}", token(&stage.issuer.claims(sha('a').as_str()), 0, "k0"));
    for query in [
        "",
        "?merge_request=",
        "?merge_request=0",
        "?merge_request=-7",
        "?merge_request=+7",
        "?merge_request=x",
        "?iid=7",
    ] {
        let (status, text, _) = stage.get(query, Some(&bearer), "*/*").await;
        assert!(status == 400 && text.contains("CI_MERGE_REQUEST_IID"), "{query}: {status} {text}");
    }
}

#[tokio::test]
async fn a_job_of_another_project_learns_nothing_of_this_one() {
    let stage = Stage::new().await;
    stage.read(1).await;
    stage.say(true, "kim approved", 2).await;
    let mut claims = stage.issuer.claims(sha('a').as_str());
    claims["job_project_id"] = json!("9");
    let bearer = format!("Bearer {}", token(&claims, 0, "k0"));
    assert_eq!(stage.get("?merge_request=7", Some(&bearer), "*/*").await.0, 503);
    let other = format!("Bearer {}", token(&stage.issuer.claims(sha('a').as_str()), 0, "k0"));
    assert_eq!(stage.get("?merge_request=8", Some(&other), "*/*").await.0, 503, "another merge request");
}

#[tokio::test]
async fn a_job_asks_again_later_when_something_fails_on_our_side() {
    let stage = Stage::new().await;
    stage.issuer.answers(500);
    let (status, text, again) = stage.ask('a').await;
    assert!(status == 503 && text.contains("cannot be had now") && again.is_some(), "{status} {text}");
    stage.issuer.answers(200);
    stage.house.pass(60);
    assert_eq!(stage.ask('a').await.0, 503);
    stage.house.store.close().await;
    let (status, _, again) = stage.ask('a').await;
    assert_eq!((status, again.as_deref()), (503, Some("10")));
}
