//! Pages: where the check's details are, and what they are made from. It is kept with the decision that it shows.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::facts::Judged;
use super::group::of_group;
use super::{Engine, Obstacle, record};
use crate::forge::Reading;
use crate::gate::change::{ChangeState, Read};
use crate::gate::evaluate::{Facts, insight};
use crate::gate::explain::{self, Voice};
use crate::gate::head::HeadVerdict;
use crate::gate::ids::ChangeKey;
use crate::gate::link::page_url;
use crate::gate::page::{About, Beside, Grouped, Judged as JudgedPage, OnCommit, VERSION, shown};
use crate::gate::people::Roster;
use crate::gate::plan::Check;
use crate::gate::policy::{Mode, Policy};
use crate::gate::verdict::Verdict;
use crate::store::{Claim, Decision, HeadLease, LiveGroup, PageUpdate};

/// A verdict on a change that could not be read.
pub(super) struct Unread<'a> {
    pub(super) claim: &'a Claim,
    pub(super) facts: &'a Facts,
    pub(super) policy: &'a Policy,
    pub(super) verdict: &'a HeadVerdict,
}

/// All changes whose verdicts make a check, the worst first.
pub(super) fn on_commit(verdict: &HeadVerdict) -> OnCommit {
    OnCommit { changes: verdict.verdicts().iter().map(|one| (one.change.number, one.outcome)).collect() }
}

/// When a change was closed, as far as the forge tells; otherwise when that was read.
pub(super) fn closed_at(judged: &Judged) -> Option<Timestamp> {
    let is_open = judged.known.state == ChangeState::Open;
    (!is_open).then(|| judged.closed_at.unwrap_or(judged.known.read_at))
}

impl Engine {
    /// The page of the change that decides. It moves only with who decides, with the repository's name, and with whether
    /// everybody may see it: the check that names it would be published again each time.
    pub(super) fn page_of_deciding(&self, verdict: &HeadVerdict, judged: &[Judged]) -> Option<String> {
        let deciding = &verdict.deciding()?.change;
        let judged = judged.iter().find(|one| one.known.key == *deciding)?;
        Some(self.page_of(deciding, &judged.change.repo_name, judged.is_public))
    }

    /// The page of a change that may not have been read.
    pub(super) fn page_of_claimed(&self, claim: &Claim, reading: &Reading) -> String {
        let name = match &reading.read {
            Read::Whole(change) => &change.repo_name,
            Read::Incomplete { .. } => &claim.repository.name,
        };
        self.page_of(&claim.change, name, reading.is_public.or(claim.repository.is_public))
    }

    /// Only of a repository that everybody may see, everybody may see the page.
    fn page_of(&self, change: &ChangeKey, repo_name: &str, is_public: Option<bool>) -> String {
        let key = (is_public != Some(true)).then_some(&self.link_key);
        page_url(&self.options.public_url, change, repo_name, key)
    }

    /// The check for a merge group that could not be read.
    pub(super) fn unread_words(&self, claim: &Claim, verdict: &HeadVerdict) -> Check {
        let page = self.page_of(&claim.change, &claim.repository.name, claim.repository.is_public);
        let roster = Roster::default();
        let check_name = &self.options.check_name;
        explain::check(
            verdict,
            &Voice { check_name, details_url: Some(page), names_candidates: false, roster: &roster },
        )
    }

    /// What the change is called.
    pub(super) fn about(&self, judged: &Judged) -> Result<About, Obstacle> {
        let forge = self.forge(&judged.known.key.repo.host)?;
        Ok(About::of(&judged.change, &forge.web_url(), forge.site(), judged.is_governed))
    }

    /// What a decision adds to the page of its change.
    pub(super) async fn page_update(
        &self,
        claim: &Claim,
        judged: &Judged,
        commit: OnCommit,
    ) -> Result<PageUpdate, Obstacle> {
        let is_shown =
            judged.is_public != Some(true) && self.shows_tiers.hold(&claim.repository.owner, &self.store).await?;
        let Judged { facts, policy, verdict, .. } = judged;
        let mut logins = judged.logins.clone();
        // Of contributors to earlier heads, the directory may know what to call them.
        let unnamed = record::accounts(verdict).into_iter().filter(|account| !judged.logins.contains_key(account));
        logins
            .extend(unnamed.filter_map(|account| Some((account.clone(), facts.roster.logins.get(&account)?.clone()))));
        let beside = Beside {
            at: facts.now,
            is_preview: policy.mode == Mode::Preview,
            policy,
            snapshot: facts.roster.snapshot.number,
            logins,
            insight: is_shown.then(|| insight(facts, policy, verdict)),
            candidates: self.candidates(&facts.roster),
            commit,
        };
        Ok(PageUpdate {
            about: self.about(judged)?,
            judged: JudgedPage::of(verdict, Some((&judged.change, &judged.hidden)), beside),
            grouped: None,
            closed_at: closed_at(judged),
        })
    }

    /// What a merge group's decision adds to the page of a member. `decided`: the verdict with what is wrong with the group.
    pub(super) async fn page_update_for_group(
        &self,
        claim: &Claim,
        judged: &Judged,
        (group, decided): (&LiveGroup, &Verdict),
        commit: &OnCommit,
    ) -> Result<PageUpdate, Obstacle> {
        let own = OnCommit { changes: vec![(judged.known.key.number, judged.verdict.outcome)] };
        let page = self.page_update(claim, judged, own).await?;
        let candidates = self.candidates(&judged.facts.roster);
        Ok(PageUpdate { grouped: Some(grouped(group, decided, candidates, commit.clone(), judged.facts.now)), ..page })
    }

    fn candidates<'a>(&self, roster: &'a Roster) -> Option<&'a Roster> {
        self.options.names_candidates.then_some(roster)
    }

    /// The decision that a change could not be read.
    pub(super) fn unread_decision(
        &self,
        lease: &HeadLease,
        unread: &Unread<'_>,
        check: &Check,
    ) -> Result<Decision, Obstacle> {
        let Unread { claim, facts, policy, verdict } = *unread;
        let Some(decided) = verdict.deciding() else { return Err(Obstacle::Lost) };
        let beside = Beside {
            at: facts.now,
            is_preview: false,
            policy,
            snapshot: facts.roster.snapshot.number,
            logins: BTreeMap::new(),
            insight: None,
            candidates: None,
            commit: on_commit(verdict),
        };
        let forge = self.forge(&claim.change.repo.host)?;
        let page = PageUpdate {
            about: About::unread(&claim.repository.name, &forge.web_url(), forge.site()),
            judged: JudgedPage::of(decided, None, beside),
            grouped: None,
            closed_at: None,
        };
        Ok(Decision {
            change: claim.change.clone(),
            head: lease.head.clone(),
            outcome: decided.outcome.as_str().to_owned(),
            level: decided.level,
            digests: record::digests(facts, policy, self.catalogue().digest(), &check.digest()),
            record: record::of(decided, None, policy, &BTreeMap::new()),
            snapshot_number: facts.roster.snapshot.number,
            decided_at: facts.now,
            known: None,
            evidence: Vec::new(),
            contributors: BTreeSet::new(),
            first_seen: Vec::new(),
            dismisses: Vec::new(),
            look_again_at: None,
            memory_keys: None,
            page: Some(page),
        })
    }

    /// The decision that a merge group could not be read.
    pub(super) fn unread_decision_for_group(
        &self,
        lease: &HeadLease,
        group: &LiveGroup,
        unread: &Unread<'_>,
        check: &Check,
    ) -> Result<Decision, Obstacle> {
        let mut decision = self.unread_decision(lease, unread, check)?;
        decision.record["group"] = of_group(group);
        if let (Some(page), Some(decided)) = (&mut decision.page, unread.verdict.deciding()) {
            page.grouped = Some(grouped(group, decided, None, on_commit(unread.verdict), unread.facts.now));
        }
        Ok(decision)
    }
}

fn grouped(
    group: &LiveGroup,
    verdict: &Verdict,
    candidates: Option<&Roster>,
    commit: OnCommit,
    at: Timestamp,
) -> Grouped {
    let (verdict, _) = shown(verdict, candidates);
    Grouped { v: VERSION, at, head: group.head.clone(), branch: group.base_branch.clone(), verdict, commit }
}
