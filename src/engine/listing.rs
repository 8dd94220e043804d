//! Listing: what there is at a forge, and of that, what no delivery told of.
//!
//! One list leads to the next: the App's installations, the repositories of each, the open changes of those. All are owed
//! when the server starts and from time to time (the sweep); parts of them when an event says that more may be there
//! than it can name. Beside them, the deliveries that the forge recorded as failed are asked for again.
//!
//! What a list shows decides nothing. It makes changes dirty, which are then read as ever.

mod look;
mod missed;

use std::sync::atomic::Ordering;

use jiff::{SignedDuration, Timestamp};
use tracing::Instrument as _;

use super::{Engine, MEMBERS_EVERY, Obstacle, backoff, lease};
use crate::forge::{self, OpenChange};
use crate::gate::ids::{Host, Login, OwnerId, RepoId};
use crate::gate::witnessed::{Concern, Listing, SeenCommand};
use crate::store::{self, Admission, ListedChange, ListingClaim};

/// A page that cannot be had after so many attempts may no longer be there: the list begins anew.
const ATTEMPTS_AT_A_PAGE: i64 = 3;

/// For so long before now a delivery may have been missed when nothing is on record: GitHub's own memory.
const FORGE_REMEMBERS: SignedDuration = SignedDuration::from_hours(3 * 24);

/// When more deliveries were missed than are asked for at once, the next ones are asked for so much later.
const NEXT_DELIVERIES_AFTER: SignedDuration = SignedDuration::from_mins(1);

impl Engine {
    /// Owes the lists for which it is time, all of them when the engine has just begun. To be called now and then.
    pub async fn sweep(&self) {
        let now = self.clock.now();
        let is_first = !self.has_swept.load(Ordering::Relaxed);
        let done = async {
            let mut owes = false;
            for host in self.forges.keys() {
                let lists = [
                    (Listing::Installations(host.clone()), self.options.list_every),
                    (Listing::Deliveries(host.clone()), self.options.deliveries_every),
                ];
                let has_groups = !self.people.sources_at(host).is_empty();
                let members = has_groups.then(|| (Listing::Members(host.clone()), MEMBERS_EVERY));
                for (listing, every) in lists.into_iter().chain(members) {
                    let every = if is_first { SignedDuration::ZERO } else { every };
                    owes |= self.store.owe_every(&listing, every, now).await?;
                }
            }
            Ok::<bool, store::Error>(owes)
        };
        match done.await {
            Ok(owes) => {
                self.has_swept.store(true, Ordering::Relaxed);
                if owes {
                    self.wake.lists();
                }
            }
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "what is to be listed was not noted; it is tried again");
            }
        }
    }

    /// Deals with one list that is owed, or with a page of it. False when none is due.
    pub(super) async fn list_step(&self) -> Result<bool, store::Error> {
        let claim = self.store.claim_listing(self.clock.now(), self.options.lease).await?;
        let Some(claim) = claim else { return Ok(false) };
        let span = tracing::info_span!("list", listing = %claim.listing);
        let renew = || self.store.renew_listing(&claim, self.clock.now(), self.options.lease);
        let listed = lease::caught(self.holding(renew, Box::pin(self.list(&claim).instrument(span)))).await;
        if let Err(obstacle) = listed.unwrap_or(Err(Obstacle::Panicked)) {
            let at = self.retry_at(&obstacle, claim.attempts, self.clock.now());
            tracing::warn!(listing = %claim.listing, reason = %obstacle, %at, "list postponed");
            self.store.postpone_listing(&claim, at, &obstacle.to_string(), obstacle.is_failure()).await?;
        }
        Ok(true)
    }

    async fn list(&self, claim: &ListingClaim) -> Result<(), Obstacle> {
        match &claim.listing {
            Listing::Installations(host) => self.list_installations(claim, host).await,
            Listing::Repositories { host, installation } => self.list_repositories(claim, host, *installation).await,
            Listing::Project(repo) => self.look_at_project(claim, repo).await,
            Listing::Changes(repo) => self.list_changes(claim, repo).await,
            Listing::Comments(repo) => self.list_comments(claim, repo).await,
            Listing::Deliveries(host) => self.list_deliveries(claim, host).await,
            Listing::Members(host) => self.list_members(claim, host).await,
        }
    }

    async fn list_installations(&self, claim: &ListingClaim, host: &Host) -> Result<(), Obstacle> {
        let forge = self.forge(host)?;
        let mut served = Vec::new();
        for installation in forge.installations().await? {
            if self.serves(&installation.owner, &installation.login).await? {
                served.push(installation.id);
            }
        }
        tracing::info!(installations = served.len(), "installations listed");
        self.store.found_installations(claim, host, &served, self.clock.now()).await?;
        Ok(())
    }

    /// Anybody can install the App; nothing of other owners is ever listed.
    async fn serves(&self, owner: &OwnerId, login: &Login) -> Result<bool, Obstacle> {
        let Some(owners) = self.owners.get(&owner.host) else { return Ok(false) };
        let admission = owners.admit(owner, login, &self.store, self.clock.now()).await?;
        Ok(admission == Admission::Served)
    }

    /// The repositories of an installation; none of one that is gone or suspended, as nothing is reached through it.
    async fn list_repositories(&self, claim: &ListingClaim, host: &Host, id: i64) -> Result<(), Obstacle> {
        let forge = self.forge(host)?;
        // A token carries the rights of the time when it was made. Those may be why the list is owed.
        forge.forget_installation(id).await;
        let found = match forge.installation(id).await? {
            Some(installation)
                if !installation.is_suspended && self.serves(&installation.owner, &installation.login).await? =>
            {
                let reached = forge.repositories(id).await?.into_iter();
                reached.filter(|repository| repository.owner == installation.owner).collect()
            }
            _ => Vec::new(),
        };
        tracing::info!(repositories = found.len(), "repositories listed");
        self.store.found_repositories(claim, host, id, &found, self.clock.now()).await?;
        self.owe_rules(host, id).await
    }

    /// Whose a repository is that a delivery named by its path only, and whether it is served.
    async fn look_at_project(&self, claim: &ListingClaim, repo: &RepoId) -> Result<(), Obstacle> {
        let forge = self.forge(&repo.host)?;
        let found = match forge.project(repo).await? {
            Some(found) => {
                let login = Login::from(found.name.split('/').next().unwrap_or_default());
                self.serves(&found.owner, &login).await?.then_some(found)
            }
            None => None,
        };
        if let Some(found) = found.as_ref().filter(|found| forge.holds_organisation_policy(found)) {
            // Whatever the delivery told of, it may have been a new policy for everything of this owner's.
            self.store.mark_dirty(&[Concern::Owner(found.owner.clone())], false, self.clock.now()).await?;
        }
        self.store.found_project(claim, found.as_ref(), self.clock.now()).await?;
        if let Some(found) = &found {
            self.owe_rules(&repo.host, found.installation).await?;
        }
        self.wake.lists();
        self.wake.changes();
        Ok(())
    }

    /// One page of a repository's open changes.
    async fn list_changes(&self, claim: &ListingClaim, repo: &RepoId) -> Result<(), Obstacle> {
        let Some(repository) = self.store.repository(repo).await? else {
            // It was forgotten meanwhile.
            self.store.finish_listing(claim, None, self.clock.now()).await?;
            return Ok(());
        };
        let after = claim.place.as_deref().filter(|_| claim.attempts < ATTEMPTS_AT_A_PAGE);
        let page = match self.forge(&repo.host)?.open_changes(&repository, after).await {
            Ok(page) => page,
            Err(error @ forge::Error::NotFound { .. }) => {
                // It has another name, or is reached no longer: the list of repositories shows which.
                let listing = Listing::Repositories { host: repo.host.clone(), installation: repository.installation };
                self.store.owe(&[listing], self.clock.now()).await?;
                return Err(Obstacle::Incomplete { why: error.to_string() });
            }
            Err(error) => return Err(error.into()),
        };
        let mut found = Vec::with_capacity(page.changes.len());
        for open in page.changes {
            found.push(ListedChange { needs_look: self.needs_look(&open).await?, seen: open.change });
        }
        let next = page.next.as_deref();
        let dirtied = self.store.found_changes(claim, repo, &found, next, self.clock.now()).await?;
        tracing::info!(repository = repository.name, open = found.len(), dirtied, "open changes listed");
        if dirtied.is_some_and(|dirtied| dirtied > 0) {
            self.wake.changes();
        }
        Ok(())
    }

    async fn needs_look(&self, open: &OpenChange) -> Result<bool, Obstacle> {
        let change = &open.change;
        let known = self.store.known_change(&change.key).await?;
        let published = self.store.publication(&change.key.repo, &change.head, &self.options.check_name).await?;
        Ok(look::is_needed(open, known.as_ref(), published.as_ref()))
    }

    /// Commands that no delivery told of. They can only withhold: what grants is believed of deliveries alone.
    async fn list_comments(&self, claim: &ListingClaim, repo: &RepoId) -> Result<(), Obstacle> {
        let now = self.clock.now();
        let Some(repository) = self.store.repository(repo).await? else {
            self.store.finish_listing(claim, claim.place.as_deref(), now).await?;
            return Ok(());
        };
        let since = claim.place.as_deref().and_then(|place| place.parse::<Timestamp>().ok());
        let since = since.unwrap_or_else(|| backoff::later(now, -FORGE_REMEMBERS));
        let comments = self.forge(&repo.host)?.comments_since(&repository, since).await?;
        let mut new = Vec::new();
        for seen in comments.commands {
            // Comments on plain issues are in the list as well.
            let is_of_change = self.store.expected_base(&seen.change).await?.is_some();
            if is_of_change && !self.is_on_record(&seen).await? {
                new.push(seen);
            }
        }
        if !new.is_empty() {
            tracing::warn!(repository = repository.name, commands = new.len(), "commands were found undelivered");
        }
        let place = comments.until.to_string();
        if self.store.found_comments(claim, &new, &place, comments.is_last, self.clock.now()).await? && !new.is_empty()
        {
            self.wake.changes();
        }
        Ok(())
    }

    async fn is_on_record(&self, seen: &SeenCommand) -> Result<bool, Obstacle> {
        let kept = self.store.commands(&seen.change).await?;
        Ok(kept.iter().any(|kept| kept.command.comment == seen.comment))
    }

    /// Has deliveries sent again that were missed.
    async fn list_deliveries(&self, claim: &ListingClaim, host: &Host) -> Result<(), Obstacle> {
        let forge = self.forge(host)?;
        let now = self.clock.now();
        let oldest = backoff::later(now, -FORGE_REMEMBERS);
        let since = claim.place.as_deref().and_then(|place| place.parse::<Timestamp>().ok());
        let since = since.unwrap_or(oldest).max(oldest);
        let recorded = forge.deliveries(since).await?;
        self.revive_hooks(forge).await?;
        let served = self.store.installations(host).await?;
        let missed = missed::missed(&recorded, since, now, &served);
        for id in &missed.ask_for {
            forge.redeliver(*id).await?;
        }
        let asked = missed.ask_for.len();
        if asked > 0 || missed.given_up > 0 {
            tracing::warn!(asked, given_up = missed.given_up, "deliveries were missed; they are asked for again");
        }
        self.metrics.redeliveries(asked);
        if missed.is_more {
            let at = backoff::later(now, NEXT_DELIVERIES_AFTER);
            self.store.postpone_listing(claim, at, "more deliveries are to be asked for", false).await?;
        } else {
            self.store.finish_listing(claim, Some(&missed.watermark.to_string()), self.clock.now()).await?;
        }
        Ok(())
    }
}
