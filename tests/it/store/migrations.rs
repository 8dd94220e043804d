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

/// The statements of one migration.
fn migration(folder: &str, name: &str) -> String {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(folder);
    std::fs::read_to_string(folder.join(name)).unwrap()
}

/// What an approver could do when first seen is kept through the change from reviews to words of either kind.
#[tokio::test]
async fn standings_of_reviews_become_those_of_words() {
    let before = "INSERT INTO first_standing (host, repo_id, number, review_id, standing, seen_at)
         VALUES ('github.com', 1, 7, 42, '{}', 5)";
    let after =
        "SELECT word, standing, seen_at FROM first_word WHERE host = 'github.com' AND repo_id = 1 AND number = 7";
    let kept = ("review:42".to_owned(), "{}".to_owned(), 5_i64);

    let mut sqlite = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    let url = crate::pg::database().await;
    let mut postgres = PgConnection::connect(&url).await.unwrap();
    for name in ["0001_foundation.sql", "", "0002_words.sql"] {
        let of = |folder: &str| if name.is_empty() { before.to_owned() } else { migration(folder, name) };
        sqlx::raw_sql(sqlx::AssertSqlSafe(of("sqlite"))).execute(&mut sqlite).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(of("postgres"))).execute(&mut postgres).await.unwrap();
    }
    let rows: Vec<(String, String, i64)> = sqlx::query_as(after).fetch_all(&mut sqlite).await.unwrap();
    assert_eq!(rows, std::slice::from_ref(&kept));
    let rows: Vec<(String, String, i64)> = sqlx::query_as(after).fetch_all(&mut postgres).await.unwrap();
    assert_eq!(rows, [kept]);
}
