//! GraphQL calls against a published schema.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use apollo_compiler::ast::Type;
use apollo_compiler::executable::{Operation, Selection, SelectionSet};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};
use seconder::sandbox::Call;
use serde_json::{Map, Value, json};

pub(super) static GITHUB: LazyLock<Published> =
    LazyLock::new(|| Published::of(include_str!("../../../fixtures/github/schema.docs.graphql"), is_scalar));

pub(super) type Understood = Result<Arc<Valid<ExecutableDocument>>, String>;

/// A schema, and what its scalars look like.
pub(super) struct Published {
    schema: Valid<Schema>,
    is_scalar: fn(name: &str, value: &Value) -> bool,
    /// Documents that were understood. There are few of them, each is sent very often, and a schema may be large.
    known: Mutex<HashMap<String, Understood>>,
}

impl Published {
    pub(super) fn of(text: &str, is_scalar: fn(&str, &Value) -> bool) -> Self {
        // GitHub's text defines one field twice, so it is not valid; everything else of it stands.
        let schema = match Schema::parse_and_validate(text, "schema.graphql") {
            Ok(schema) => schema,
            Err(invalid) => Valid::assume_valid(invalid.partial),
        };
        Self { schema, is_scalar, known: Mutex::default() }
    }

    pub(super) fn findings(&self, call: &Call) -> Vec<String> {
        let Some(text) = call.document() else { return vec!["a call without a document".to_owned()] };
        let document = match self.document(text) {
            Ok(document) => document,
            Err(invalid) => return vec![invalid],
        };
        let name = call.request.as_ref().and_then(|body| body["operationName"].as_str());
        let Ok(operation) = document.operations.get(name) else { return vec!["no such operation".to_owned()] };
        let mut found = variables(operation, call.request.as_ref().map_or(&Value::Null, |body| &body["variables"]));
        if call.status != 200 {
            // Refused before it was looked at: such answers are REST's, with a message.
            return found;
        }
        let response = call.response.clone().unwrap_or_default();
        let errors = response["errors"].as_array().cloned().unwrap_or_default();
        for error in errors.iter().filter(|error| !error["message"].is_string()) {
            found.push(format!("an error without a message: {error}"));
        }
        if let Some(data) = response["data"].as_object() {
            let given = call.request.as_ref().map_or(&Value::Null, |body| &body["variables"]);
            let mut walk = Walk { published: self, document: &document, given, errors: &errors, found };
            walk.object(&operation.selection_set, operation.object_type().as_str(), data, &mut Vec::new());
            return walk.found;
        }
        if errors.is_empty() {
            found.push("neither data nor errors".to_owned());
        }
        found
    }

    /// What is wrong with a document, whatever it is answered with.
    pub(super) fn document_findings(&self, text: &str) -> Vec<String> {
        self.document(text).err().into_iter().collect()
    }

    /// The document, understood.
    pub(super) fn document(&self, text: &str) -> Understood {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let understand = || match ExecutableDocument::parse_and_validate(&self.schema, text, "query.graphql") {
            Ok(document) => Ok(Arc::new(document)),
            Err(invalid) => Err(format!("the document does not fit the schema: {}", invalid.errors)),
        };
        known.entry(text.to_owned()).or_insert_with(understand).clone()
    }

    /// True if an object of the concrete type is of this type, interface or union.
    fn applies(&self, condition: &str, concrete: &str) -> bool {
        condition == concrete
            || match self.schema.types.get(concrete) {
                Some(ExtendedType::Object(object)) => {
                    let implements = object.implements_interfaces.iter().any(|one| one.as_str() == condition);
                    let member = match self.schema.types.get(condition) {
                        Some(ExtendedType::Union(union)) => union.members.iter().any(|one| one.as_str() == concrete),
                        _ => false,
                    };
                    implements || member
                }
                _ => false,
            }
    }
}

/// Variables that are missing, or that the operation does not declare.
fn variables(operation: &Operation, given: &Value) -> Vec<String> {
    let none = Map::new();
    let given = given.as_object().unwrap_or(&none);
    let mut found = Vec::new();
    for declared in &operation.variables {
        let value = given.get(declared.name.as_str()).unwrap_or(&Value::Null);
        if value.is_null() && declared.ty.is_non_null() && declared.default_value.is_none() {
            found.push(format!("variable ${} is missing", declared.name));
        }
    }
    for name in given.keys().filter(|name| !operation.variables.iter().any(|one| one.name.as_str() == *name)) {
        found.push(format!("variable ${name} is not declared"));
    }
    found
}

struct Walk<'a> {
    published: &'a Published,
    document: &'a Valid<ExecutableDocument>,
    given: &'a Value,
    errors: &'a [Value],
    found: Vec<String>,
}

impl Walk<'_> {
    fn object(&mut self, selections: &SelectionSet, concrete: &str, data: &Map<String, Value>, path: &mut Vec<String>) {
        let given = self.given;
        for selection in selections.selections.iter().filter(|selection| is_wanted(selection, given)) {
            match selection {
                Selection::Field(field) => {
                    let key = field.response_key().as_str();
                    path.push(key.to_owned());
                    match data.get(key) {
                        None => self.say(path, "is missing"),
                        Some(value) if field.name == "__typename" => self.type_name(value, concrete, path),
                        Some(value) => self.value(&field.definition.ty, &field.selection_set, value, path),
                    }
                    path.pop();
                }
                Selection::FragmentSpread(spread) => {
                    let Some(fragment) = self.document.fragments.get(&spread.fragment_name) else { continue };
                    if self.published.applies(fragment.type_condition().as_str(), concrete) {
                        self.object(&fragment.selection_set, concrete, data, path);
                    }
                }
                Selection::InlineFragment(inline) => {
                    if inline.type_condition.as_ref().is_none_or(|name| self.published.applies(name.as_str(), concrete))
                    {
                        self.object(&inline.selection_set, concrete, data, path);
                    }
                }
            }
        }
    }

    fn say(&mut self, path: &[String], what: &str) {
        self.found.push(format!("{} {what}", path.join(".")));
    }

    /// True if an error says why there is nothing here: it may then be null against the schema.
    fn explained(&self, path: &[String]) -> bool {
        let step = |step: &Value| step.as_str().map_or_else(|| step.to_string(), str::to_owned);
        let at = |error: &Value| error["path"].as_array().map(|steps| steps.iter().map(step).collect::<Vec<_>>());
        self.errors.iter().filter_map(at).any(|at| at.starts_with(path))
    }

    fn type_name(&mut self, value: &Value, concrete: &str, path: &[String]) {
        if value
            .as_str()
            .is_none_or(|name| !matches!(self.published.schema.types.get(name), Some(ExtendedType::Object(_))))
        {
            self.say(path, &format!("is {value}, which is no object type of the schema"));
        } else if !concrete.is_empty() && value != concrete {
            self.say(path, &format!("is {value} and not {concrete}"));
        }
    }

    fn value(&mut self, ty: &Type, selections: &SelectionSet, value: &Value, path: &mut Vec<String>) {
        if value.is_null() {
            if ty.is_non_null() && !self.explained(path) {
                self.say(path, "is null, which the schema rules out");
            }
            return;
        }
        match ty {
            Type::List(item) | Type::NonNullList(item) => match value.as_array() {
                None => self.say(path, "is no list"),
                Some(items) => {
                    for (index, one) in items.iter().enumerate() {
                        path.push(index.to_string());
                        self.value(item, selections, one, path);
                        path.pop();
                    }
                }
            },
            Type::Named(name) | Type::NonNullNamed(name) => self.named(name.as_str(), selections, value, path),
        }
    }

    fn named(&mut self, name: &str, selections: &SelectionSet, value: &Value, path: &mut Vec<String>) {
        match self.published.schema.types.get(name) {
            Some(ExtendedType::Scalar(_)) => self.scalar(name, value, path),
            Some(ExtendedType::Enum(names)) => {
                if value.as_str().is_none_or(|word| !names.values.keys().any(|one| one.as_str() == word)) {
                    self.say(path, &format!("is {value}, which is not of {name}"));
                }
            }
            Some(ExtendedType::Object(_)) => match value.as_object() {
                Some(data) => self.object(selections, name, data, path),
                None => self.say(path, &format!("is no object of {name}")),
            },
            Some(ExtendedType::Interface(_) | ExtendedType::Union(_)) => match value.as_object() {
                // Which object it is, only __typename can tell; without it, only fields of the interface are checked.
                Some(data) => {
                    let concrete = data.get("__typename").and_then(Value::as_str).unwrap_or_default().to_owned();
                    if !concrete.is_empty() && !self.published.applies(name, &concrete) {
                        self.say(path, &format!("is a {concrete}, which is no {name}"));
                    }
                    self.object(selections, &concrete, data, path);
                }
                None => self.say(path, &format!("is no object of {name}")),
            },
            _ => self.say(path, &format!("has the unknown type {name}")),
        }
    }

    fn scalar(&mut self, name: &str, value: &Value, path: &[String]) {
        if !(self.published.is_scalar)(name, value) {
            self.say(path, &format!("is {value}, which is no {name}"));
        }
    }
}

/// GitHub's scalars.
fn is_scalar(name: &str, value: &Value) -> bool {
    match name {
        "DateTime" | "GitTimestamp" | "PreciseDateTime" => {
            value.as_str().is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok())
        }
        "GitObjectID" => {
            value.as_str().is_some_and(|text| text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit()))
        }
        "BigInt" => value.as_str().is_some_and(|text| text.parse::<i64>().is_ok()),
        _ => is_common_scalar(name, value),
    }
}

/// GraphQL's own scalars; what has no form that is known here is text.
pub(super) fn is_common_scalar(name: &str, value: &Value) -> bool {
    match name {
        "Int" => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        "Float" => value.is_number(),
        "Boolean" => value.is_boolean(),
        _ => value.is_string(),
    }
}

/// Whether `@include` and `@skip`, with the variables as they were given, leave it in.
fn is_wanted(selection: &Selection, given: &Value) -> bool {
    let condition = |directive: &str| {
        let argument = selection.directives().get(directive)?.specified_argument_by_name("if")?;
        argument.to_bool().or_else(|| given[argument.as_variable()?.as_str()].as_bool())
    };
    condition("include").unwrap_or(true) && !condition("skip").unwrap_or(false)
}

#[test]
fn a_wrong_answer_is_found() {
    let query = "{ repository(owner: \"acme\", name: \"pay\") { id pullRequest(number: 1) { state author { __typename login } } } }";
    let findings = |response: Value| {
        let call = Call {
            method: "POST".to_owned(),
            path: "/graphql".to_owned(),
            query: String::new(),
            status: 200,
            request: Some(json!({ "query": query })),
            response: Some(response),
            credential: seconder::sandbox::Credential::None,
            template: String::new(),
            faulty: false,
        };
        GITHUB.findings(&call).len()
    };
    let answer = |id: Value, state: &str, kind: &str| {
        let pull = json!({ "state": state, "author": { "__typename": kind, "login": "jo" } });
        json!({ "data": { "repository": { "id": id, "pullRequest": pull } } })
    };
    assert_eq!(findings(answer(json!("R_1"), "OPEN", "User")), 0);
    assert_eq!(findings(answer(Value::Null, "OPEN", "User")), 1, "null against the schema");
    assert_eq!(findings(answer(json!("R_1"), "AJAR", "User")), 1, "no such state");
    assert_eq!(findings(answer(json!("R_1"), "OPEN", "Repository")), 1, "no actor");
    assert_eq!(findings(json!({ "data": { "repository": { "id": "R_1" } } })), 1, "a field is missing");
    assert_eq!(findings(json!({ "data": null })), 1, "neither data nor errors");
}
