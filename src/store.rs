//! One store, two databases: SQLite (embedded, the default) and PostgreSQL (several replicas).
//!
//! It keeps what must survive a kill: deliveries and the facts they witnessed, the dirty set with its leases, what
//! is remembered about changes, decisions, and what was published. It decides nothing and never asks a clock: every
//! function that needs the time takes it.
//!
//! There is one SQL text for both databases, in their common subset; a query runs on whichever is open through the
//! macros of `backend`. Keys are (host, number); times are kept as milliseconds, and finer parts are dropped.
//!
//! Never in here: network calls to a forge, judgement, or any room but [`crate::gate`].

#[macro_use]
mod backend;
mod answers;
mod approvals;
mod asks;
mod changes;
mod columns;
mod commands;
mod content;
mod decisions;
mod directory;
mod due;
mod error;
mod findings;
mod groups;
mod heads;
mod landings;
mod limits;
mod listing;
mod look_again;
mod memory;
mod migrate;
mod owners;
mod pages;
mod people;
mod publication;
mod read_only;
mod readings;
mod receive;
mod rules;
mod suggestions;
mod witnessed;
mod writer;

use jiff::Timestamp;

pub use answers::{Answer, AnswerClaim};
pub use approvals::LastApproval;
pub use asks::{Ask, SaidVerdict, Told, UntrueAsk};
pub use changes::{Claim, Finish};
pub use commands::KeptCommand;
pub use content::Allowance;
pub use decisions::{Decision, Digests, Recorded, RecordedDecision};
pub use directory::Pin;
pub use error::Error;
pub use findings::{FindingCount, Found, RecordedFinding};
pub use groups::{GroupMember, LiveGroup};
pub use heads::{HeadLease, HeadLock};
pub use landings::DueLanding;
pub use limits::Limit;
pub use listing::{KnownProject, ListedChange, ListingClaim};
pub use memory::{MemoryKeys, Remembered};
pub use migrate::migrations;
pub use owners::{Admission, Owners};
pub use pages::{PAGES_KEPT, PageRepository, PageUpdate, PastDecision, StoredPage};
pub use publication::{Publication, PublicationState};
pub use readings::StoredReading;
pub use receive::{Delivery, Receipt};
pub use rules::{DueRules, KnownRules, ReadRules};
pub use witnessed::{ExpectedBase, KnownChange};

use backend::Backend;

/// The open store. Cloning it is cheap and gives another handle to the same database.
#[derive(Debug, Clone)]
pub struct Store {
    backend: Backend,
    is_read_only: bool,
}

impl Store {
    /// Opens the database at this address and brings its tables up to date.
    ///
    /// `sqlite:PATH` opens a file and creates it if it is not there; `postgres://…` connects to a server. Several
    /// processes may open the same PostgreSQL database at once: an advisory lock lets one of them migrate. A SQLite
    /// file is meant for one process; a second one is safe, but they wait for each other.
    ///
    /// Must be called within a Tokio runtime.
    ///
    /// # Errors
    /// [`Error::Config`] when the address cannot be right, [`Error::Unavailable`] when the database cannot be
    /// reached now, [`Error::Broken`] when its tables are not what this version can work with.
    pub async fn open(url: &str) -> Result<Self, Error> {
        let backend = Backend::open(url).await?;
        migrate::run(&backend).await?;
        Ok(Self { backend, is_read_only: false })
    }

    /// Proves that the database takes writes, by making one on the way that deliveries go.
    pub async fn ping_writable(&self) -> Result<(), Error> {
        match &self.backend {
            Backend::Sqlite { writer, .. } => writer.probe().await,
            Backend::Postgres(_) => {
                let mut tx = self.backend.write_tx().await?;
                writer::probe(&mut tx).await?;
                tx.commit().await
            }
        }
    }

    /// Returns when no delivery can be stored any more, whatever the database does: only opening it anew helps.
    pub async fn ended(&self) {
        match &self.backend {
            Backend::Sqlite { writer, .. } => writer.ended().await,
            Backend::Postgres(_) => std::future::pending().await,
        }
    }

    /// Closes all connections once running statements have ended. Later calls get [`Error::Unavailable`].
    pub async fn close(&self) {
        self.backend.close().await;
    }
}

/// The time as the database keeps it.
fn ms(time: Timestamp) -> i64 {
    time.as_millisecond()
}
