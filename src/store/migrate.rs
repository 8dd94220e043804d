//! The tables: one folder of migrations per database, with the same numbers.

use super::backend::Backend;
use super::error::Error;

/// Brings the tables up to date. On PostgreSQL, sqlx holds an advisory lock meanwhile.
pub(super) async fn run(backend: &Backend) -> Result<(), Error> {
    match backend {
        Backend::Sqlite { write, .. } => sqlx::migrate!("migrations/sqlite").run(write).await?,
        Backend::Postgres(pool) => sqlx::migrate!("migrations/postgres").run(pool).await?,
    }
    Ok(())
}
