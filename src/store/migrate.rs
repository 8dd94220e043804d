//! The tables: one folder of migrations per database, with the same numbers.

use std::collections::BTreeSet;

use sqlx::migrate::Migrator;

use super::backend::Backend;
use super::error::Error;

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// How the tables of a database stand to those that this version works with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tables {
    /// There are none.
    Missing,
    /// Steps are missing.
    Behind,
    /// They are the same.
    Current,
}

/// Brings the tables up to date. On PostgreSQL, sqlx holds an advisory lock meanwhile.
pub(super) async fn run(backend: &Backend) -> Result<(), Error> {
    match backend {
        Backend::Sqlite { write, .. } => SQLITE.run(write).await?,
        Backend::Postgres(pool) => POSTGRES.run(pool).await?,
    }
    Ok(())
}

/// How many steps there are, the same for both databases.
pub fn migrations() -> usize {
    SQLITE.iter().count()
}

/// Looks at the tables, and changes nothing.
///
/// # Errors
/// As [`run`] has them for tables of a newer version.
pub(super) async fn look(backend: &Backend) -> Result<Tables, Error> {
    let exists = backend.choose(
        "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = '_sqlx_migrations')",
        "SELECT to_regclass('_sqlx_migrations') IS NOT NULL",
    );
    let exists = match backend {
        Backend::Sqlite { read, .. } => sqlx::query_scalar::<_, bool>(exists).fetch_one(read).await?,
        Backend::Postgres(pool) => sqlx::query_scalar::<_, bool>(exists).fetch_one(pool).await?,
    };
    if !exists {
        return Ok(Tables::Missing);
    }
    let applied = "SELECT version FROM _sqlx_migrations WHERE success";
    let (applied, known) = match backend {
        Backend::Sqlite { read, .. } => (sqlx::query_scalar::<_, i64>(applied).fetch_all(read).await?, &SQLITE),
        Backend::Postgres(pool) => (sqlx::query_scalar::<_, i64>(applied).fetch_all(pool).await?, &POSTGRES),
    };
    let applied: BTreeSet<i64> = applied.into_iter().collect();
    let known: BTreeSet<i64> = known.iter().map(|migration| migration.version).collect();
    if let Some(newer) = applied.difference(&known).next() {
        return Err(sqlx::migrate::MigrateError::VersionMissing(*newer).into());
    }
    Ok(if applied == known { Tables::Current } else { Tables::Behind })
}
