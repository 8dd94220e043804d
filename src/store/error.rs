//! What can go wrong, told apart by what the caller can do about it.

use std::sync::Arc;

use sqlx::migrate::MigrateError;

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
            sqlx::Error::Database(database) => database.code().is_some_and(|code| is_transient(&code)),
            _ => false,
        };
        if transient {
            return Self::Unavailable(Arc::new(error));
        }
        let what = match &error {
            sqlx::Error::Database(database) => format!("{} was refused", database.table().unwrap_or("a statement")),
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

/// Whether the database may well take the same statement a little later.
///
/// SQLite gives its result codes as decimal numbers (<https://sqlite.org/rescode.html>; the low byte is the primary
/// code), PostgreSQL five characters of which two are the class
/// (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
fn is_transient(code: &str) -> bool {
    if code.len() == 5 {
        // Connection, transaction rollback (deadlock), resources, operator intervention, lock not available,
        // read-only (a standby during a failover).
        return matches!(&code[..2], "08" | "40" | "53" | "57" | "58") || matches!(code, "55P03" | "25006");
    }
    // BUSY, LOCKED, READONLY, IOERR, FULL, CANTOPEN.
    code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 8 | 10 | 13 | 14))
}

#[cfg(test)]
mod tests {
    use super::is_transient;

    #[test]
    fn codes_are_told_apart() {
        for code in ["5", "517", "13", "778", "40P01", "57P01", "53300", "25006", "08006"] {
            assert!(is_transient(code), "{code} is worth another try");
        }
        for code in ["1", "19", "1299", "275", "2067", "23505", "42P01", "42601", ""] {
            assert!(!is_transient(code), "{code} will not mend itself");
        }
    }
}
