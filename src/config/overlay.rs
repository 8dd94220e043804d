//! The file's text with the environment's variables put over it, and what is wrong with either, in words.

use std::path::Path;

use toml::{Table, Value};

use super::Error;
use super::file::File;

/// The prefix of environment variables that override the file: `SECONDER_STORE__URL` is `store.url`.
const PREFIX: &str = "SECONDER_";

/// The tables of the file, as variables name them.
const TABLES: [&str; 11] =
    ["SERVER", "STORE", "GITHUB", "GITLAB", "DIRECTORY", "AGENTS", "POLICY", "CHECK", "ENGINE", "SWEEP", "PAGES"];

/// Those of them that are lists of tables.
const LISTS: [&str; 2] = ["GITHUB", "GITLAB"];

/// The most characters of the file that an error repeats.
const LONGEST_QUOTED: usize = 500;

/// A variable that overrides a key.
struct Override {
    name: String,
    /// The key's parts, e.g. `github`, `0`, `app_id`.
    path: Vec<String>,
    value: String,
}

/// The variables of the process. One that is meant for us and is not UTF-8 is an error, not overlooked.
pub(super) fn variables() -> Result<Vec<(String, String)>, Error> {
    let mut variables = Vec::new();
    for (name, value) in std::env::vars_os() {
        let Ok(name) = name.into_string() else { continue };
        match value.into_string() {
            Ok(value) => variables.push((name, value)),
            Err(_) if name.starts_with(PREFIX) => {
                return Err(Error::Unusable { key: name, message: "is not UTF-8 text".to_owned() });
            }
            Err(_) => {}
        }
    }
    Ok(variables)
}

/// Reads the file's text, then overlays the environment. An error in the file is reported with its line before the
/// environment is looked at.
pub(super) fn parse(
    path: &Path,
    text: &str,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<File, Error> {
    let mut table: Table = toml::from_str(text).map_err(|error| invalid(path, text, &error))?;
    let overrides = overrides(environment)?;
    if overrides.is_empty() {
        if table.is_empty() {
            let message =
                "the file says nothing; it needs at least [server], [store] and one [[github]] or [[gitlab]] table"
                    .to_owned();
            return Err(Error::Invalid { path: path.to_owned(), line: 1, column: 1, message });
        }
        return toml::from_str(text).map_err(|error| invalid(path, text, &error));
    }
    for Override { name, path, value } in &overrides {
        set(&mut table, path, value).map_err(|message| Error::Unusable { key: name.clone(), message })?;
    }
    Value::Table(table).try_into().map_err(|error: toml::de::Error| Error::Unusable {
        key: format!("{} with {}", path.display(), names(&overrides)),
        message: message(&error),
    })
}

fn overrides(environment: impl IntoIterator<Item = (String, String)>) -> Result<Vec<Override>, Error> {
    let mut overrides = Vec::new();
    for (name, value) in environment {
        let Some(key) = name.strip_prefix(PREFIX) else { continue };
        if !key.contains("__") {
            refuse_near_miss(&name, key)?;
            continue;
        }
        if value.is_empty() {
            let message = "is empty; give it a value, or leave the variable out".to_owned();
            return Err(Error::Unusable { key: name, message });
        }
        let path = key.split("__").map(str::to_ascii_lowercase).collect();
        overrides.push(Override { name, path, value });
    }
    // Tables of a list are added in their order, in whatever order the system gives the variables.
    let number = |part: &String| part.parse::<usize>().ok();
    overrides.sort_by_cached_key(|given| {
        given.path.iter().map(|part| (number(part), part.clone())).collect::<Vec<(Option<usize>, String)>>()
    });
    Ok(overrides)
}

/// A variable with one underscore too few would be overlooked in silence. Others, such as those that Kubernetes sets for
/// a service of our name, mean nothing here.
fn refuse_near_miss(name: &str, key: &str) -> Result<(), Error> {
    let is_key = |table: &str, rest: &str| {
        let table_of = |key: &str, value| Value::Table([(key.to_ascii_lowercase(), value)].into_iter().collect());
        let probe = table_of(rest, Value::Integer(0));
        let whole = table_of(table, if LISTS.contains(&table) { Value::Array(vec![probe]) } else { probe });
        // A key that there is not is refused for its name, any other for its value or for what is missing beside it.
        whole.try_into::<File>().is_err_and(|error| !error.message().starts_with("unknown field"))
    };
    for table in TABLES {
        let Some(rest) = key.strip_prefix(table).and_then(|rest| rest.strip_prefix('_')) else { continue };
        let (number, rest) = match rest.split_once('_') {
            Some((number, rest)) if number.parse::<usize>().is_ok() => (format!("{number}__"), rest),
            _ => (String::new(), rest),
        };
        if is_key(table, rest) {
            let message =
                format!("names no key; with two underscores between its parts, it is {PREFIX}{table}__{number}{rest}");
            return Err(Error::Unusable { key: name.to_owned(), message });
        }
    }
    Ok(())
}

fn names(overrides: &[Override]) -> String {
    overrides.iter().map(|given| given.name.as_str()).collect::<Vec<_>>().join(", ")
}

fn invalid(path: &Path, text: &str, error: &toml::de::Error) -> Error {
    let start = error.span().map_or(0, |span| span.start);
    let before = text.get(..start).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |tail| tail.chars().count()) + 1;
    Error::Invalid { path: path.to_owned(), line, column, message: message(error) }
}

/// What is wrong, on one line, with the key that was probably meant.
fn message(error: &toml::de::Error) -> String {
    let said = printable(error.message());
    if let Some(key) = said.strip_prefix("missing field ") {
        return format!("the key {key} is missing");
    }
    let Some((given, rest)) = said.strip_prefix("unknown field `").and_then(|rest| rest.split_once('`')) else {
        return said;
    };
    let known: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
    let distance = |key: &&str| strsim::damerau_levenshtein(given, key);
    match known.iter().copied().min_by_key(distance).filter(|key| distance(key) <= 2) {
        Some(key) => format!("unknown key `{given}`; did you mean `{key}`?"),
        None => format!("unknown key `{given}`; the keys here are {}", known.join(", ")),
    }
}

/// One line without control characters, and not endless: it ends on terminals and in logs.
fn printable(text: &str) -> String {
    let mut shown = String::new();
    for c in text.chars().take(LONGEST_QUOTED) {
        if c.is_control() { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    shown
}

/// Puts a value at a dotted place. Numbers in the path count tables of a list from 0.
fn set(table: &mut Table, path: &[String], value: &str) -> Result<(), String> {
    let Some((key, rest)) = path.split_first() else { return Err("names no key".to_owned()) };
    let Some((next, after)) = rest.split_first() else {
        table.insert(key.clone(), Value::String(value.to_owned()));
        return Ok(());
    };
    let Ok(number) = next.parse::<usize>() else {
        let inner = table.entry(key.clone()).or_insert_with(|| Value::Table(Table::new()));
        return set(inner.as_table_mut().ok_or("does not name a table")?, rest, value);
    };
    let list = table.entry(key.clone()).or_insert_with(|| Value::Array(Vec::new()));
    let list = list.as_array_mut().ok_or("does not name a list of tables")?;
    if number == list.len() {
        list.push(Value::Table(Table::new()));
    }
    let inner = list.get_mut(number).ok_or("counts past the end of the list; the first is 0")?;
    set(inner.as_table_mut().ok_or("does not name a table")?, after, value)
}
