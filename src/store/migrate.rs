//! The tables: one folder of migrations per database, with the same numbers.

use super::backend::Backend;
use super::error::Error;

static SQLITE: sqlx::migrate::Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: sqlx::migrate::Migrator = sqlx::migrate!("migrations/postgres");

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
