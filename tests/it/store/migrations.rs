use std::collections::{BTreeMap, BTreeSet};

use sqlx::{Connection, PgConnection, SqliteConnection};

use super::*;

fn numbers(folder: &str) -> BTreeSet<String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(folder);
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}

#[test]
fn both_folders_hold_the_same_migrations() {
    assert_eq!(numbers("sqlite"), numbers("postgres"));
    for name in numbers("sqlite") {
        let number = name.strip_suffix(".sql").and_then(|name| Some(name.split_once('_')?.0));
        let is_number = |number: &str| number.len() == 4 && number.bytes().all(|digit| digit.is_ascii_digit());
        assert!(number.is_some_and(is_number), "{name} is not of the form NNNN_name.sql");
    }
}

/// Columns by table, with whether they may be null.
type Tables = BTreeMap<String, BTreeMap<String, bool>>;

fn tables(columns: Vec<(String, String, bool)>) -> Tables {
    let mut tables = Tables::new();
    for (table, column, nullable) in columns {
        if !table.starts_with("_sqlx") {
            tables.entry(table).or_default().insert(column, nullable);
        }
    }
    tables
}

#[tokio::test]
async fn both_databases_have_the_same_tables() {
    let (store, folder) = sqlite().await;
    store.close().await;
    let mut connection = SqliteConnection::connect(&sqlite_url(&folder)).await.unwrap();
    let sqlite = sqlx::query_as(
        "SELECT m.name, c.name, NOT c.\"notnull\" AND NOT c.pk FROM sqlite_schema m, pragma_table_info(m.name) c
         WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%'",
    );
    let sqlite = tables(sqlite.fetch_all(&mut connection).await.unwrap());

    let url = crate::pg::database().await;
    Store::open(&url).await.unwrap();
    let mut connection = PgConnection::connect(&url).await.unwrap();
    let postgres = sqlx::query_as(
        "SELECT table_name::text, column_name::text, is_nullable = 'YES' FROM information_schema.columns
         WHERE table_schema = current_schema()",
    );
    let postgres = tables(postgres.fetch_all(&mut connection).await.unwrap());

    assert!(sqlite.contains_key("dirty_change"), "{sqlite:?}");
    assert_eq!(sqlite, postgres);
}

#[tokio::test]
async fn replicas_may_start_together() {
    let url = crate::pg::database().await;
    let open = |url: String| tokio::spawn(async move { Store::open(&url).await });
    let replicas: Vec<_> = (0..4).map(|_| open(url.clone())).collect();
    for replica in replicas {
        replica.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_newer_database_is_refused_with_the_reason() {
    let (store, folder) = sqlite().await;
    store.close().await;
    let mut connection = SqliteConnection::connect(&sqlite_url(&folder)).await.unwrap();
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'from the future', TRUE, x'00', 0)",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    let error = Store::open(&sqlite_url(&folder)).await.unwrap_err().to_string();
    assert!(error.contains("migration 9999") && error.contains("newer version"), "{error}");
}
