//! A store that is looked into and left as it is, and one that is there for a moment only.

use std::path::PathBuf;

use super::backend::{self, Backend};
use super::error::Error;
use super::migrate::{self, Tables};
use super::{Store, directory};

impl Store {
    /// Opens the database for reading; `None` when there is none yet. Nothing is created, and no table is changed: the
    /// database itself refuses whatever would write.
    ///
    /// # Errors
    /// As [`Store::open`] has them; [`Error::Config`] also for tables that this version would change first.
    pub async fn open_read_only(url: &str) -> Result<Option<Self>, Error> {
        let Some(backend) = Backend::open_read_only(url).await? else { return Ok(None) };
        match migrate::look(&backend).await? {
            Tables::Missing => Ok(None),
            Tables::Current => Ok(Some(Self { backend, is_read_only: true })),
            Tables::Behind => Err(Error::Config {
                what: "the database's tables are those of an older version".to_owned(),
                help: "`seconder serve` of this version brings them up to date when it starts",
            }),
        }
    }

    /// The file of an embedded database; `None` for any other address.
    pub fn file(url: &str) -> Option<PathBuf> {
        backend::file(url)
    }

    /// An empty store in memory. It is forgotten with its last handle.
    pub async fn empty() -> Result<Self, Error> {
        let backend = Backend::in_memory().await?;
        migrate::run(&backend).await?;
        Ok(Self { backend, is_read_only: false })
    }

    /// Whether it takes no writes.
    pub fn is_read_only(&self) -> bool {
        self.is_read_only
    }

    /// The number that [`Store::snapshot`] would give.
    pub async fn snapshot_number(&self, digest: &str) -> Result<i64, Error> {
        let newest = read!(self, fetch_optional, sqlx::query_as::<_, (i64, String)>(directory::NEWEST_SNAPSHOT))?;
        Ok(match newest {
            Some((number, newest)) if newest == digest => number,
            Some((number, _)) => number + 1,
            None => 1,
        })
    }
}
