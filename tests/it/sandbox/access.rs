//! Who may call what.

use jiff::SignedDuration;
use jsonwebtoken::{EncodingKey, Header};
use seconder::sandbox::{Options, Sandbox};
use serde_json::json;

use super::client::{Client, jwt};

async fn world() -> Sandbox {
    let github = Sandbox::start(Options::default()).await.unwrap();
    github.organization("acme");
    github.organization("other");
    for name in ["acme/pay", "acme/web", "other/secret"] {
        github.private_repository(name);
    }
    github.repository("other/open");
    github
}

#[tokio::test]
async fn a_jwt_must_be_signed_by_the_app_and_short() {
    let github = world().await;
    let app = github.app();
    let other = github.another_app("other-app");
    let now = jsonwebtoken::get_current_timestamp();
    let hmac = jsonwebtoken::encode(
        &Header::default(),
        &json!({ "iss": app.id, "exp": now + 60 }),
        &EncodingKey::from_secret(b"x"),
    );
    let bad =
        [jwt(&app, app.id, 3_600), jwt(&other, app.id, 540), jwt(&app, 1, 540), hmac.unwrap(), "nonsense".to_owned()];
    for token in bad {
        let answer = Client::with(&github, token).get("/app").await;
        assert_eq!(answer.status, 401, "{}", answer.body);
        assert!(answer.body["message"].is_string());
    }
    assert_eq!(Client::app(&github).get("/app").await.body["id"], app.id);
    assert_eq!(Client::app(&github).get("/repos/acme/pay/pulls").await.status, 403, "a JWT is no token");
    let token = Client::installation(&github, "acme").await;
    assert_eq!(token.get("/app").await.status, 401, "a token is no JWT");
}

#[tokio::test]
async fn a_token_reaches_its_own_repositories_only() {
    let github = world().await;
    let client = Client::installation(&github, "acme").await;
    assert_eq!(client.get("/repos/acme/pay/pulls").await.status, 200);
    assert_eq!(client.get("/repos/other/secret/pulls").await.status, 404, "invisible is missing");
    assert_eq!(client.get("/repos/other/open/pulls").await.status, 200, "public ones can be read");
    let run = json!({ "name": "seconder", "head_sha": github.tip("other/open", "main").unwrap() });
    assert_eq!(client.post("/repos/other/open/check-runs", run).await.status, 403);
    let hidden = client.graphql("{ repository(owner: \"other\", name: \"secret\") { databaseId } }", json!({})).await;
    assert_eq!((&hidden["data"]["repository"], &hidden["errors"][0]["type"]), (&json!(null), &json!("NOT_FOUND")));
    assert_eq!(client.get("/orgs/other/teams").await.status, 404);

    let number = github.installation(&github.organization("acme"));
    let path = format!("/app/installations/{number}/access_tokens");
    let narrow = Client::app(&github)
        .post(&path, json!({ "repositories": ["web"], "permissions": { "contents": "read" } }))
        .await;
    assert_eq!(narrow.status, 201, "{}", narrow.body);
    let narrow = Client::with(&github, narrow.body["token"].as_str().unwrap().to_owned());
    assert_eq!(narrow.get("/repos/acme/pay/activity").await.status, 404);
    assert_eq!(narrow.get("/repos/acme/web/activity").await.status, 200);
    assert_eq!(narrow.get("/repos/acme/web/pulls").await.status, 403, "that permission was not asked for");
    let listed = narrow.get("/installation/repositories").await.body;
    assert_eq!((&listed["total_count"], &listed["repositories"][0]["name"]), (&json!(1), &json!("web")));
    assert_eq!(Client::app(&github).post(&path, json!({ "repositories": ["none"] })).await.status, 422);
    assert_eq!(Client::app(&github).post(&path, json!({ "permissions": { "actions": "write" } })).await.status, 422);
}

#[tokio::test]
async fn tokens_end_by_time_suspension_and_removal() {
    let github = world().await;
    let acme = github.organization("acme");
    let client = Client::installation(&github, "acme").await;
    github.suspend(&acme);
    assert_eq!(client.get("/repos/acme/pay/pulls").await.status, 403);
    github.unsuspend(&acme);
    assert_eq!(client.get("/repos/acme/pay/pulls").await.status, 200);
    github.advance(SignedDuration::from_hours(1));
    assert_eq!(client.get("/repos/acme/pay/pulls").await.status, 401);
    let fresh = Client::installation(&github, "acme").await;
    github.uninstall(&acme);
    assert_eq!(fresh.get("/repos/acme/pay/pulls").await.status, 401);
    github.install(&acme);
    assert_eq!(Client::installation(&github, "acme").await.get("/repos/acme/pay/pulls").await.status, 200);
    github.revoke_permission(&acme, "checks");
    let poorer = Client::installation(&github, "acme").await;
    let run = json!({ "name": "seconder", "head_sha": github.tip("acme/pay", "main").unwrap() });
    assert_eq!(poorer.post("/repos/acme/pay/check-runs", run).await.status, 403);
}

#[tokio::test]
async fn an_enterprise_server_is_laid_out_differently() {
    let github = world().await;
    let mut client = Client::installation(&github, "acme").await;
    client.base = format!("{}/api/v3", github.api_url());
    let listed = client.get("/installation/repositories?per_page=1").await;
    assert_eq!(listed.status, 200);
    assert!(
        listed.headers["link"]
            .to_str()
            .unwrap()
            .contains("/api/v3/installation/repositories?per_page=1&page=2>; rel=\"next\"")
    );
    client.base = format!("{}/api", github.api_url());
    assert!(
        client.graphql("{ viewer { __typename login } }", json!({})).await["data"]["viewer"]["login"] == "seconder"
    );
    let recorded: Vec<String> = github.calls().into_iter().map(|call| call.path).collect();
    assert!(recorded.ends_with(&["/installation/repositories".to_owned(), "/graphql".to_owned()]));
}
