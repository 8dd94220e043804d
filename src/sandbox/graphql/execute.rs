//! Walks a document: operations, variables, aliases, fragments, directives.

use std::collections::{HashMap, HashSet};

use apollo_compiler::Node as AstNode;
use apollo_compiler::ast::{
    Definition, Document, Field, FragmentDefinition, OperationDefinition, OperationType, Selection,
};
use apollo_compiler::ast::{DirectiveList, Value as AstValue};
use serde_json::{Map, Value, json};

use super::cost::{Cost, Estimate, MAX_NODES};
use super::node::Out;
use super::{Args, Context, Trouble};

/// The objects of a graph: each forge has one of its own.
pub(crate) trait Object: Sized {
    /// Where queries begin.
    fn root() -> Self;

    /// What the schema calls it.
    fn type_name(&self, context: &Context<'_>) -> &'static str;

    /// True if a fragment on this type, interface or union applies.
    fn is(&self, context: &Context<'_>, condition: &str) -> bool;

    /// The answer to one field.
    fn field(&self, context: &Context<'_>, name: &str, args: &Args) -> Result<Out<Self>, Trouble>;
}

/// Answers a document.
pub(crate) fn run<N: Object>(
    context: &mut Context<'_>,
    text: &str,
    operation: Option<&str>,
    variables: Map<String, Value>,
) -> Value {
    let document = match Document::parse(text, "query.graphql") {
        Ok(document) => document,
        Err(invalid) => {
            let message =
                invalid.errors.iter().next().map_or_else(|| "Parse error".to_owned(), |error| error.error.to_string());
            return json!({ "errors": [{ "message": format!("Parse error: {message}") }] });
        }
    };
    let Some(chosen) = choose(&document, operation) else {
        return json!({ "errors": [{ "message": "An operation name is required" }] });
    };
    if chosen.operation_type != OperationType::Query {
        return json!({ "errors": [{ "type": "FORBIDDEN", "message": "Resource not accessible by integration" }] });
    }
    let variables = match with_defaults(chosen, variables) {
        Ok(variables) => variables,
        Err(message) => return json!({ "errors": [{ "message": message }] }),
    };
    let fragments = document.definitions.iter().filter_map(|definition| match definition {
        Definition::FragmentDefinition(fragment) => Some((fragment.name.to_string(), fragment.clone())),
        _ => None,
    });
    let fragments: HashMap<_, _> = fragments.collect();
    if recursive(&fragments) {
        return json!({ "errors": [{ "message": "Fragments must not contain themselves" }] });
    }
    let mut cost = Cost::default();
    Estimate { fragments: &fragments, variables: &variables }.add(&chosen.selection_set, 1, &mut cost);
    if cost.nodes > MAX_NODES {
        let message = format!(
            "This query requests up to {} possible nodes which exceeds the maximum limit of {MAX_NODES}.",
            cost.nodes
        );
        return json!({ "errors": [{ "type": "MAX_NODE_LIMIT_EXCEEDED", "message": message }] });
    }
    context.cost = cost.points();
    context.nodes = cost.nodes;
    let mut walk = Walk { context, fragments, variables, errors: Vec::new(), refused: Vec::new() };
    let data = walk.object(&N::root(), &chosen.selection_set.iter().collect::<Vec<_>>(), &mut Vec::new());
    if !walk.refused.is_empty() {
        return json!({ "errors": walk.refused });
    }
    let mut answer = json!({ "data": data });
    if !walk.errors.is_empty() {
        answer["errors"] = Value::Array(walk.errors);
    }
    answer
}

/// The variables given and the defaults of the others, or what is wrong with them.
fn with_defaults(
    chosen: &OperationDefinition,
    mut variables: Map<String, Value>,
) -> Result<Map<String, Value>, String> {
    for definition in &chosen.variables {
        let name = definition.name.to_string();
        match (&definition.default_value, variables.get(&name)) {
            (Some(default), None) => {
                variables.insert(name, literal(default, &Map::new()));
            }
            (None, None | Some(Value::Null)) if definition.ty.is_non_null() => {
                return Err(format!("Variable ${name} of type {} was provided invalid value", definition.ty));
            }
            _ => {}
        }
    }
    Ok(variables)
}

fn choose<'a>(document: &'a Document, name: Option<&str>) -> Option<&'a AstNode<OperationDefinition>> {
    let mut operations = document.definitions.iter().filter_map(|definition| match definition {
        Definition::OperationDefinition(operation) => Some(operation),
        _ => None,
    });
    match name {
        Some(name) => operations.find(|operation| operation.name.as_ref().is_some_and(|own| own.as_str() == name)),
        None => operations.next().filter(|_| operations.next().is_none()),
    }
}

/// True if a fragment spreads itself, by way of others too: the walk would not end.
fn recursive(fragments: &HashMap<String, AstNode<FragmentDefinition>>) -> bool {
    fn spreads(selections: &[Selection], into: &mut Vec<String>) {
        for selection in selections {
            match selection {
                Selection::Field(field) => spreads(&field.selection_set, into),
                Selection::InlineFragment(inline) => spreads(&inline.selection_set, into),
                Selection::FragmentSpread(spread) => into.push(spread.fragment_name.to_string()),
            }
        }
    }
    fragments.iter().any(|(name, fragment)| {
        let mut open = Vec::new();
        let mut seen = HashSet::new();
        spreads(&fragment.selection_set, &mut open);
        while let Some(next) = open.pop() {
            if next == *name {
                return true;
            }
            if let Some(fragment) = fragments.get(&next).filter(|_| seen.insert(next.clone())) {
                spreads(&fragment.selection_set, &mut open);
            }
        }
        false
    })
}

/// A value of the document with variables put in.
pub(super) fn literal(value: &AstValue, variables: &Map<String, Value>) -> Value {
    match value {
        AstValue::Null => Value::Null,
        AstValue::Enum(name) => json!(name.as_str()),
        AstValue::Variable(name) => variables.get(name.as_str()).cloned().unwrap_or_default(),
        AstValue::String(text) => json!(text),
        AstValue::Float(number) => number.as_str().parse::<f64>().map_or(Value::Null, |number| json!(number)),
        AstValue::Int(number) => number.as_str().parse::<i64>().map_or(Value::Null, |number| json!(number)),
        AstValue::Boolean(yes) => json!(yes),
        AstValue::List(items) => items.iter().map(|item| literal(item, variables)).collect(),
        AstValue::Object(fields) => {
            fields.iter().map(|(name, value)| (name.to_string(), literal(value, variables))).collect()
        }
    }
}

struct Walk<'a> {
    context: &'a Context<'a>,
    fragments: HashMap<String, AstNode<FragmentDefinition>>,
    variables: Map<String, Value>,
    /// Errors beside an answer.
    errors: Vec<Value>,
    /// Errors instead of an answer.
    refused: Vec<Value>,
}

/// Fields that answer under one name, in the order of the document.
type Collected = Vec<(String, Vec<AstNode<Field>>)>;

impl Walk<'_> {
    fn object<N: Object>(&mut self, node: &N, selections: &[&Selection], path: &mut Vec<Value>) -> Value {
        let mut fields = Collected::new();
        self.collect(node, selections, &mut fields);
        let mut object = Map::new();
        for (key, fields) in fields {
            path.push(json!(key));
            let value = self.field(node, &fields, path);
            path.pop();
            object.insert(key, value);
        }
        Value::Object(object)
    }

    fn collect<N: Object>(&self, node: &N, selections: &[&Selection], into: &mut Collected) {
        for selection in selections {
            match selection {
                Selection::Field(field) if self.included(&field.directives) => {
                    let key = field.alias.as_ref().unwrap_or(&field.name).to_string();
                    match into.iter_mut().find(|(existing, _)| *existing == key) {
                        Some((_, fields)) => fields.push(field.clone()),
                        None => into.push((key, vec![field.clone()])),
                    }
                }
                Selection::FragmentSpread(spread) if self.included(&spread.directives) => {
                    let Some(fragment) = self.fragments.get(spread.fragment_name.as_str()) else { continue };
                    if node.is(self.context, fragment.type_condition.as_str()) {
                        self.collect(node, &fragment.selection_set.iter().collect::<Vec<_>>(), into);
                    }
                }
                Selection::InlineFragment(inline) if self.included(&inline.directives) => {
                    let fits = |condition: &apollo_compiler::Name| node.is(self.context, condition.as_str());
                    if inline.type_condition.as_ref().is_none_or(fits) {
                        self.collect(node, &inline.selection_set.iter().collect::<Vec<_>>(), into);
                    }
                }
                _ => {}
            }
        }
    }

    fn included(&self, directives: &DirectiveList) -> bool {
        directives.0.iter().all(|directive| {
            let condition = directive.arguments.first().map(|argument| literal(&argument.value, &self.variables));
            let condition = condition.and_then(|value| value.as_bool()).unwrap_or(true);
            match directive.name.as_str() {
                "include" => condition,
                "skip" => !condition,
                _ => true,
            }
        })
    }

    fn field<N: Object>(&mut self, node: &N, fields: &[AstNode<Field>], path: &mut Vec<Value>) -> Value {
        let Some(first) = fields.first() else { return Value::Null };
        let name = first.name.as_str();
        if name == "__typename" {
            return json!(node.type_name(self.context));
        }
        let args = first
            .arguments
            .iter()
            .map(|argument| (argument.name.to_string(), literal(&argument.value, &self.variables)));
        let args = Args(args.filter(|(_, value)| !value.is_null()).collect());
        match node.field(self.context, name, &args) {
            Ok(out) => {
                let below: Vec<&Selection> = fields.iter().flat_map(|field| &field.selection_set).collect();
                self.complete(out, &below, path)
            }
            Err(Trouble::UnknownField) => {
                let kind = node.type_name(self.context);
                let error = json!({
                    "path": path,
                    "extensions": { "code": "undefinedField", "typeName": kind, "fieldName": name },
                    "message": format!("Field '{name}' doesn't exist on type '{kind}'"),
                });
                self.refused.push(error);
                Value::Null
            }
            Err(Trouble::Field { kind, message }) => self.missing(kind, &message, path),
        }
    }

    fn missing(&mut self, kind: &str, message: &str, path: &[Value]) -> Value {
        self.errors.push(json!({ "type": kind, "path": path, "message": message }));
        Value::Null
    }

    fn complete<N: Object>(&mut self, out: Out<N>, below: &[&Selection], path: &mut Vec<Value>) -> Value {
        match out {
            Out::Value(value) => value,
            Out::Node(node) => self.object(&node, below, path),
            Out::Missing(Trouble::Field { kind, message }) => self.missing(kind, &message, path),
            Out::Missing(Trouble::UnknownField) => Value::Null,
            Out::List(items) => {
                let mut list = Vec::with_capacity(items.len());
                for (index, item) in items.into_iter().enumerate() {
                    path.push(json!(index));
                    list.push(self.complete(item, below, path));
                    path.pop();
                }
                Value::Array(list)
            }
        }
    }
}
