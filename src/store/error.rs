//! What can go wrong, told apart by what the caller can do about it.

use std::sync::Arc;

use sqlx::migrate::MigrateError;
use sqlx::sqlite::SqliteError;

/// Why the store could not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The database cannot be reached, is busy, full or read-only. Try again later; nothing was changed, unless the
    /// connection broke during a commit, and then the same call may safely be repeated.
    #[error("the database is unavailable at the moment")]
    Unavailable(#[source] Arc<sqlx::Error>),
    /// A statement or a stored value that this version cannot work with: a bug, or tables of another version.
    #[error("the database holds something that this version cannot work with: {what}")]
    Broken {
        /// What was found, and where.
        what: String,
        /// What the database said.
        #[source]
        source: Option<Arc<sqlx::Error>>,
    },
    /// The address or its database is not set up so that it can work.
    #[error("{what}; {help}")]
    Config {
        /// What is wrong.
        what: String,
        /// What to do about it.
        help: &'static str,
    },
}

impl Error {
    pub(super) fn broken(what: impl Into<String>) -> Self {
        Self::Broken { what: what.into(), source: None }
    }

    pub(super) fn closed() -> Self {
        Self::Unavailable(Arc::new(sqlx::Error::PoolClosed))
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let transient = match &error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed => true,
            sqlx::Error::Database(refusal) => {
                let is_sqlite = refusal.try_downcast_ref::<SqliteError>().is_some();
                let is_transient = if is_sqlite { is_transient_sqlite } else { is_transient_postgres };
                refusal.code().is_some_and(|code| is_transient(&code))
            }
            _ => false,
        };
        if transient {
            return Self::Unavailable(Arc::new(error));
        }
        let what = match &error {
            sqlx::Error::Database(refusal) => format!("{} was refused", refusal.table().unwrap_or("a statement")),
            other => other.to_string(),
        };
        Self::Broken { what, source: Some(Arc::new(error)) }
    }
}

impl From<MigrateError> for Error {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
            MigrateError::VersionMissing(version) => Self::broken(format!(
                "migration {version} was applied by a newer version of Seconder; run that version or a later one"
            )),
            MigrateError::VersionMismatch(version) => Self::broken(format!(
                "migration {version} was applied with another text; was the database made by a development build?"
            )),
            other => Self::broken(other.to_string()),
        }
    }
}

/// Whether SQLite may well take the same statement a little later. The low byte of a result code is the primary one
/// (<https://sqlite.org/rescode.html>).
fn is_transient_sqlite(code: &str) -> bool {
    // BUSY, LOCKED, READONLY, IOERR, FULL, CANTOPEN.
    code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 8 | 10 | 13 | 14))
}

/// Whether PostgreSQL may well take the same statement a little later. The first two characters of a code are its
/// class (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
fn is_transient_postgres(code: &str) -> bool {
    // Connection, transaction rollback (deadlock), resources, operator intervention, system; lock not available;
    // read-only, which a standby is during a failover.
    ["08", "40", "53", "57", "58"].iter().any(|class| code.starts_with(class)) || matches!(code, "55P03" | "25006")
}

#[cfg(test)]
mod tests {
    use super::{is_transient_postgres, is_transient_sqlite};

    #[test]
    fn codes_worth_another_try_are_told_apart() {
        for code in ["5", "517", "13", "778", "8714"] {
            assert!(is_transient_sqlite(code), "{code}");
        }
        for code in ["1", "19", "1299", "275", "2067", ""] {
            assert!(!is_transient_sqlite(code), "{code}");
        }
        for code in ["40P01", "57P01", "53300", "25006", "08006"] {
            assert!(is_transient_postgres(code), "{code}");
        }
        for code in ["23505", "42P01", "42601", "22021", ""] {
            assert!(!is_transient_postgres(code), "{code}");
        }
    }
}
