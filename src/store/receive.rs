//! Deliveries: taken durably before they are answered, each of them once.

use std::collections::HashSet;

use jiff::Timestamp;

use super::backend::{Backend, Tx};
use super::changes::{self, Haste, Marks};
use super::commands;
use super::error::Error;
use super::listing::{self, Owed};
use super::witnessed::Sightings;
use super::{Store, approvals, asks, columns, findings, landings, ms, pages, rules};
use crate::gate::ids::{Host, OwnerId};
use crate::gate::witnessed::{Concern, Listing, Witness};

/// What one webhook delivery leaves behind.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The forge that sent it.
    pub host: Host,
    /// The forge's name for it; a redelivery has the same.
    pub guid: String,
    /// The event, e.g. `pull_request`.
    pub event: String,
    /// What happened, e.g. `synchronize`.
    pub action: Option<String>,
    /// The organisation or user that it is about, where it names one.
    pub owner: Option<OwnerId>,
    /// That owner's present login, for display.
    pub owner_login: Option<String>,
    /// The installation that sent it.
    pub installation: Option<i64>,
    /// Facts to keep.
    pub witnessed: Vec<Witness>,
    /// Changes to look at again.
    pub concerns: Vec<Concern>,
    /// What to list anew.
    pub listings: Vec<Listing>,
    /// Whether people wait for the answer: a command, a review.
    pub urgent: bool,
    /// Whether changes that were put off are worth another try at once: the forge may let us now.
    pub hurry: bool,
}

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    /// It is stored, with all that it leaves behind.
    New {
        /// How many changes it made dirty.
        dirtied: u64,
    },
    /// It was stored before, with all that it left behind then. Nothing was changed.
    Duplicate,
}

impl Store {
    /// Stores a delivery: its facts and the dirty changes, in one transaction that is durable when this returns.
    ///
    /// On SQLite, deliveries that arrive together share one commit; one that fails does not fail its neighbours.
    pub async fn receive(&self, delivery: &Delivery, now: Timestamp) -> Result<Receipt, Error> {
        match &self.backend {
            Backend::Sqlite { writer, .. } => writer.receive(delivery.clone(), now).await,
            Backend::Postgres(_) => {
                let mut tx = self.backend.write_tx().await?;
                let receipts = apply(&mut tx, &[(delivery, now)]).await?;
                tx.commit().await?;
                receipts.into_iter().next().ok_or_else(|| Error::broken("a delivery got no receipt"))
            }
        }
    }

    /// When an event of this kind was last received about the owner's repositories, if not before `since`.
    pub async fn last_received(
        &self,
        owner: &OwnerId,
        event: &str,
        since: Timestamp,
    ) -> Result<Option<Timestamp>, Error> {
        let last = read!(
            self,
            fetch_one,
            sqlx::query_scalar::<_, Option<i64>>(
                "SELECT MAX(received_at) FROM delivery
                 WHERE received_at >= $1 AND event = $2 AND host = $3 AND owner_id = $4"
            )
            .bind(ms(since))
            .bind(event)
            .bind(owner.host.as_str())
            .bind(owner.id)
        )?;
        last.map(columns::time).transpose()
    }

    /// Forgets deliveries received before this time, and gives their number. A redelivery of one of them would count
    /// as new, which is harmless: facts are kept once, and a change looked at again gets the same verdict. Nor does
    /// anybody wait any more for the creation of a comment whose end was told before this time.
    pub async fn sweep_deliveries(&self, before: Timestamp) -> Result<u64, Error> {
        execute_one!(self, sqlx::query("DELETE FROM comment_fate WHERE received_at < $1").bind(ms(before)))?;
        execute_one!(self, sqlx::query("DELETE FROM landing WHERE is_explained AND landed_at < $1").bind(ms(before)))?;
        asks::sweep(self, before).await?;
        Ok(execute_one!(self, sqlx::query("DELETE FROM delivery WHERE received_at < $1").bind(ms(before)))?)
    }
}

/// All effects of these deliveries, received in this order: as many receipts.
pub(super) async fn apply(tx: &mut Tx, deliveries: &[(&Delivery, Timestamp)]) -> Result<Vec<Receipt>, Error> {
    let are_new = insert(tx, deliveries).await?;
    let mut sightings = Sightings::default();
    let new = deliveries.iter().zip(&are_new).filter(|(_, is_new)| **is_new);
    for ((delivery, now), _) in new {
        if let (Some(owner), Some(login)) = (&delivery.owner, &delivery.owner_login) {
            sightings.owner(owner, login);
        }
        for fact in &delivery.witnessed {
            sightings.fact(fact, *now);
        }
    }
    sightings.store(tx).await?;
    let new = deliveries.iter().zip(&are_new).filter(|(_, is_new)| **is_new);
    let facts = new.flat_map(|((delivery, now), _)| delivery.witnessed.iter().map(|fact| (fact, *now)));
    commands::witness(tx, &facts.collect::<Vec<_>>()).await?;
    // Only now, as a concern may be with a change that the same delivery told of.
    let mut marks = Marks::default();
    let mut receipts = Vec::with_capacity(deliveries.len());
    for ((delivery, now), is_new) in deliveries.iter().zip(&are_new) {
        receipts.push(if *is_new {
            let haste = Haste { urgent: delivery.urgent, hurry: delivery.hurry };
            Receipt::New { dirtied: marks.add(tx, &delivery.concerns, haste, *now).await? }
        } else {
            Receipt::Duplicate
        });
    }
    marks.store(tx).await?;
    let new = deliveries.iter().zip(&are_new).filter(|(_, is_new)| **is_new);
    for ((delivery, now), _) in new {
        for fact in &delivery.witnessed {
            match fact {
                Witness::Push(push) => landings::landed(tx, push, ms(*now)).await?,
                Witness::Finding(finding) => _ = findings::record(tx, finding).await?,
                Witness::Rules(moved) => rules::moved(tx, moved, ms(*now)).await?,
                Witness::Approval(seen) => approvals::keep(tx, seen, ms(*now)).await?,
                Witness::Described(seen) => approvals::keep_edit(tx, seen, ms(*now)).await?,
                Witness::Gone(repo) => {
                    changes::forget(tx, repo, *now).await?;
                    pages::delete(tx, repo).await?;
                }
                _ => {}
            }
        }
    }
    if let Some((_, now)) = deliveries.last() {
        let new = deliveries.iter().zip(&are_new).filter(|(_, is_new)| **is_new);
        let listings = new.flat_map(|((delivery, _), _)| &delivery.listings).collect();
        listing::owe(tx, &listings, Owed::Anew, *now).await?;
    }
    Ok(receipts)
}

/// Stores the deliveries themselves, in one statement: of each, whether it is new. One that comes twice is new once.
async fn insert(tx: &mut Tx, deliveries: &[(&Delivery, Timestamp)]) -> Result<Vec<bool>, Error> {
    let mut new: HashSet<(String, String)> = HashSet::with_capacity(deliveries.len());
    insert_many!(
        *tx,
        "INSERT INTO delivery (host, guid, event, action, owner_id, installation, received_at) ",
        deliveries,
        |bind, row| {
            let (delivery, now) = row;
            bind.push_bind(delivery.host.as_str())
                .push_bind(delivery.guid.as_str())
                .push_bind(delivery.event.as_str())
                .push_bind(delivery.action.as_deref())
                .push_bind(delivery.owner.as_ref().map(|owner| owner.id))
                .push_bind(delivery.installation)
                .push_bind(ms(*now));
        },
        " ON CONFLICT (host, guid) DO NOTHING RETURNING host, guid",
        |inserted| { new.extend(inserted) }
    );
    let key = |delivery: &Delivery| (delivery.host.as_str().to_owned(), delivery.guid.clone());
    Ok(deliveries.iter().map(|(delivery, _)| new.remove(&key(delivery))).collect())
}
