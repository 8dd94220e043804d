//! Commands in comments: which are read again beside the change, what the fresh read says of them, and when it is too
//! early to believe it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::{Engine, Obstacle};
use crate::forge::{CommentNow, CommentText, Reading};
use crate::gate::change::{Actor, ActorKind, Change};
use crate::gate::command::{Ask, Command, Fate};
use crate::gate::ids::ChangeKey;
use crate::gate::people::Roster;
use crate::gate::witnessed::body_digest;
use crate::store::{Claim, KeptCommand};

/// How many comments by people in the directory are read again at most, the newest first: three calls' worth. What is left
/// out grants nothing.
const MOST_READ_AGAIN: usize = 300;

/// How many by an opener who is not in the directory; before it is on record who that is, by anybody.
const MOST_OF_OPENER: usize = 20;

/// For how long after we heard of a comment the forge may be slow to show it.
const SLOW_FOR: SignedDuration = SignedDuration::from_mins(1);

/// How often to ask again for a comment that the forge does not show yet.
const PATIENT_ATTEMPTS: i64 = 3;

/// What was said in comments on a change.
#[derive(Debug, Default)]
pub(super) struct Spoken {
    /// Every command, as a fresh read confirms it.
    pub(super) commands: Vec<Command>,
    /// The evidence that commands were bound to when they were first weighed, by comment.
    pub(super) dismissed: BTreeMap<i64, BTreeSet<String>>,
}

impl Engine {
    /// The names of the comments that a read of the change must look at: those that grant something, by people who can. So
    /// strangers cannot make a read expensive.
    pub(super) async fn comments_to_read(&self, claim: &Claim, change: &ChangeKey) -> Result<Vec<String>, Obstacle> {
        let kept = self.store.commands(change).await?;
        if !kept.iter().any(is_open_grant) {
            return Ok(Vec::new());
        }
        let roster = self.roster(claim, &claim.repository.owner).await?;
        let open = kept.into_iter().rev().filter(is_open_grant);
        let (known, others): (Vec<_>, Vec<_>) = open.partition(|kept| is_known(kept, &roster));
        let openers = self.store.openers(change).await?;
        let is_openers = |kept: &KeptCommand| openers.is_empty() || openers.contains(&kept.command.author.account);
        let others = others.into_iter().filter(|kept| is_answer(kept) && is_openers(kept)).take(MOST_OF_OPENER);
        Ok(known.into_iter().take(MOST_READ_AGAIN).chain(others).map(|kept| kept.node).collect())
    }

    /// Every command on the change, as the fresh read confirms it. What the read shows to be edited or deleted is kept for
    /// good.
    pub(super) async fn spoken(
        &self,
        claim: &Claim,
        change: &Change,
        reading: &Reading,
        roster: &Roster,
        now: Timestamp,
    ) -> Result<Spoken, Obstacle> {
        let tells_kinds = self.forge(&change.key.repo.host)?.tells_kinds();
        let mut spoken = Spoken::default();
        let mut fates = Vec::new();
        for kept in self.store.commands(&change.key).await? {
            if let Some(covers) = &kept.covers {
                spoken.dismissed.insert(kept.command.comment, covers.iter().cloned().collect());
            }
            let shown = reading.comments.get(&kept.node);
            let is_openers = change.opener.as_ref().is_some_and(|opener| opener.account == kept.command.author.account);
            let can_count = is_known(&kept, roster) || (is_openers && is_answer(&kept));
            if is_open_grant(&kept) && can_count && shown.is_none() {
                // It came after the read began, and makes the change dirty by itself; or it is one too many.
                continue;
            }
            let Some(shown) = shown.filter(|_| is_open_grant(&kept)) else {
                spoken.commands.push(Command { author: told(kept.command.author, tells_kinds), ..kept.command });
                continue;
            };
            let fate = fate(&kept, shown);
            let is_new = kept.received_at.saturating_add(SLOW_FOR).is_ok_and(|until| now < until);
            if fate == Fate::Deleted && is_new && claim.attempts < PATIENT_ATTEMPTS {
                let why = "the forge does not show a comment yet that was written a moment ago".to_owned();
                return Err(Obstacle::Incomplete { why });
            }
            if fate != Fate::Stands {
                fates.push((kept.command.comment, fate));
            }
            let by_email = matches!(shown, CommentNow::There(text) if text.by_email);
            let author = match shown {
                CommentNow::There(CommentText { author: Some(author), .. }) if !tells_kinds => author.clone(),
                _ => kept.command.author,
            };
            spoken.commands.push(Command { author, by_email, fate, ..kept.command });
        }
        if !fates.is_empty() {
            self.notes.fates(&change.key.repo, &fates).await?;
        }
        Ok(spoken)
    }
}

/// Where no delivery tells what kind of account somebody's is, whoever withholds something or pushed is taken for a person:
/// to hold, the account must be in the directory all the same.
pub(super) fn told(author: Actor, tells_kinds: bool) -> Actor {
    match author.kind {
        ActorKind::Other if !tells_kinds => Actor { kind: ActorKind::User, ..author },
        _ => author,
    }
}

/// Whether it grants something, as far as is known.
fn is_open_grant(kept: &KeptCommand) -> bool {
    let command = &kept.command;
    command.is_witnessed && command.fate == Fate::Stands && command.said.ask.is_grant()
}

fn is_known(kept: &KeptCommand, roster: &Roster) -> bool {
    roster.person(&kept.command.author.account).is_some()
}

/// Whether it can have an effect although its author is not in the directory: whoever opened the change can say that no AI
/// was used.
fn is_answer(kept: &KeptCommand) -> bool {
    kept.command.said.ask == Ask::NotAssisted
}

/// What became of a comment, by what a fresh read shows of it.
fn fate(kept: &KeptCommand, shown: &CommentNow) -> Fate {
    let CommentNow::There(text) = shown else { return Fate::Deleted };
    let is_same = text.id == kept.command.comment
        && text.author.as_ref().is_some_and(|author| author.account == kept.command.author.account)
        && body_digest(&text.body) == kept.body_digest;
    if is_same && !text.was_edited { Fate::Stands } else { Fate::Edited }
}
