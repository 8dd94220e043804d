//! The two databases: how they are opened, how a transaction begins, and the macros that run one query on either.
//!
//! A query is written once. The macros expand it once per database, so that it is type-checked for both without any
//! generic bounds; every one of them runs on both in the tests.

use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, Postgres, Sqlite, Transaction};

use super::error::Error;
use super::writer::Writer;

/// How long a caller waits for a connection before the database counts as unavailable. Forges give up on a webhook
/// after ten seconds, so an answer must come well before.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// How many of these a start may take: nobody waits for an answer yet, and a busy disk needs time to make a file.
const OPENING_ATTEMPTS: u32 = 12;
const READERS: u32 = 4;
const POSTGRES_CONNECTIONS: u32 = 10;

/// The database that is open.
#[derive(Debug, Clone)]
pub(super) enum Backend {
    /// SQLite admits one writer at a time. All writes of the process queue, fairly, for the one connection of
    /// `write`, where SQLite's own busy handler would poll and starve some of them.
    Sqlite { read: SqlitePool, write: SqlitePool, writer: Writer },
    /// PostgreSQL.
    Postgres(PgPool),
}

/// A write transaction. Dropped without a commit, it is rolled back.
#[derive(Debug)]
pub(super) enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// Runs a query within a [`Tx`]: `within!(tx, fetch_one, sqlx::query_as::<_, Row>(SQL).bind(key))`.
macro_rules! within {
    ($tx:expr, $fetch:ident, $query:expr) => {
        match &mut $tx {
            $crate::store::backend::Tx::Sqlite(tx) => $query.$fetch(&mut **tx).await,
            $crate::store::backend::Tx::Postgres(tx) => $query.$fetch(&mut **tx).await,
        }
    };
}

/// Runs a statement within a [`Tx`] and gives the number of rows it touched.
macro_rules! execute {
    ($tx:expr, $query:expr) => {
        match &mut $tx {
            $crate::store::backend::Tx::Sqlite(tx) => $query.execute(&mut **tx).await.map(|done| done.rows_affected()),
            $crate::store::backend::Tx::Postgres(tx) => {
                $query.execute(&mut **tx).await.map(|done| done.rows_affected())
            }
        }
    };
}

/// Runs a query that only reads, outside of any transaction: `read!(self, fetch_all, sqlx::query(SQL))`.
macro_rules! read {
    ($store:expr, $fetch:ident, $query:expr) => {
        match &$store.backend {
            $crate::store::backend::Backend::Sqlite { read, .. } => $query.$fetch(read).await,
            $crate::store::backend::Backend::Postgres(pool) => $query.$fetch(pool).await,
        }
    };
}

/// Runs a single query that writes, as a transaction of its own: `write_one!(self, fetch_optional, sqlx::query(SQL))`.
macro_rules! write_one {
    ($store:expr, $fetch:ident, $query:expr) => {
        match &$store.backend {
            $crate::store::backend::Backend::Sqlite { write, .. } => $query.$fetch(write).await,
            $crate::store::backend::Backend::Postgres(pool) => $query.$fetch(pool).await,
        }
    };
}

/// Runs a single statement that writes, as a transaction of its own, and gives the number of rows it touched.
macro_rules! execute_one {
    ($store:expr, $query:expr) => {
        match &$store.backend {
            $crate::store::backend::Backend::Sqlite { write, .. } => {
                $query.execute(write).await.map(|done| done.rows_affected())
            }
            $crate::store::backend::Backend::Postgres(pool) => {
                $query.execute(pool).await.map(|done| done.rows_affected())
            }
        }
    };
}

/// A query that ends in a column which must be one of a JSON array of texts, `$3`; for SQLite and for PostgreSQL.
macro_rules! listed {
    ($select:literal) => {
        (
            concat!($select, " IN (SELECT value FROM json_each($3))"),
            // An array, as PostgreSQL would rather scan the table than look up the rows of a set of unknown size.
            concat!($select, " = ANY (ARRAY(SELECT json_array_elements_text($3::json)))"),
        )
    };
}

/// Inserts many rows within a [`Tx`], a thousand per statement. Only the statement for a single row, by far the most
/// frequent, is kept prepared. No two rows may have the same key: PostgreSQL updates a row once per statement.
///
/// `insert_many!(tx, "INSERT INTO t (a, b) ", rows, |bind, row| { bind.push_bind(row.a); … }, " ON CONFLICT DO NOTHING")`,
/// and, with `RETURNING` in its end, `, |found| { … }` for the rows that come back.
macro_rules! insert_many {
    ($tx:expr, $insert:literal, $rows:expr, |$bind:ident, $row:ident| $binds:block, $conflict:literal) => {
        insert_many!(@ $tx, $insert, $rows, |$bind, $row| $binds, $conflict, |query, tx| { query.execute(tx).await?; })
    };
    // With rows that come back, a list for each statement.
    (
        $tx:expr, $insert:literal, $rows:expr, |$bind:ident, $row:ident| $binds:block, $conflict:literal,
        |$found:ident| $take:block
    ) => {
        insert_many!(@ $tx, $insert, $rows, |$bind, $row| $binds, $conflict, |query, tx| {
            let $found = query.fetch_all(tx).await?;
            let $found = $found.iter().map(sqlx::FromRow::from_row).collect::<Result<Vec<_>, sqlx::Error>>()?;
            $take
        })
    };
    (
        @ $tx:expr, $insert:literal, $rows:expr, |$bind:ident, $row:ident| $binds:block, $conflict:literal,
        |$query:ident, $connection:ident| $run:block
    ) => {
        for chunk in $rows.chunks(1000) {
            match &mut $tx {
                $crate::store::backend::Tx::Sqlite(tx) => {
                    let mut insert = sqlx::QueryBuilder::<sqlx::Sqlite>::new($insert);
                    insert.push_values(chunk, |mut $bind, $row| $binds).push($conflict);
                    let ($query, $connection) = (insert.build().persistent(chunk.len() == 1), &mut **tx);
                    $run
                }
                $crate::store::backend::Tx::Postgres(tx) => {
                    let mut insert = sqlx::QueryBuilder::<sqlx::Postgres>::new($insert);
                    insert.push_values(chunk, |mut $bind, $row| $binds).push($conflict);
                    let ($query, $connection) = (insert.build().persistent(chunk.len() == 1), &mut **tx);
                    $run
                }
            }
        }
    };
}

impl Backend {
    pub(super) async fn open(url: &str) -> Result<Self, Error> {
        match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("sqlite") => open_sqlite(url).await,
            Some("postgres" | "postgresql") => open_postgres(url).await,
            _ => Err(unknown_scheme()),
        }
    }

    /// Opens for reading only; `None` when there is no such file or database.
    pub(super) async fn open_read_only(url: &str) -> Result<Option<Self>, Error> {
        if !url.starts_with("sqlite:") {
            return Self::open_postgres_read_only(url).await;
        }
        let options = sqlite_options(url)?.read_only(true).busy_timeout(ACQUIRE_TIMEOUT);
        let path = options.get_filename().to_owned();
        if !path.exists() {
            return Ok(None);
        }
        if !path.is_file() {
            return Err(Error::Config {
                what: format!("{} is no file", path.display()),
                help: "write sqlite:PATH with the path of a file",
            });
        }
        let read = sqlite_pool(READERS).connect_with(options).await?;
        Ok(Some(Self::Sqlite { write: read.clone(), writer: Writer::start(read.clone()), read }))
    }

    async fn open_postgres_read_only(url: &str) -> Result<Option<Self>, Error> {
        match url.split_once(':').map(|(scheme, _)| scheme) {
            Some("postgres" | "postgresql") => {
                let options = postgres_options(url)?.options([("default_transaction_read_only", "on")]);
                Ok(Some(Self::Postgres(connect_postgres(options).await?)))
            }
            _ => Err(unknown_scheme()),
        }
    }

    /// A database of one connection that holds it in memory.
    pub(super) async fn in_memory() -> Result<Self, Error> {
        let options = SqliteConnectOptions::new().in_memory(true).foreign_keys(true);
        let pool = sqlite_pool(1).connect_with(options).await?;
        Ok(Self::Sqlite { read: pool.clone(), writer: Writer::start(pool.clone()), write: pool })
    }

    /// Begins a transaction that may write. On SQLite it is immediate: one that began by reading could not become a
    /// writer while another process writes, and would fail at once with `SQLITE_BUSY`.
    pub(super) async fn write_tx(&self) -> Result<Tx, Error> {
        Ok(match self {
            Self::Sqlite { write, .. } => Tx::Sqlite(write.begin_with("BEGIN IMMEDIATE").await?),
            Self::Postgres(pool) => Tx::Postgres(pool.begin_with("BEGIN").await?),
        })
    }

    /// The text of a query for the database that is open, where they differ.
    pub(super) fn choose(&self, sqlite: &'static str, postgres: &'static str) -> &'static str {
        match self {
            Self::Sqlite { .. } => sqlite,
            Self::Postgres(_) => postgres,
        }
    }

    pub(super) async fn close(&self) {
        match self {
            Self::Sqlite { read, write, .. } => {
                read.close().await;
                // Last, so that the last connection folds the write-ahead log into the file.
                write.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

impl Tx {
    pub(super) async fn commit(self) -> Result<(), Error> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }

    /// The text of a query for the database that is open, where they differ.
    pub(super) fn choose(&self, sqlite: &'static str, postgres: &'static str) -> &'static str {
        match self {
            Self::Sqlite(_) => sqlite,
            Self::Postgres(_) => postgres,
        }
    }
}

/// The address is not repeated: whatever it is, it may hold a password.
fn unknown_scheme() -> Error {
    Error::Config {
        what: "the database address names neither sqlite nor postgres".into(),
        help: "write sqlite:PATH, such as sqlite:/var/lib/seconder/seconder.db, or \
               postgres://USER:PASSWORD@HOST/DATABASE",
    }
}

/// The address of a file, understood.
fn sqlite_options(url: &str) -> Result<SqliteConnectOptions, Error> {
    let options = SqliteConnectOptions::from_str(url).map_err(|error| Error::Config {
        what: format!("the database address {url:?} cannot be read: {error}"),
        help: "write sqlite:PATH, such as sqlite:/var/lib/seconder/seconder.db",
    })?;
    if options.get_filename().as_os_str().is_empty() || url.contains(":memory:") || url.contains("mode=memory") {
        return Err(Error::Config {
            what: format!("the database address {url:?} names no file"),
            help: "Seconder reads and writes through separate connections, and what it accepts must survive a \
                   restart: name a file, such as sqlite:seconder.db",
        });
    }
    Ok(options)
}

/// The file that an address of SQLite names.
pub(super) fn file(url: &str) -> Option<PathBuf> {
    let options = url.starts_with("sqlite:").then(|| sqlite_options(url).ok())??;
    Some(options.get_filename().to_owned())
}

fn sqlite_pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // Connections to a file do not go stale.
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        // SQLite ends a transaction by itself where the disk fails, and sqlx then counts one that is not there. Such a
        // connection never begins another: it makes way for a new one.
        .after_release(|connection, _| {
            Box::pin(async move {
                if connection.is_in_transaction() {
                    // What was dropped is rolled back before this is answered.
                    connection.ping().await?;
                }
                Ok(!connection.is_in_transaction())
            })
        })
}

/// Makes the file of a new database, which nobody else on the machine may read; the files that SQLite puts beside it are
/// as it is. What goes wrong is said where the file is opened.
fn create(path: &Path) {
    let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    if made.is_ok() {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        tracing::info!(path = %path.display(), "a new database was made");
    }
}

async fn open_sqlite(url: &str) -> Result<Backend, Error> {
    let options = sqlite_options(url)?;
    let path = options.get_filename().to_owned();
    if path.parent().is_some_and(|folder| !folder.as_os_str().is_empty() && !folder.is_dir()) {
        return Err(Error::Config {
            what: format!("the folder of the database file {} does not exist", path.display()),
            help: "create it, writable by the user that runs Seconder",
        });
    }
    create(&path);
    let options = options
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // With NORMAL, a power cut may lose the last commits, which were already answered with 2xx.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(ACQUIRE_TIMEOUT);
    let mut write = sqlite_pool(1).connect_with(options.clone()).await;
    for _ in 1..OPENING_ATTEMPTS {
        if !matches!(write, Err(sqlx::Error::PoolTimedOut)) {
            break;
        }
        write = sqlite_pool(1).connect_with(options.clone()).await;
    }
    let write = write.map_err(|error| match &error {
        sqlx::Error::Database(refusal) if refusal.code().is_some_and(|code| is_out_of_reach(&code)) => Error::Config {
            what: format!("the database file {} cannot be written: {}", path.display(), refusal.message()),
            help: "let the user that runs Seconder write the file and its folder",
        },
        _ => error.into(),
    })?;
    let read = sqlite_pool(READERS).connect_lazy_with(options);
    let writer = Writer::start(write.clone());
    Ok(Backend::Sqlite { read, write, writer })
}

/// Whether SQLite could not open its file, or not to write: READONLY, PERM, CANTOPEN.
fn is_out_of_reach(code: &str) -> bool {
    code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 3 | 8 | 14))
}

async fn open_postgres(url: &str) -> Result<Backend, Error> {
    Ok(Backend::Postgres(connect_postgres(postgres_options(url)?).await?))
}

fn postgres_options(url: &str) -> Result<PgConnectOptions, Error> {
    PgConnectOptions::from_str(url).map_err(|error| Error::Config {
        what: format!("the postgres address cannot be read: {error}"),
        help: "write postgres://USER:PASSWORD@HOST/DATABASE",
    })
}

async fn connect_postgres(options: PgConnectOptions) -> Result<PgPool, Error> {
    let place = match options.get_socket() {
        Some(folder) => folder.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    };
    let pool = PgPoolOptions::new().max_connections(POSTGRES_CONNECTIONS).acquire_timeout(ACQUIRE_TIMEOUT);
    pool.connect_with(options).await.map_err(|error| match &error {
        sqlx::Error::Database(refusal) if refusal.code().is_some_and(|code| code.starts_with("28")) => Error::Config {
            what: format!("PostgreSQL refused the login: {}", refusal.message()),
            help: "check user and password in the database address, and the server's pg_hba.conf",
        },
        sqlx::Error::Database(refusal) if refusal.code().is_some_and(|code| code == "3D000") => Error::Config {
            what: format!("PostgreSQL has no such database: {}", refusal.message()),
            help: "create it with createdb, or correct its name in the database address",
        },
        sqlx::Error::PoolTimedOut | sqlx::Error::Io(_) => Error::Config {
            what: format!("PostgreSQL at {place} does not answer"),
            help: "start it, or correct its host and port in the database address",
        },
        _ => error.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::Backend;

    #[tokio::test]
    async fn sqlite_keeps_what_it_answered_through_a_power_cut() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("seconder.db").display());
        let Backend::Sqlite { read, write, .. } = Backend::open(&url).await.unwrap() else { panic!("not SQLite") };
        for pool in [read, write] {
            let journal: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&pool).await.unwrap();
            let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&pool).await.unwrap();
            // 2 is FULL (https://sqlite.org/pragma.html#pragma_synchronous).
            assert_eq!((journal.as_str(), synchronous), ("wal", 2));
        }
    }
}
