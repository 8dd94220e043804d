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
    queue: mpsc::Sender<Job>,
}

#[derive(Debug)]
struct Job {
    delivery: Delivery,
    now: Timestamp,
    answer: oneshot::Sender<Result<Receipt, Error>>,
}

impl Writer {
    /// Starts the task.
    pub(super) fn start(write: SqlitePool) -> Self {
        let (queue, mut jobs) = mpsc::channel(QUEUE);
        tokio::spawn(async move {
            while let Some(first) = jobs.recv().await {
                serve(&write, first, &mut jobs).await;
            }
        });
        Self { queue }
    }

    /// Has a delivery committed. It is durable when this returns a receipt.
    pub(super) async fn receive(&self, delivery: Delivery, now: Timestamp) -> Result<Receipt, Error> {
        let (answer, receipt) = oneshot::channel();
        self.queue.send(Job { delivery, now, answer }).await.map_err(|_| Error::closed())?;
        receipt.await.map_err(|_| Error::closed())?
    }
}

/// Commits `first` and all that has queued up by the time the database is ours, then answers everybody.
async fn serve(write: &SqlitePool, first: Job, jobs: &mut mpsc::Receiver<Job>) {
    let mut batch = vec![first];
    let begun = write.begin_with("BEGIN IMMEDIATE").await;
    // When the database cannot be had, all who wait hear of it now, not each batch after a timeout of its own.
    let limit = if begun.is_ok() { BATCH } else { QUEUE };
    while batch.len() < limit
        && let Ok(job) = jobs.try_recv()
    {
        batch.push(job);
    }
    let outcome = match begun {
        Ok(tx) => commit(write, Tx::Sqlite(tx), &batch).await,
        Err(error) => Err(error.into()),
    };
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
async fn commit(write: &SqlitePool, mut tx: Tx, batch: &[Job]) -> Result<Vec<Result<Receipt, Error>>, Error> {
    let deliveries: Vec<_> = batch.iter().map(|job| (&job.delivery, job.now)).collect();
    match apply(&mut tx, &deliveries).await {
        Ok(receipts) => {
            tx.commit().await?;
            Ok(receipts.into_iter().map(Ok).collect())
        }
        // It is the database, not the deliveries.
        Err(error @ Error::Unavailable(_)) => Err(error),
        Err(error) if batch.len() == 1 => Ok(vec![Err(error)]),
        // One of them cannot be stored; it must not fail its neighbours.
        Err(_) => {
            drop(tx);
            let mut tx = Tx::Sqlite(write.begin_with("BEGIN IMMEDIATE").await?);
            let receipts = one_by_one(&mut tx, &deliveries).await?;
            tx.commit().await?;
            Ok(receipts)
        }
    }
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
