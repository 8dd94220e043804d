//! The GraphQL API, as far as a gate asks it. Names follow <https://docs.gitlab.com/api/graphql/reference/>.

mod connection;
mod node;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use crate::sandbox::graphql::{Context, run};
use crate::sandbox::handle::Sandbox;
use crate::sandbox::http::{Refusal, bearer, credential, json_response};

pub(crate) async fn handle(State(sandbox): State<Sandbox>, headers: HeaderMap, body: Bytes) -> Response {
    let Ok(request) = serde_json::from_slice::<Value>(&body) else {
        let message = json!({ "errors": [{ "message": "Unexpected end of document" }] });
        return Refusal::of_gitlab(StatusCode::BAD_REQUEST, message).into_response();
    };
    let world = sandbox.world();
    let Ok(caller) = credential(&world, &headers) else {
        return json_response(StatusCode::UNAUTHORIZED, &json!({ "errors": [{ "message": "Invalid token" }] }));
    };
    let Some(document) = request["query"].as_str() else {
        let message = "No query string was present";
        return json_response(StatusCode::OK, &json!({ "errors": [{ "message": message }] }));
    };
    let token = bearer(&headers).unwrap_or_default().to_owned();
    let mut context = Context { world: &world, caller, token, cost: 0, nodes: 0 };
    let variables = request["variables"].as_object().cloned().unwrap_or_default();
    let operation = request["operationName"].as_str();
    json_response(StatusCode::OK, &run::<node::Node>(&mut context, document, operation, variables))
}
