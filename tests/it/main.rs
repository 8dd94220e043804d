//! The one integration test binary: one link, one PostgreSQL.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod attack;
mod browser;
mod cli;
mod config;
mod connect;
mod detect;
mod directory;
mod docs;
mod fuzz;
mod gate;
mod github;
mod gitlab;
mod history;
mod kills;
mod local;
mod metrics;
mod packaging;
mod pg;
mod policy;
mod sandbox;
mod scan;
mod scarcity;
mod scenario;
mod shown;
mod store;
mod tidy;
mod world;

/// Compares a committed JSON schema with the one that the types make. `UPDATE_SCHEMAS=1` writes it.
#[track_caller]
fn committed_schema(path: &str, schema: &serde_json::Value) {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let expected = serde_json::to_string_pretty(schema).expect("a schema is JSON") + "\n";
    #[expect(clippy::disallowed_methods, reason = "the switch that rewrites the file")]
    if std::env::var("UPDATE_SCHEMAS").is_ok() {
        std::fs::write(&file, &expected).expect("the schema can be written");
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        committed == expected,
        "{path} is out of date: run `UPDATE_SCHEMAS=1 cargo test --test it schema` and commit it"
    );
}

/// Holds a JSON schema to what a parser takes and refuses of these texts, and to the standard that it names.
#[track_caller]
fn schema_agrees(
    schema: &serde_json::Value,
    cases: &[(String, bool)],
    is_taken: impl Fn(&str) -> bool,
    value: impl Fn(&str) -> serde_json::Value,
) {
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    jsonschema::draft202012::meta::validate(schema).expect("a valid schema");
    let validator = jsonschema::draft202012::new(schema).expect("a schema that can be used");
    for (text, is_good) in cases {
        let value = value(text);
        let errors: Vec<_> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
        assert_eq!(errors.is_empty(), *is_good, "{errors:?}: {text}");
        assert_eq!(is_taken(text), *is_good, "the parser disagrees: {text}");
    }
}
