use seconder::store::{Error, Store};

use super::*;

on_both!(an_open_store_takes_writes, a_closed_store_is_unavailable);

async fn an_open_store_takes_writes(store: Store) {
    store.ping_writable().await.unwrap();
}

async fn a_closed_store_is_unavailable(store: Store) {
    store.close().await;
    for error in [
        store.ping_writable().await.unwrap_err(),
        store.claim(at(0), LEASE).await.unwrap_err(),
        store.receive(&delivery("g", vec![], vec![]), at(0)).await.unwrap_err(),
        store.dirty_count().await.unwrap_err(),
    ] {
        assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
    }
}

async fn refused(url: &str) -> String {
    match Store::open(url).await.unwrap_err() {
        error @ Error::Config { .. } => error.to_string(),
        other => panic!("{url}: {other:?}"),
    }
}

#[tokio::test]
async fn addresses_that_cannot_be_right_are_refused_with_help() {
    let folder = tempfile::tempdir().unwrap();
    let missing = format!("sqlite:{}", folder.path().join("no/such/folder/seconder.db").display());
    assert!(refused(&missing).await.contains("create it"));
    for memory in ["sqlite::memory:", "sqlite://:memory:", "sqlite:x.db?mode=memory"] {
        assert!(refused(memory).await.contains("names no file"), "{memory}");
    }
    let other = refused("mysql://root:hunter2@localhost/x").await;
    assert!(other.contains("sqlite:PATH") && !other.contains("hunter2"), "{other}");
    let unreadable = refused("postgres://jo:hunter2@localhost:notaport/x").await;
    assert!(!unreadable.contains("hunter2"), "{unreadable}");
}

#[tokio::test]
async fn a_missing_database_is_named() {
    let url = crate::pg::server().replace("localhost/postgres", "localhost/missing");
    assert!(refused(&url).await.contains("createdb"));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_without_the_password() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().display();
    let said = refused(&format!("postgres://jo:hunter2@localhost/x?host={socket}")).await;
    assert!(said.starts_with(&format!("PostgreSQL at {socket} does not answer; start it")), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}

#[tokio::test]
async fn a_file_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().to_str().unwrap(), "/proc/seconder.db"] {
        let said = refused(&format!("sqlite:{path}")).await;
        assert!(said.starts_with(&format!("the database file {path} cannot be written: ")), "{said}");
    }
}

#[tokio::test]
async fn a_file_that_is_no_database_is_broken() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("seconder.db"), "not a database, but long enough to be one".repeat(100)).unwrap();
    let error = Store::open(&sqlite_url(&folder)).await.unwrap_err();
    assert!(matches!(error, Error::Broken { .. }), "{error:?}");
}

/// A store that is looked into: it reads, and the database refuses writes.
async fn looked_into(url: &str) {
    assert!(Store::open(url).await.unwrap().pin_login(&host(), "jo", 7, at(0)).await.is_ok());
    let store = Store::open_read_only(url).await.unwrap().unwrap();
    assert!(store.is_read_only());
    assert_eq!(store.pinned_logins(&host()).await.unwrap().get("jo"), Some(&7));
    assert!(store.ping_writable().await.is_err());
    assert!(store.pin_login(&host(), "sam", 8, at(0)).await.is_err());
    assert!(store.receive(&delivery("g", vec![], vec![]), at(0)).await.is_err());
    assert_eq!(store.pinned_logins(&host()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_store_that_is_looked_into_takes_no_writes() {
    let folder = tempfile::tempdir().unwrap();
    looked_into(&sqlite_url(&folder)).await;
    looked_into(&pg::database().await).await;
}

#[tokio::test]
async fn a_store_that_is_not_there_yet_is_not_made_by_looking() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Store::open_read_only(&sqlite_url(&folder)).await.unwrap().is_none());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    assert!(Store::open_read_only(&pg::database().await).await.unwrap().is_none());
}

#[tokio::test]
async fn tables_of_an_older_version_are_not_brought_up_to_date_by_looking() {
    let folder = tempfile::tempdir().unwrap();
    let url = sqlite_url(&folder);
    Store::open(&url).await.unwrap().close().await;
    let mut connection = <sqlx::SqliteConnection as sqlx::Connection>::connect(&url).await.unwrap();
    let last = "DELETE FROM _sqlx_migrations WHERE version = (SELECT max(version) FROM _sqlx_migrations)";
    sqlx::query(last).execute(&mut connection).await.unwrap();
    let error = Store::open_read_only(&url).await.unwrap_err();
    assert!(error.to_string().contains("`seconder serve` of this version brings them up to date"), "{error}");
}

#[tokio::test]
async fn a_store_in_memory_works_like_any_other() {
    let store = Store::empty().await.unwrap();
    store.ping_writable().await.unwrap();
    store.pin_login(&host(), "jo", 7, at(0)).await.unwrap();
    assert_eq!(store.pinned_logins(&host()).await.unwrap().len(), 1);
    assert_eq!(store.snapshot_number("a").await.unwrap(), 1);
    assert_eq!(store.snapshot("a", at(0)).await.unwrap(), 1);
    assert_eq!((store.snapshot_number("a").await.unwrap(), store.snapshot_number("b").await.unwrap()), (1, 2));
}
