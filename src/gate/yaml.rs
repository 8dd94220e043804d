//! YAML files that people write: read strictly, with the place of everything that is wrong.
//!
//! One document, no duplicate keys, no merge keys or tags, `true` and `false` as the only booleans, and a bound on what
//! a file may make us do. Shared by policies, directory files and the agents catalogue.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Deserialize, DeserializeOwned, Deserializer};
use serde_saphyr::{Error, MessageFormatter, UserMessageFormatter};

use super::policy::diagnostic::{Diagnostic, Position, suggest};

/// The largest file that [`parse`] reads, in bytes.
pub const MAX_BYTES: usize = 512 * 1024;

/// A value and the place where the file says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    /// What it says.
    pub value: T,
    /// Where.
    pub at: Position,
}

/// The version of a file's format, which must be this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version<const VERSION: u64>;

impl<'de, const VERSION: u64> Deserialize<'de> for Version<VERSION> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u64::deserialize(deserializer)? {
            version if version == VERSION => Ok(Self),
            other => Err(serde::de::Error::custom(format!("version {other} of this file is not known"))),
        }
    }
}

impl<const VERSION: u64> JsonSchema for Version<VERSION> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Version".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "const": VERSION })
    }
}

/// Reads a file of at most [`MAX_BYTES`]. The error says what is wrong, where, and what to do.
pub fn parse<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, Diagnostic> {
    parse_up_to(file, text, MAX_BYTES)
}

/// Reads a file of at most this many bytes.
pub fn parse_up_to<T: DeserializeOwned>(file: &str, text: &str, max_bytes: usize) -> Result<T, Diagnostic> {
    if text.len() > max_bytes {
        let message =
            format!("the file has {} KiB, and at most {} are read", text.len().div_ceil(1024), max_bytes / 1024);
        return Err(Diagnostic::error(file, Position::START, &message).help("split it, or shorten it"));
    }
    let is_blank = |line: &str| matches!(line.trim_start().chars().next(), None | Some('#'));
    if text.lines().all(|line| is_blank(line) || line.trim_end() == "---") {
        return Err(Diagnostic::error(file, Position::START, "the file is empty").help("start it with `version: 1`"));
    }
    serde_saphyr::from_str_with_options(text, options(max_bytes)).map_err(|error| diagnostic(file, text, &error))
}

/// Reads a file that states this version as [`Version`]. A newer file is said to be newer, instead of blaming the first
/// key that this server does not know.
pub fn parse_version<T: DeserializeOwned>(
    file: &str,
    text: &str,
    version: u64,
    max_bytes: usize,
) -> Result<T, Diagnostic> {
    #[derive(serde::Deserialize)]
    struct Head {
        version: Option<Spanned<u64>>,
    }

    let error = match parse_up_to(file, text, max_bytes) {
        Ok(content) => return Ok(content),
        Err(error) => error,
    };
    match parse_up_to::<Head>(file, text, max_bytes) {
        Ok(Head { version: Some(stated) }) if stated.value != version => {
            let message = format!("version {} of this file is not known", stated.value);
            let help = format!("this server reads `version: {version}`");
            Err(Diagnostic::error(file, stated.at, &message).help(&help))
        }
        Ok(Head { version: None }) => Err(Diagnostic::error(file, Position::START, "the key `version` is missing")
            .help(&format!("start the file with `version: {version}`"))),
        _ => Err(error),
    }
}

fn options(max_bytes: usize) -> serde_saphyr::Options {
    // Every node takes a byte or more, so these follow the file's size; aliases may repeat as much again.
    let budget = serde_saphyr::budget! {
        max_events: max_bytes,
        max_nodes: max_bytes,
        max_aliases: 1_000,
        max_anchors: 1_000,
        max_depth: 32,
        // One more than is allowed, so that the second is reported for what it is.
        max_documents: 2,
        max_total_scalar_bytes: 2 * max_bytes,
    };
    serde_saphyr::options! {
        budget: budget,
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: 100_000, max_replay_stack_depth: 8 },
        merge_keys: serde_saphyr::options::MergeKeyPolicy::Error,
        strict_booleans: true,
        reject_unsupported_tags: true,
        reject_tagged_field_names: true,
        with_snippet: false,
    }
}

fn diagnostic(file: &str, text: &str, error: &Error) -> Diagnostic {
    let at = error.location().map_or(Position::START, position);
    let error = inner(error);
    let finding = Diagnostic::error(file, at, &message(error));
    match help(error, text, at) {
        Some(help) => finding.help(&help),
        None => finding,
    }
}

fn inner(error: &Error) -> &Error {
    match error {
        Error::AliasError { error, .. } | Error::WithSnippet { error, .. } => inner(error),
        other => other,
    }
}

fn message(error: &Error) -> Cow<'_, str> {
    match error {
        Error::SerdeUnknownField { field, .. } => format!("unknown key `{field}`").into(),
        Error::SerdeMissingField { field, .. } => format!("the key `{field}` is missing").into(),
        Error::SerdeUnknownVariant { variant, .. } => format!("`{variant}` is not known here").into(),
        Error::SerdeInvalidType { unexpected, expected, .. }
        | Error::SerdeInvalidValue { unexpected, expected, .. } => {
            format!("expected {expected}, found {unexpected}").into()
        }
        Error::DuplicateMappingKey { key: Some(key), .. } => format!("the key `{key}` is given twice").into(),
        Error::DuplicateMappingKey { key: None, .. } => "a key is given twice".into(),
        Error::MergeKeyNotAllowed { .. } => "merge keys (`<<`) are not supported".into(),
        Error::UnsupportedTag { tag, .. } | Error::TaggedStructFieldName { tag, .. } => {
            format!("the tag `{tag}` is not supported").into()
        }
        Error::MultipleDocuments { .. } => "the file holds more than one document".into(),
        Error::InvalidBooleanStrict { .. } => "expected true or false".into(),
        Error::InvalidScalar { ty, .. } if is_number(ty) => "expected a whole number".into(),
        Error::Unexpected { expected: "sequence start", .. } => "expected a list".into(),
        Error::Unexpected { expected: "mapping start", .. } => "expected keys and values".into(),
        Error::Unexpected { expected: "string scalar", .. } => "expected a single value".into(),
        Error::NullIntoString { .. } => "a value is missing".into(),
        error if is_too_much(error) => "the file nests or repeats too much".into(),
        other => UserMessageFormatter.format_message(other),
    }
}

fn help(error: &Error, text: &str, at: Position) -> Option<String> {
    match error {
        Error::SerdeUnknownField { field, expected, .. } => Some(suggest(field, expected)),
        Error::SerdeUnknownVariant { variant, expected, .. } => Some(suggest(variant, expected)),
        Error::SerdeMissingField { field, .. } => Some(format!("add `{field}`")),
        Error::DuplicateMappingKey { .. } => Some("keep one of them".to_owned()),
        Error::MergeKeyNotAllowed { .. } => Some("write the keys out".to_owned()),
        Error::UnsupportedTag { .. } | Error::TaggedStructFieldName { .. } => Some("leave the tag out".to_owned()),
        Error::MultipleDocuments { .. } => Some("keep what stands before the second `---`".to_owned()),
        Error::InvalidBooleanStrict { .. } => Some("write `true` or `false`".to_owned()),
        error if is_too_much(error) => Some("write it flat, without anchors and aliases".to_owned()),
        _ if has_tab(text, at) => Some("indent with spaces: YAML does not take tabs".to_owned()),
        _ => None,
    }
}

fn is_number(ty: &str) -> bool {
    matches!(ty, "i64" | "u64" | "u32" | "u16")
}

fn is_too_much(error: &Error) -> bool {
    matches!(
        error,
        Error::Budget { .. }
            | Error::AliasReplayCounterOverflow { .. }
            | Error::AliasReplayLimitExceeded { .. }
            | Error::AliasExpansionLimitExceeded { .. }
            | Error::AliasReplayStackDepthExceeded { .. }
    ) || UserMessageFormatter.format_message(error).contains("recursion limit")
}

/// Whether this line, or the one after it, is indented with a tab. A parser notices some tabs one token late.
fn has_tab(text: &str, at: Position) -> bool {
    let is_tabbed = |line: &str| line.trim_start_matches(' ').starts_with('\t');
    let before = usize::try_from(at.line).unwrap_or(1).saturating_sub(1);
    text.lines().skip(before).take(2).any(is_tabbed)
}

fn position(location: serde_saphyr::Location) -> Position {
    let bounded = |n: u64| u32::try_from(n).unwrap_or(u32::MAX).max(1);
    Position { line: bounded(location.line()), column: bounded(location.column()) }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Spanned<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = serde_saphyr::Spanned::<T>::deserialize(deserializer)?;
        Ok(Self { value: spanned.value, at: position(spanned.referenced) })
    }
}

/// In a schema, a value is what it is without its place.
impl<T: JsonSchema> JsonSchema for Spanned<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

#[cfg(test)]
mod tests;
