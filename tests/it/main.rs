//! The one integration test binary: one link, one PostgreSQL.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod attack;
mod cli;
mod config;
mod detect;
mod directory;
mod gate;
mod github;
mod history;
mod kills;
mod pg;
mod policy;
mod sandbox;
mod scarcity;
mod scenario;
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
