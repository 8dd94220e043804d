//! Every GraphQL document is valid by GitHub's public schema.

use std::path::Path;

use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};
use seconder::forge::github::query;

#[test]
fn documents_are_valid_by_githubs_schema() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/github/schema.docs.graphql");
    let sdl = std::fs::read_to_string(&path).unwrap();
    // The published file defines a field twice, somewhere far from anything that is asked for.
    let schema = Schema::parse(sdl, &path).unwrap_or_else(|errors| errors.partial);
    let schema = Valid::assume_valid(schema);
    let (users, records) = (query::users(3), query::records(3));
    for (name, document) in [
        ("change", query::CHANGE),
        ("authors", query::AUTHORS),
        ("policy", query::POLICY),
        ("open changes", query::OPEN_CHANGES),
        ("merge queue", query::MERGE_QUEUE),
        ("users", users.as_str()),
        ("records", records.as_str()),
    ] {
        ExecutableDocument::parse_and_validate(&schema, document, name)
            .unwrap_or_else(|errors| panic!("{name}: {}", errors.errors));
    }
}
