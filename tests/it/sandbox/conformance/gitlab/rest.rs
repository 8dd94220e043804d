//! REST calls against `api.yml`.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use seconder::sandbox::Call;
use serde_json::{Map, Value};

use super::facts::{Answer, FACTS, Operation};
use super::shape::Field;

/// Answers that every operation may give, with a body that says why.
const REFUSALS: [u16; 12] = [400, 401, 403, 404, 405, 409, 412, 413, 422, 429, 502, 503];

pub(super) fn findings(call: &Call) -> Vec<String> {
    let Some(path) = path_of(call) else { return Vec::new() };
    let Some((template, operation)) = operation(&call.method, path) else {
        return vec!["no such operation is known".to_owned()];
    };
    let mut found = parts(template, path);
    // A call that was refused for what it says was wrong on purpose.
    if !matches!(call.status, 400 | 422) {
        found.extend(request(operation, call));
    }
    found.extend(answer(operation, call.status, call.response.as_ref()));
    found
}

pub(super) fn answer_findings(operation: &str, status: u16, response: &Value) -> Vec<String> {
    match FACTS.operations.get(operation) {
        Some(operation) => answer(operation, status, Some(response)),
        None => vec![format!("{operation} is not known")],
    }
}

/// Every operation that is known, as `METHOD /template`.
pub(crate) fn operations() -> Vec<String> {
    FACTS.operations.keys().cloned().collect()
}

/// The operation a call was an instance of.
pub(crate) fn operation_of(call: &Call) -> Option<String> {
    let (template, _) = operation(&call.method, path_of(call)?)?;
    Some(format!("{} {template}", call.method))
}

/// The path below `/api/v4`, and below the root that GitLab may be served at. Sign-in and Git are no part of the API.
fn path_of(call: &Call) -> Option<&str> {
    let path = call.path.as_str();
    let below = path.split_once("/api/v4/").map(|(root, _)| &path[root.len() + "/api/v4".len()..]);
    below.or_else(|| {
        let elsewhere = path.contains("/oauth/") || path.contains("/.well-known/") || path.contains(".git/");
        (!elsewhere).then_some(path)
    })
}

fn operation(method: &str, path: &str) -> Option<(&'static str, &'static Operation)> {
    FACTS.operations.iter().find_map(|(name, operation)| {
        let (wanted, template) = name.split_once(' ')?;
        (wanted == method && fits(template, path)).then_some((template, operation))
    })
}

fn fits(template: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) if wanted == given => {}
            (Some(wanted), Some(given)) if wanted.starts_with('{') && !given.is_empty() => {}
            _ => return false,
        }
    }
}

/// Parts of a path that are not of their type.
fn parts(template: &str, path: &str) -> Vec<String> {
    let pairs = template.split('/').zip(path.split('/'));
    let check = |(wanted, given): (&str, &str)| {
        let name = wanted.strip_prefix('{')?.strip_suffix('}')?;
        let shape = FACTS.parts.get(name)?;
        let given = decoded(given);
        (!shape.is_text(&given)).then(|| format!("{name} in the path is {given}, which is not {}", shape.name()))
    };
    pairs.filter_map(check).collect()
}

fn decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

/// GitLab takes the parameters of a write from the query and from the body alike.
fn request(operation: &Operation, call: &Call) -> Vec<String> {
    let none = Map::new();
    let body = match &call.request {
        None => &none,
        Some(Value::Object(body)) => body,
        Some(_) => return vec!["the body is no object".to_owned()],
    };
    let queried = pairs(&call.query);
    let known = |name: &str| operation.query.iter().chain(&operation.body).find(|field| field.name == name);
    let mut found = Vec::new();
    for (name, value) in &queried {
        match known(name) {
            None => found.push(format!("parameter {name} is not known")),
            Some(field) if field.shape.is_text(value) => {}
            Some(field) => found.push(format!("parameter {name} is {value}, which is not {}", field.shape.name())),
        }
    }
    for (name, value) in body {
        match operation.body.iter().find(|field| field.name == *name) {
            None => found.push(format!("{name} in the body is not known")),
            Some(field) => found.extend(field.shape.mismatches(&FACTS.types, value, name)),
        }
    }
    let given = |field: &&Field| body.contains_key(&field.name) || queried.iter().any(|(name, _)| *name == field.name);
    let required = operation.query.iter().chain(&operation.body).filter(|field| field.required);
    found.extend(required.filter(|field| !given(field)).map(|field| format!("parameter {} is missing", field.name)));
    found
}

/// Parameters of a query by name; `iids[]=1` is an item of `iids`.
fn pairs(query: &str) -> Vec<(String, String)> {
    let split = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = value.replace('+', " ");
        (decoded(name).trim_end_matches("[]").to_owned(), decoded(&value).into_owned())
    };
    query.split('&').filter(|pair| !pair.is_empty()).map(split).collect()
}

fn answer(operation: &Operation, status: u16, response: Option<&Value>) -> Vec<String> {
    match (operation.answers.get(&status), response) {
        (None, response) if REFUSALS.contains(&status) => {
            let says_why = response.is_some_and(|one| !one["message"].is_null() || !one["error"].is_null());
            if says_why { Vec::new() } else { vec![format!("answer {status} has neither message nor error")] }
        }
        (None, _) => vec![format!("status {status} is not known")],
        (Some(Answer::Nothing), None) | (Some(Answer::File), _) => Vec::new(),
        (Some(Answer::Nothing), Some(_)) => vec![format!("answer {status} has a body")],
        (Some(Answer::Json(_)), None) => vec![format!("answer {status} has no body")],
        (Some(Answer::Json(shape)), Some(response)) => {
            shape.mismatches(&FACTS.types, response, &format!("answer {status}: it"))
        }
    }
}
