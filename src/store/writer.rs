//! Group commit on SQLite: deliveries that wait together are committed together, so that they share one fsync.
//!
//! Nobody waits for company: a batch is whatever has queued up while the batch before was being committed. Alone, a
//! delivery is committed at once.

use jiff::Timestamp;
use sqlx::SqlitePool;
use tokio::sync::{mpsc, oneshot};

use super::backend::Tx;
use super::error::Error;
use super::receive::{Delivery, Receipt, apply};

/// Deliveries that may wait in the queue. A full queue makes callers wait, not fail.
const QUEUE: usize = 4096;
/// Deliveries in one commit: enough to make the fsync cheap, few enough that other writes get their turn.
const BATCH: usize = 512;

/// The way to the task that commits deliveries. The task ends with the last handle.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    queue: mpsc::Sender<Errand>,
}

#[derive(Debug)]
struct Job {
    delivery: Delivery,
    now: Timestamp,
    answer: oneshot::Sender<Result<Receipt, Error>>,
}

/// What comes by the queue.
#[derive(Debug)]
enum Errand {
    Store(Box<Job>),
    /// Whether the database takes writes: asked for on the way that deliveries go.
    Probe(oneshot::Sender<Result<(), Error>>),
}

impl Writer {
    /// Starts the task.
    pub(super) fn start(write: SqlitePool) -> Self {
        let (queue, mut errands) = mpsc::channel(QUEUE);
        tokio::spawn(async move {
            while let Some(first) = errands.recv().await {
                serve(&write, first, &mut errands).await;
            }
        });
        Self { queue }
    }

    /// Has a delivery committed. It is durable when this returns a receipt.
    pub(super) async fn receive(&self, delivery: Delivery, now: Timestamp) -> Result<Receipt, Error> {
        let (answer, receipt) = oneshot::channel();
        let errand = Errand::Store(Box::new(Job { delivery, now, answer }));
        self.queue.send(errand).await.map_err(|_| Error::closed())?;
        receipt.await.map_err(|_| Error::closed())?
    }

    /// Has a write made that changes nothing of note.
    pub(super) async fn probe(&self) -> Result<(), Error> {
        let (answer, answered) = oneshot::channel();
        self.queue.send(Errand::Probe(answer)).await.map_err(|_| Error::closed())?;
        answered.await.map_err(|_| Error::closed())?
    }

    /// Returns when the task has ended, which it does of itself only by a panic: nothing can be committed any more.
    pub(super) async fn ended(&self) {
        self.queue.closed().await;
    }
}

/// Commits `first` and all that has queued up by the time the database is ours, then answers everybody.
async fn serve(write: &SqlitePool, first: Errand, errands: &mut mpsc::Receiver<Errand>) {
    let (mut batch, mut probes) = (Vec::new(), Vec::new());
    let mut sort = |errand, batch: &mut Vec<Job>| match errand {
        Errand::Store(job) => batch.push(*job),
        Errand::Probe(answer) => probes.push(answer),
    };
    sort(first, &mut batch);
    let begun = write.begin_with("BEGIN IMMEDIATE").await;
    // When the database cannot be had, all who wait hear of it now, not each batch after a timeout of its own.
    let limit = if begun.is_ok() { BATCH } else { QUEUE };
    while batch.len() < limit
        && let Ok(errand) = errands.try_recv()
    {
        sort(errand, &mut batch);
    }
    let outcome = match begun {
        Ok(tx) => commit(write, Tx::Sqlite(tx), &batch, !probes.is_empty()).await,
        Err(error) => Err(error.into()),
    };
    for answer in probes {
        // That a delivery cannot be stored says nothing of the database.
        let _ = answer.send(outcome.as_ref().map(|_| ()).map_err(Clone::clone));
    }
    match outcome {
        Ok(receipts) => {
            for (job, receipt) in batch.into_iter().zip(receipts) {
                // A caller that has gone away loses nothing: its delivery is stored.
                let _ = job.answer.send(receipt);
            }
        }
        Err(error) => {
            for job in batch {
                let _ = job.answer.send(Err(error.clone()));
            }
        }
    }
}

/// One transaction for all. Receipts may be given out only once this has returned.
async fn commit(
    write: &SqlitePool,
    mut tx: Tx,
    batch: &[Job],
    is_probed: bool,
) -> Result<Vec<Result<Receipt, Error>>, Error> {
    if is_probed {
        probe(&mut tx).await?;
    }
    if batch.is_empty() {
        return tx.commit().await.map(|()| Vec::new());
    }
    let deliveries: Vec<_> = batch.iter().map(|job| (&job.delivery, job.now)).collect();
    match apply(&mut tx, &deliveries).await {
        Ok(receipts) => {
            tx.commit().await?;
            Ok(receipts.into_iter().map(Ok).collect())
        }
        // It is the database, not the deliveries.
        Err(error @ Error::Unavailable(_)) => Err(error),
        Err(error) if batch.len() == 1 && !is_probed => Ok(vec![Err(error)]),
        // One of them cannot be stored; it must not fail its neighbours.
        Err(_) => {
            drop(tx);
            let mut tx = Tx::Sqlite(write.begin_with("BEGIN IMMEDIATE").await?);
            if is_probed {
                probe(&mut tx).await?;
            }
            let receipts = one_by_one(&mut tx, &deliveries).await?;
            tx.commit().await?;
            Ok(receipts)
        }
    }
}

/// A write that changes nothing of note.
pub(super) async fn probe(tx: &mut Tx) -> Result<(), Error> {
    execute!(*tx, sqlx::query("UPDATE readiness SET probes = probes + 1 WHERE id = 1"))?;
    Ok(())
}

/// Applies each of these deliveries, or nothing of it. The outer error says that the whole transaction is lost.
async fn one_by_one(tx: &mut Tx, deliveries: &[(&Delivery, Timestamp)]) -> Result<Vec<Result<Receipt, Error>>, Error> {
    let mut receipts = Vec::with_capacity(deliveries.len());
    for delivery in deliveries {
        execute!(*tx, sqlx::query("SAVEPOINT delivery"))?;
        let applied = apply(tx, std::slice::from_ref(delivery)).await;
        if let Err(error @ Error::Unavailable(_)) = applied {
            // SQLite may have rolled everything back already.
            return Err(error);
        }
        if applied.is_err() {
            execute!(*tx, sqlx::query("ROLLBACK TO delivery"))?;
        }
        execute!(*tx, sqlx::query("RELEASE delivery"))?;
        receipts.push(applied.and_then(|receipts| receipts.first().copied().ok_or_else(Error::closed)));
    }
    Ok(receipts)
}
