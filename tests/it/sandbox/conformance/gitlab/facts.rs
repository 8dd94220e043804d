//! `api.yml`, read and made sense of.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::shape::{Field, Shape, Types, Written, fields};

pub(super) static FACTS: LazyLock<Facts> =
    LazyLock::new(|| Facts::of(include_str!("../../../../fixtures/gitlab/api.yml")));

/// What every list of pages takes. GitLab silently gives a hundred where more are asked for.
const PAGING: [(&str, Shape); 2] = [("page", Shape::Range(1, i64::MAX)), ("per_page", Shape::Range(1, 100))];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    /// GitLab's version of the API description.
    #[serde(rename = "description")]
    _description: String,
    paths: BTreeMap<String, Written>,
    types: BTreeMap<String, Written>,
    bodies: BTreeMap<String, Written>,
    operations: BTreeMap<String, WrittenOperation>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenOperation {
    #[serde(rename = "from")]
    _from: Source,
    #[serde(default)]
    paged: bool,
    #[serde(default)]
    query: BTreeMap<String, Written>,
    body: Option<Written>,
    answers: BTreeMap<u16, Written>,
}

/// Where an operation was read.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Source {
    Description,
    Page,
    Routes,
    Unconfirmed,
}

pub(super) struct Facts {
    pub(super) types: Types,
    /// By `METHOD /template`.
    pub(super) operations: BTreeMap<String, Operation>,
    /// Parts of paths that are not plain text.
    pub(super) parts: BTreeMap<String, Shape>,
}

pub(super) struct Operation {
    pub(super) query: Vec<Field>,
    pub(super) body: Vec<Field>,
    pub(super) answers: BTreeMap<u16, Answer>,
}

pub(super) enum Answer {
    Nothing,
    /// Bytes of a file.
    File,
    Json(Shape),
}

impl Facts {
    /// # Panics
    /// If the document is not well-formed.
    pub(super) fn of(text: &str) -> Self {
        let document: Document = serde_saphyr::from_str(text).unwrap();
        let shapes = |written: BTreeMap<String, Written>| -> BTreeMap<String, Shape> {
            written.iter().map(|(name, written)| (name.clone(), Shape::of(written))).collect()
        };
        let bodies = shapes(document.bodies);
        let compile = |(name, written): (String, WrittenOperation)| (name, Operation::of(&written, &bodies));
        let facts = Self {
            types: shapes(document.types),
            operations: document.operations.into_iter().map(compile).collect(),
            parts: shapes(document.paths),
        };
        let unknown: Vec<&str> = facts.shapes().flat_map(|shape| shape.unknown(&facts.types)).collect();
        assert!(unknown.is_empty(), "no such types: {unknown:?}");
        facts
    }

    fn shapes(&self) -> impl Iterator<Item = &Shape> {
        self.types.values().chain(self.operations.values().flat_map(Operation::shapes))
    }
}

impl Operation {
    fn of(written: &WrittenOperation, bodies: &BTreeMap<String, Shape>) -> Self {
        let mut query = fields(&written.query);
        if written.paged {
            query.extend(PAGING.map(|(name, shape)| Field { name: name.to_owned(), required: false, shape }));
        }
        let body = match written.body.as_ref().map(Shape::of) {
            None => Vec::new(),
            Some(Shape::Fields(fields)) => fields,
            Some(Shape::Named(name)) => match bodies.get(&name) {
                Some(Shape::Fields(fields)) => fields.clone(),
                _ => panic!("no such body: {name}"),
            },
            Some(other) => panic!("a body has fields, and is not {}", other.name()),
        };
        let answer = |written: &Written| match written {
            Written::Word(word) if word == "nothing" => Answer::Nothing,
            Written::Word(word) if word == "file" => Answer::File,
            written => Answer::Json(Shape::of(written)),
        };
        Self { query, body, answers: written.answers.iter().map(|(status, one)| (*status, answer(one))).collect() }
    }
    fn shapes(&self) -> impl Iterator<Item = &Shape> {
        let answers = self.answers.values().filter_map(|answer| match answer {
            Answer::Json(shape) => Some(shape),
            Answer::Nothing | Answer::File => None,
        });
        self.query.iter().chain(&self.body).map(|field| &field.shape).chain(answers)
    }
}
