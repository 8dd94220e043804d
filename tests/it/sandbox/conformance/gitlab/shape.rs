//! What a value has to look like.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// A shape as it is written down.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Written {
    Word(String),
    List(Vec<Written>),
    Fields(BTreeMap<String, Written>),
}

#[derive(Debug, Clone)]
pub(super) enum Shape {
    Any,
    Boolean,
    Date,
    Integer,
    Number,
    Object,
    Sha,
    Text,
    Time,
    /// A type by its name.
    Named(String),
    List(Box<Shape>),
    Fields(Vec<Field>),
    /// A number from the one to the other.
    Range(i64, i64),
    /// One of these words.
    Words(Vec<String>),
    /// Any of these.
    Either(Vec<Shape>),
    /// It, or null.
    Maybe(Box<Shape>),
}

#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) name: String,
    /// Always there in an answer, and to be given in a request.
    pub(super) required: bool,
    pub(super) shape: Shape,
}

/// Every type by its name.
pub(super) type Types = BTreeMap<String, Shape>;

impl Shape {
    /// # Panics
    /// If nothing of that name is known.
    pub(super) fn of(written: &Written) -> Self {
        match written {
            Written::Word(word) => Self::of_word(word),
            Written::List(items) => match items.as_slice() {
                [item] => Self::List(Box::new(Self::of(item))),
                _ => panic!("a list is of one type: {items:?}"),
            },
            Written::Fields(written) => Self::Fields(fields(written)),
        }
    }

    fn of_word(word: &str) -> Self {
        if let Some(word) = word.strip_suffix('?') {
            return Self::Maybe(Box::new(Self::of_word(word)));
        }
        if let Some(only) = word.strip_prefix('=') {
            return Self::Words(vec![only.to_owned()]);
        }
        if !word.contains('|') {
            return Self::simple(word).unwrap_or_else(|| panic!("{word} is no type"));
        }
        let (shapes, words): (Vec<&str>, Vec<&str>) = word.split('|').partition(|one| Self::simple(one).is_some());
        let mut either: Vec<Self> = shapes.into_iter().filter_map(Self::simple).collect();
        if !words.is_empty() {
            either.push(Self::Words(words.into_iter().map(str::to_owned).collect()));
        }
        Self::Either(either)
    }

    fn simple(word: &str) -> Option<Self> {
        Some(match word {
            "any" => Self::Any,
            "boolean" => Self::Boolean,
            "date" => Self::Date,
            "integer" => Self::Integer,
            "number" => Self::Number,
            "object" => Self::Object,
            "sha" => Self::Sha,
            "text" => Self::Text,
            "time" => Self::Time,
            range if range.contains("..") => {
                let (least, most) = range.split_once("..")?;
                Self::Range(least.parse().ok()?, most.parse().ok()?)
            }
            name if name.starts_with(char::is_uppercase) => Self::Named(name.to_owned()),
            _ => return None,
        })
    }

    /// Names of types that do not exist.
    pub(super) fn unknown<'a>(&'a self, types: &Types) -> Vec<&'a str> {
        match self {
            Self::Named(name) if !types.contains_key(name) => vec![name],
            Self::List(inner) | Self::Maybe(inner) => inner.unknown(types),
            Self::Either(shapes) => shapes.iter().flat_map(|shape| shape.unknown(types)).collect(),
            Self::Fields(fields) => fields.iter().flat_map(|field| field.shape.unknown(types)).collect(),
            _ => Vec::new(),
        }
    }

    /// Everything that is wrong with a value, each with its place in it.
    pub(super) fn mismatches(&self, types: &Types, value: &Value, at: &str) -> Vec<String> {
        match self {
            Self::Maybe(_) if value.is_null() => Vec::new(),
            Self::Maybe(inner) => inner.mismatches(types, value, at),
            Self::Named(name) => types.get(name).map_or_else(Vec::new, |shape| shape.mismatches(types, value, at)),
            Self::List(item) => match value.as_array() {
                Some(items) => {
                    let each = items.iter().enumerate();
                    each.flat_map(|(index, one)| item.mismatches(types, one, &format!("{at}[{index}]"))).collect()
                }
                None => vec![format!("{at} is no list")],
            },
            Self::Fields(fields) => object(fields, types, value, at),
            Self::Either(shapes) if shapes.iter().any(|shape| shape.mismatches(types, value, at).is_empty()) => {
                Vec::new()
            }
            _ if self.is(value) => Vec::new(),
            _ => vec![format!("{at} is {value}, which is not {}", self.name())],
        }
    }

    fn is(&self, value: &Value) -> bool {
        match self {
            Self::Any => true,
            Self::Boolean => value.is_boolean(),
            Self::Integer => value.is_i64() || value.is_u64(),
            Self::Number => value.is_number(),
            Self::Object => value.is_object(),
            Self::Range(least, most) => value.as_i64().is_some_and(|one| (*least..=*most).contains(&one)),
            Self::Date | Self::Sha | Self::Text | Self::Time | Self::Words(_) => {
                value.as_str().is_some_and(|text| self.is_text(text))
            }
            Self::Named(_) | Self::List(_) | Self::Fields(_) | Self::Either(_) | Self::Maybe(_) => false,
        }
    }

    /// True for a value that is written in a path or a query.
    pub(super) fn is_text(&self, text: &str) -> bool {
        match self {
            Self::Any | Self::Text => true,
            Self::Boolean => matches!(text, "true" | "false"),
            Self::Date => text.parse::<jiff::civil::Date>().is_ok_and(|date| date.to_string() == text),
            Self::Integer => text.parse::<i64>().is_ok(),
            Self::Number => text.parse::<f64>().is_ok(),
            Self::Range(least, most) => text.parse().is_ok_and(|one: i64| (*least..=*most).contains(&one)),
            Self::Sha => matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit()),
            Self::Time => text.parse::<jiff::Timestamp>().is_ok(),
            Self::Words(words) => words.iter().any(|word| word == text),
            Self::Either(shapes) => shapes.iter().any(|shape| shape.is_text(text)),
            Self::List(item) => text.split(',').all(|one| item.is_text(one)),
            Self::Maybe(inner) => inner.is_text(text),
            Self::Object | Self::Named(_) | Self::Fields(_) => false,
        }
    }

    pub(super) fn name(&self) -> String {
        match self {
            Self::Range(least, most) => format!("{least}..{most}"),
            Self::Words(words) => words.join("|"),
            Self::Either(shapes) => shapes.iter().map(Self::name).collect::<Vec<_>>().join("|"),
            Self::List(item) => format!("[{}]", item.name()),
            Self::Maybe(inner) => format!("{}?", inner.name()),
            Self::Named(name) => name.clone(),
            Self::Fields(_) => "these fields".to_owned(),
            other => format!("{other:?}").to_lowercase(),
        }
    }
}

pub(super) fn fields(written: &BTreeMap<String, Written>) -> Vec<Field> {
    let field = |(name, written): (&String, &Written)| Field {
        name: name.trim_end_matches('!').to_owned(),
        required: name.ends_with('!'),
        shape: Shape::of(written),
    };
    written.iter().map(field).collect()
}

fn object(fields: &[Field], types: &Types, value: &Value, at: &str) -> Vec<String> {
    let Some(object) = value.as_object() else { return vec![format!("{at} is no object")] };
    let mut found = Vec::new();
    for field in fields {
        match object.get(&field.name) {
            Some(value) => found.extend(field.shape.mismatches(types, value, &format!("{at}.{}", field.name))),
            None if field.required => found.push(format!("{at}.{} is missing", field.name)),
            None => {}
        }
    }
    let unknown = object.keys().filter(|key| !fields.iter().any(|field| field.name == **key));
    found.extend(unknown.map(|key| format!("{at}.{key} is not known")));
    found
}
