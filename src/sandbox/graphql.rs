//! The GraphQL API: a small executor over parsed documents, and the fields that a gate asks for.

mod checks;
mod commit;
mod connection;
mod cost;
mod execute;
mod node;
mod people;
mod pull;
mod query;
mod queue;
mod repository;
mod suggestions;
mod timeline;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Map, Value, json};

use super::handle::Sandbox;
use super::http::{Refusal, bearer, credential, json_response};
use super::tap::{Credential, Resource};
use super::world::World;

pub(crate) use execute::{Object, run};
pub(crate) use node::Out;

/// Who asks, and of which world.
pub(crate) struct Context<'a> {
    pub(crate) world: &'a World,
    pub(crate) caller: Credential,
    pub(crate) token: String,
    /// What the call costs, in points.
    pub(crate) cost: u32,
    /// Objects it could bring.
    pub(crate) nodes: u64,
}

/// Arguments of a field, variables put in.
#[derive(Debug, Default)]
pub(crate) struct Args(pub(crate) Map<String, Value>);

impl Args {
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.0.get(name)?.as_u64()
    }

    pub(crate) fn get(&self, name: &str) -> &Value {
        self.0.get(name).unwrap_or(&Value::Null)
    }

    /// The words of a list argument; one word is a list of one.
    pub(crate) fn words(&self, name: &str) -> Option<Vec<&str>> {
        match self.get(name) {
            Value::String(one) => Some(vec![one]),
            Value::Array(many) => Some(many.iter().filter_map(Value::as_str).collect()),
            _ => None,
        }
    }
}

/// Why a field has no answer.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The field does not exist: the whole document is refused.
    UnknownField,
    /// The field is null, and an error of this type says why.
    Field { kind: &'static str, message: String },
}

impl Trouble {
    pub(crate) fn not_found(what: &str, named: &str) -> Self {
        Self::Field { kind: "NOT_FOUND", message: format!("Could not resolve to a {what} with the {named}.") }
    }
}

pub(crate) async fn handle(State(github): State<Sandbox>, headers: HeaderMap, body: Bytes) -> Response {
    let Ok(request) = serde_json::from_slice::<Value>(&body) else {
        return Refusal::new(StatusCode::BAD_REQUEST, "Problems parsing JSON").into_response();
    };
    let mut world = github.world();
    let caller = match credential(&world, &headers) {
        Ok(Credential::Installation(id)) => Credential::Installation(id),
        Ok(_) => return Refusal::bad_credentials().into_response(),
        Err(refusal) => return refusal.into_response(),
    };
    if let Credential::Installation(id) = caller {
        world.budget(id, Resource::GraphQl);
    }
    let token = bearer(&headers).unwrap_or_default().to_owned();
    let Some(document) = request["query"].as_str() else {
        return json_response(
            StatusCode::OK,
            &json!({ "errors": [{ "message": "A query attribute must be specified and must be a string." }] }),
        );
    };
    let mut context = Context { world: &world, caller, token, cost: 1, nodes: 0 };
    let variables = request["variables"].as_object().cloned().unwrap_or_default();
    let answer = run::<node::Node>(&mut context, document, request["operationName"].as_str(), variables);
    // The gateway takes one point for every call; what a document costs beyond it is taken here.
    let beyond = context.cost.saturating_sub(1);
    if let Credential::Installation(id) = caller {
        world.spend(id, Resource::GraphQl, beyond);
    }
    json_response(StatusCode::OK, &answer)
}
