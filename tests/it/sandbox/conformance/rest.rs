//! REST calls against `openapi-gate.json`.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use jsonschema::Validator;
use seconder::sandbox::Call;
use serde_json::{Map, Value, json};

/// OpenAPI 3.0, made into a JSON Schema document: `nullable` is a type of its own there.
static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let text = include_str!("../../../fixtures/github/openapi-gate.json");
    plain(&serde_json::from_str(text).unwrap())
});

/// Compiled schemas by JSON pointer: many calls share few of them.
static VALIDATORS: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);

fn plain(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::Object(object) => {
            let mut made: Map<String, Value> = object
                .iter()
                .filter(|(key, _)| !matches!(key.as_str(), "example" | "examples" | "discriminator"))
                .map(|(key, value)| (key.clone(), plain(value)))
                .collect();
            // The document says an account is a user and an enterprise at once; it means one of the two.
            let titles = ["Simple User", "Enterprise"].map(|title| json!(title));
            let both = |all: &Value| all.as_array().is_some_and(|all| all.iter().map(|one| &one["title"]).eq(&titles));
            if made.get("allOf").is_some_and(both) {
                let members = made.remove("allOf").unwrap_or_default();
                made.insert("anyOf".to_owned(), members);
            }
            let schema = ["type", "$ref", "anyOf", "oneOf", "allOf", "enum"].iter().any(|key| made.contains_key(*key));
            if schema && made.remove("nullable") == Some(json!(true)) {
                json!({ "anyOf": [{ "type": "null" }, made] })
            } else {
                Value::Object(made)
            }
        }
        other => other.clone(),
    }
}

/// The template of the document that a path was made from; fewest parameters first.
fn template(path: &str) -> Option<&'static str> {
    let paths = DOCUMENT["paths"].as_object()?;
    let mut fitting: Vec<&'static str> = paths.keys().map(String::as_str).filter(|one| fits(one, path)).collect();
    fitting.sort_by_key(|one| one.matches('{').count());
    fitting.first().copied()
}

fn fits(template: &str, path: &str) -> bool {
    let (wanted, given): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    // These take slashes, as paths in a repository and names of branches have them.
    let open = ["{path}", "{branch}", "{basehead}", "{ref}"].iter().any(|last| template.ends_with(last));
    let long_enough = given.len() == wanted.len() || (open && given.len() > wanted.len());
    long_enough && wanted.iter().zip(&given).all(|(wanted, given)| wanted.starts_with('{') || wanted == given)
}

pub(super) fn findings(call: &Call) -> Vec<String> {
    if call.path.starts_with("/repositories/") {
        // Redirects lead here; the description knows the same operations by name only.
        return Vec::new();
    }
    let Some(template) = template(&call.path) else {
        // What is not in the document must not be answered.
        return if call.status == 404 { Vec::new() } else { vec!["the document has no such path".to_owned()] };
    };
    let method = call.method.to_lowercase();
    let operation = &DOCUMENT["paths"][template][&method];
    if operation.is_null() {
        return if call.status == 405 { Vec::new() } else { vec!["the document has no such method".to_owned()] };
    }
    let at = format!("/paths/{}/{method}", template.replace('~', "~0").replace('/', "~1"));
    let mut found = query(operation, &call.query);
    if call.status < 400 {
        let body = format!("{at}/requestBody/content/application~1json/schema");
        if DOCUMENT.pointer(&body).is_some() {
            let sent = call.request.clone().unwrap_or_else(|| json!({}));
            found.extend(mismatches(&body, &sent).into_iter().map(|one| format!("request: {one}")));
        }
    }
    found.extend(answer(operation, &at, call));
    found
}

/// Query parameters that the operation does not have, or whose value is not among those it lists.
fn query(operation: &'static Value, query: &str) -> Vec<String> {
    let parameters: Vec<&Value> = operation["parameters"].as_array().into_iter().flatten().map(resolve).collect();
    let pairs = query.split('&').filter(|pair| !pair.is_empty()).filter_map(|pair| pair.split_once('='));
    let check = |(name, value): (&str, &str)| {
        let Some(parameter) = parameters.iter().find(|one| one["in"] == "query" && one["name"] == name) else {
            return Some(format!("unknown query parameter {name}"));
        };
        let allowed = parameter["schema"]["enum"].as_array()?;
        (!allowed.iter().any(|one| one == value)).then(|| format!("query parameter {name} cannot be {value}"))
    };
    pairs.filter_map(check).collect()
}

fn resolve(value: &'static Value) -> &'static Value {
    let target = value["$ref"].as_str().and_then(|name| DOCUMENT.pointer(name.trim_start_matches('#')));
    target.map_or(value, resolve)
}

fn answer(operation: &'static Value, at: &str, call: &Call) -> Vec<String> {
    let status = call.status.to_string();
    let described = &operation["responses"][&status];
    if described.is_null() {
        // Errors that every operation has are not listed at each.
        let common = matches!(call.status, 301 | 304 | 400 | 401 | 403 | 404 | 405 | 406 | 422);
        return if common { Vec::new() } else { vec![format!("status {status} is not described")] };
    }
    let place = match described["$ref"].as_str() {
        Some(target) => target.trim_start_matches('#').to_owned(),
        None => format!("{at}/responses/{status}"),
    };
    let schema = format!("{place}/content/application~1json/schema");
    if DOCUMENT.pointer(&schema).is_none() {
        return Vec::new();
    }
    // A difference as text is no JSON; the document says that there may be one, and not what it looks like.
    let offers_text =
        operation["description"].as_str().is_some_and(|text| text.contains("application/vnd.github.diff"));
    if call.response.is_none() && offers_text {
        return Vec::new();
    }
    let given = call.response.clone().unwrap_or_default();
    mismatches(&schema, &given).into_iter().map(|one| format!("answer {status}: {one}")).collect()
}

fn mismatches(pointer: &str, instance: &Value) -> Vec<String> {
    let validator = {
        let mut validators = VALIDATORS.lock().unwrap();
        let made = validators.entry(pointer.to_owned()).or_insert_with(|| Arc::new(compile(pointer)));
        Arc::clone(made)
    };
    validator.iter_errors(instance).take(5).map(|error| format!("{} at {}", error, error.instance_path())).collect()
}

fn compile(pointer: &str) -> Validator {
    // A pointer may hold braces (path templates), which a reference may not.
    let encoded = pointer.replace('{', "%7B").replace('}', "%7D");
    let schema =
        json!({ "$ref": format!("#{encoded}"), "paths": DOCUMENT["paths"], "components": DOCUMENT["components"] });
    jsonschema::options().with_draft(jsonschema::Draft::Draft202012).build(&schema).unwrap()
}

/// Every operation of the document as `METHOD /template`.
pub(crate) fn operations() -> Vec<String> {
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let methods = |item: &'static Value| {
        let keys = item.as_object().unwrap().keys().map(String::as_str);
        keys.filter(|key| matches!(*key, "get" | "post" | "put" | "patch" | "delete"))
    };
    paths
        .iter()
        .flat_map(|(path, item)| methods(item).map(move |method| format!("{} {path}", method.to_uppercase())))
        .collect()
}

/// The operation a call was an instance of.
pub(crate) fn operation_of(call: &Call) -> Option<String> {
    template(&call.path).map(|template| format!("{} {template}", call.method))
}

#[test]
fn a_wrong_answer_is_found() {
    let call = |response: Value| Call {
        method: "GET".to_owned(),
        path: "/rate_limit".to_owned(),
        query: String::new(),
        status: 200,
        request: None,
        response: Some(response),
        credential: seconder::sandbox::Credential::None,
        template: String::new(),
        faulty: false,
    };
    let rate = json!({ "limit": 1, "remaining": 1, "reset": 1, "used": 0 });
    let right = json!({ "resources": { "core": rate, "search": rate }, "rate": rate });
    assert_eq!(findings(&call(right)), Vec::<String>::new());
    let wrong = json!({ "resources": { "core": rate, "search": rate }, "rate": { "limit": "many" } });
    assert!(!findings(&call(wrong)).is_empty());
}
