//! Whether branches require our check, and what is found when they do not.
//!
//! Rules are read where a change needs them, and where they are due: when a delivery says that they moved, and once a day
//! without being told; where no delivery ever says so, those that require our check are read once an hour. Every read is
//! compared with the one before.

use jiff::{SignedDuration, Timestamp};

use super::{Engine, Obstacle, backoff};
use crate::forge::event::PROTECTION;
use crate::forge::{self, BranchRules, RULES_BELIEVED_FOR};
use crate::gate::finding::{self, By, Finding, Kind, Place, Required};
use crate::gate::ids::{Host, RepoId};
use crate::gate::witnessed::SeenRepository;
use crate::store::{self, DueRules, Found, ReadRules};

/// How long rules go unread if nothing says that they moved: deliveries may be lost.
const READ_AGAIN_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// As above, where the forge does not tell of rules that move.
const UNTOLD_READ_AGAIN_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// How long to wait after a read that failed.
const FAILED_FOR: SignedDuration = SignedDuration::from_mins(5);

impl Engine {
    /// Whether rules require our check on this branch.
    pub(super) async fn required(&self, repository: &SeenRepository, branch: &str) -> Result<Required, Obstacle> {
        let forge = self.forge(&repository.repo.host)?;
        let believed = self.clock.now().saturating_sub(RULES_BELIEVED_FOR).unwrap_or(Timestamp::MIN);
        let moved_at = self.store.last_received(&repository.owner, PROTECTION, believed).await?;
        let rules = forge.branch_rules(repository, branch, moved_at).await?;
        if rules.is_fresh {
            self.compare_rules(&repository.repo, branch, rules).await?;
        }
        Ok(rules.required)
    }

    /// Has the rules of an installation's default branches read for the first time, where no delivery tells of them.
    pub(super) async fn owe_rules(&self, host: &Host, installation: i64) -> Result<(), Obstacle> {
        if !self.forge(host)?.tells_rules() {
            self.store.owe_rules(host, installation, self.clock.now()).await?;
            self.wake.changes();
        }
        Ok(())
    }

    /// Reads the rules of one branch that are due. False when none are.
    pub(super) async fn read_due_rules(&self) -> Result<bool, store::Error> {
        let now = self.clock.now();
        let not_before = backoff::later(now, self.options.lease);
        let Some(due) = self.store.claim_rules(now, not_before).await? else { return Ok(false) };
        let DueRules { repository, branch, moved_at } = due;
        let repo = &repository.repo;
        let Some(forge) = self.forges.get(&repo.host) else {
            self.store.put_off_rules(repo, &branch, backoff::after_refusal(now)).await?;
            return Ok(true);
        };
        match forge.branch_rules(&repository, &branch, moved_at).await {
            Ok(rules) => self.compare_rules(repo, &branch, rules).await?,
            Err(error) => {
                use forge::Error as E;
                let at = match &error {
                    E::RateLimited { until } => backoff::not_before(*until),
                    E::Forbidden { .. } | E::Unauthorized { .. } | E::NotFound { .. } => backoff::after_refusal(now),
                    _ => backoff::later(now, FAILED_FOR),
                };
                let repository = &repository.name;
                tracing::warn!(repository, branch, %at, reason = %error, "the rules of a branch were not read");
                self.store.put_off_rules(repo, &branch, at).await?;
            }
        }
        Ok(true)
    }

    async fn compare_rules(&self, repo: &RepoId, branch: &str, rules: BranchRules) -> Result<(), store::Error> {
        let known = self.store.known_rules(repo, branch).await?;
        if known.is_none() && rules.required == Required::No {
            // A branch that never required anything is nobody's business.
            return Ok(());
        }
        let before = known.as_ref().and_then(|known| known.required);
        let (kind, mended) = finding::of_rules(before, rules.required);
        let found = kind.map(|kind| Finding {
            kind,
            repo: repo.clone(),
            place: Place::Branch(branch.to_owned()),
            by: known.and_then(|known| known.moved_by).map(By::Account),
            at: rules.read_at,
        });
        let is_told = self.forges.get(&repo.host).is_none_or(|forge| forge.tells_rules());
        let again_after =
            if is_told || rules.required == Required::No { READ_AGAIN_AFTER } else { UNTOLD_READ_AGAIN_AFTER };
        let read = ReadRules {
            repo,
            branch,
            required: rules.required,
            read_at: rules.read_at,
            next_read_at: backoff::later(rules.read_at, again_after),
            found,
            mended: &mended,
        };
        if let (Some(Found::New), Some(kind)) = (self.notes.rules(&read).await?, kind) {
            announce(kind, repo, &Place::Branch(branch.to_owned()));
        }
        Ok(())
    }

    /// Keeps a finding, and says so when it is new.
    pub(super) async fn found(&self, finding: &Finding) -> Result<(), store::Error> {
        if self.store.record_finding(finding).await? == Found::New {
            announce(finding.kind, &finding.repo, &finding.place);
        }
        Ok(())
    }

    /// As [`Engine::found`], for what is true of a change from then on: it is counted once.
    pub(super) async fn found_once(&self, finding: &Finding) -> Result<(), store::Error> {
        if self.store.record_finding_once(finding).await? == Found::New {
            announce(finding.kind, &finding.repo, &finding.place);
        }
        Ok(())
    }
}

/// Logs a finding once.
fn announce(kind: Kind, repo: &RepoId, place: &Place) {
    let (number, branch) = (place.number(), place.branch());
    let commit = place.commit().map(tracing::field::display);
    tracing::warn!(kind = kind.as_str(), repository = %repo, number, branch, commit, "{}", kind.advice());
}
