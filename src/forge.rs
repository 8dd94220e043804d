//! The forges: payloads and API answers become the gate's types, verdicts become API calls. Decides nothing.
//!
//! [`event`] is what a webhook can tell, and [`Forge`] what can be asked and done, in words that hold for every forge;
//! [`github`] speaks GitHub's,
//! [`gitlab`] GitLab's.

pub mod event;
pub mod github;
pub mod gitlab;

mod error;
mod group;
mod limit;
mod listing;
mod reading;
mod rules;
mod transport;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use crate::gate::change::{Actor, Commit};
use crate::gate::detect::notes::Note;
use crate::gate::ids::{CommitSha, Host, Login, RepoId};
use crate::gate::membership::Reach;
use crate::gate::page::Site;
use crate::gate::plan::{Action, Published};
use crate::gate::suggestion::LineComment;
use crate::gate::witnessed::{SeenCommand, SeenRepository};
use github::GitHub;
use gitlab::GitLab;

pub use error::Error;
pub use event::{Delivery, Event, Origin};
pub use group::{GroupRead, GroupReading};
pub use limit::RateLimit;
pub use listing::{FoundCommands, Installation, OpenChange, OpenChanges, RecordedDelivery};
pub use reading::{CommentNow, CommentText, PolicyText, PolicyTexts, Rate, ReadOptions, Reading};
pub use rules::{BranchRules, RULES_BELIEVED_FOR};

/// Where time comes from. The adapter reads no clock of its own.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// A forge, as the engine asks it and writes to it: what each of its methods does is said at those of [`GitHub`] and
/// [`GitLab`].
#[derive(Debug, Clone)]
pub enum Forge {
    /// A GitHub.
    GitHub(GitHub),
    /// A GitLab.
    GitLab(GitLab),
}

/// The same of both.
macro_rules! of_both {
    ($self:ident, $forge:ident => $done:expr) => {
        match $self {
            Self::GitHub($forge) => $done,
            Self::GitLab($forge) => $done,
        }
    };
}

impl Forge {
    /// The web host, by which accounts and repositories are keyed.
    pub fn host(&self) -> &Host {
        of_both!(self, forge => forge.host())
    }

    /// Where its pages are, without a trailing slash.
    pub fn web_url(&self) -> String {
        of_both!(self, forge => forge.web_url())
    }

    /// Whose pages they are.
    pub fn site(&self) -> Site {
        match self {
            Self::GitHub(_) => Site::GitHub,
            Self::GitLab(_) => Site::GitLab,
        }
    }

    /// The limits that hold now.
    pub fn limits(&self) -> Vec<RateLimit> {
        of_both!(self, forge => forge.limits())
    }

    /// Whether what stands on a head stands on each change with it, and takes a call of its own to see.
    pub fn publishes_on_changes(&self) -> bool {
        matches!(self, Self::GitLab(_))
    }

    /// Whether its deliveries tell what kind of account somebody's is. Where they do not, only a read does.
    pub fn tells_kinds(&self) -> bool {
        matches!(self, Self::GitHub(_))
    }

    /// Whether its deliveries tell that what branches require has moved. Where they do not, only a look tells.
    pub fn tells_rules(&self) -> bool {
        matches!(self, Self::GitHub(_))
    }

    /// Heeds a limit that the forge named to somebody else who calls as we do.
    pub fn heed(&self, installation: i64, counted: &str, until: Timestamp) {
        match self {
            Self::GitHub(github) => github.heed(installation, counted, until),
            Self::GitLab(gitlab) => gitlab.heed(until),
        }
    }

    /// Forgets what was granted to an installation: the next call asks for it again. A GitLab has one token for all.
    pub async fn forget_installation(&self, installation: i64) {
        if let Self::GitHub(github) = self {
            github.forget_installation(installation).await;
        }
    }

    /// Reads a change, what stands on it, and the policies that may govern it.
    pub async fn read(&self, repo: &SeenRepository, number: i64, options: &ReadOptions) -> Result<Reading, Error> {
        of_both!(self, forge => Box::pin(forge.read(repo, number, options)).await)
    }

    /// Carries out one action on a head that these changes have, and says what stands then.
    pub async fn apply(&self, repo: &SeenRepository, action: &Action, changes: &[i64]) -> Result<Published, Error> {
        match self {
            Self::GitHub(github) => github.apply(repo, action).await,
            Self::GitLab(gitlab) => Box::pin(gitlab.apply(repo, action, changes)).await,
        }
    }

    /// Our check of this name on a commit.
    pub async fn find_published(
        &self,
        repo: &SeenRepository,
        head: &CommitSha,
        name: &str,
    ) -> Result<Option<Published>, Error> {
        of_both!(self, forge => forge.find_published(repo, head, name).await)
    }

    /// Whether a commit that a pipeline of the change tests is the forge's own merge of this head. GitHub's checks stand on
    /// the head itself.
    pub async fn is_merge_of(
        &self,
        repo: &SeenRepository,
        number: i64,
        commit: &CommitSha,
        head: &CommitSha,
    ) -> Result<bool, Error> {
        match self {
            Self::GitHub(_) => Ok(false),
            Self::GitLab(gitlab) => gitlab.is_merge_of(repo, number, commit, head).await,
        }
    }

    /// Has a job run again that asked for the verdict.
    pub async fn retry_job(&self, repo: &SeenRepository, job: i64) -> Result<(), Error> {
        match self {
            Self::GitHub(_) => Ok(()),
            Self::GitLab(gitlab) => gitlab.retry_job(repo, job).await,
        }
    }

    /// A repository as it is now, with its owner. GitHub's deliveries say themselves whose a repository is.
    pub async fn project(&self, repo: &RepoId) -> Result<Option<SeenRepository>, Error> {
        match self {
            Self::GitHub(_) => Ok(None),
            Self::GitLab(gitlab) => match gitlab.project(repo).await {
                Err(Error::NotFound { .. }) => Ok(None),
                project => project.map(Some),
            },
        }
    }

    /// Whether this is where its organisation's policy stands. GitHub's deliveries say so themselves.
    pub fn holds_organisation_policy(&self, repo: &SeenRepository) -> bool {
        match self {
            Self::GitHub(_) => false,
            Self::GitLab(gitlab) => repo.name.eq_ignore_ascii_case(&gitlab.policy_project(&repo.name)),
        }
    }

    /// Commands in the comments of one change, oldest first: none of them is witnessed.
    pub async fn commands_on(&self, repo: &SeenRepository, number: i64) -> Result<Vec<SeenCommand>, Error> {
        of_both!(self, forge => forge.commands_on(repo, number).await)
    }

    /// Reads a merge group. A GitLab has none: its merge trains test a change by pipelines of the change itself.
    pub async fn read_group(
        &self,
        repo: &SeenRepository,
        branch: &str,
        head: &CommitSha,
    ) -> Result<GroupReading, Error> {
        match self {
            Self::GitHub(github) => github.read_group(repo, branch, head).await,
            Self::GitLab(_) => Ok(GroupReading::without(GroupRead::Unseen)),
        }
    }

    /// Notes on commits about who wrote what. A GitLab does not show refs of notes.
    pub async fn notes(
        &self,
        repo: &SeenRepository,
        notes: &CommitSha,
        commits: &[CommitSha],
        gives_up: bool,
    ) -> Result<BTreeMap<CommitSha, Vec<Note>>, Error> {
        match self {
            Self::GitHub(github) => github.notes(repo, notes, commits, gives_up).await,
            Self::GitLab(_) => Ok(BTreeMap::new()),
        }
    }

    /// Open changes with this head that a pass of a change into `base` would let go as well, where a read does not tell.
    pub async fn changes_on_head(
        &self,
        repo: &SeenRepository,
        base: &str,
        head: &CommitSha,
    ) -> Result<Vec<i64>, Error> {
        match self {
            Self::GitHub(_) => Ok(Vec::new()),
            Self::GitLab(gitlab) => gitlab.changes_on_head(repo, base, head).await,
        }
    }

    /// The commits that a head has and a base has not, oldest first; `None` when the forge does not have the head any more.
    pub async fn commits_between(
        &self,
        repo: &SeenRepository,
        base: &CommitSha,
        head: &CommitSha,
    ) -> Result<Option<Vec<Commit>>, Error> {
        of_both!(self, forge => forge.commits_between(repo, base, head).await)
    }

    /// The last moves of a branch of the repository itself, the newest first: to which commit, and by whom.
    pub async fn moves(&self, repo: &SeenRepository, branch: &str) -> Result<Vec<(CommitSha, Actor)>, Error> {
        of_both!(self, forge => forge.moves(repo, branch).await)
    }

    /// The difference between two commits, as git writes it. Asked for only where the forge itself made commits, which
    /// cannot be told on GitLab.
    pub async fn diff(
        &self,
        repo: &SeenRepository,
        base: &CommitSha,
        head: &CommitSha,
    ) -> Result<Option<Vec<u8>>, Error> {
        match self {
            Self::GitHub(github) => github.diff(repo, base, head).await,
            Self::GitLab(_) => Ok(None),
        }
    }

    /// The comments on lines of a change, where suggestions stand. Asked for only as [`Forge::diff`] is.
    pub async fn line_comments(&self, repo: &SeenRepository, number: i64) -> Result<Vec<LineComment>, Error> {
        match self {
            Self::GitHub(github) => github.line_comments(repo, number).await,
            Self::GitLab(_) => Ok(Vec::new()),
        }
    }

    /// The numbers of users, by login in lower case. Logins that nobody has are left out.
    pub async fn resolve_logins(&self, installation: i64, logins: &[Login]) -> Result<BTreeMap<String, i64>, Error> {
        match self {
            Self::GitHub(github) => github.resolve_logins(installation, logins).await,
            Self::GitLab(gitlab) => gitlab.resolve_logins(logins).await,
        }
    }

    /// The number of the group that has this path now.
    pub async fn group_number(&self, group: &str) -> Result<i64, Error> {
        match self {
            Self::GitHub(_) => Err(Self::keeps_no_groups()),
            Self::GitLab(gitlab) => gitlab.group_number(group).await,
        }
    }

    /// The accounts of the people who are members of a group now, by number: all of them, or an error.
    pub async fn group_members(&self, group: i64, reach: Reach) -> Result<BTreeSet<i64>, Error> {
        match self {
            Self::GitHub(_) => Err(Self::keeps_no_groups()),
            Self::GitLab(gitlab) => gitlab.group_members(group, reach).await,
        }
    }

    /// A GitHub's teams are no source of the directory so far.
    fn keeps_no_groups() -> Error {
        Error::broken("members of a group", "only those of a GitLab can be asked for")
    }

    /// Whether rules require our verdict on this branch, and from whom.
    pub async fn branch_rules(
        &self,
        repo: &SeenRepository,
        branch: &str,
        moved_at: Option<Timestamp>,
    ) -> Result<BranchRules, Error> {
        of_both!(self, forge => forge.branch_rules(repo, branch, moved_at).await)
    }

    /// Whether a commit reached a branch by a change that was merged into it.
    pub async fn was_merged(&self, repo: &SeenRepository, commit: &CommitSha, branch: &str) -> Result<bool, Error> {
        of_both!(self, forge => forge.was_merged(repo, commit, branch).await)
    }

    /// All installations: on GitLab, the top-level groups that are served.
    pub async fn installations(&self) -> Result<Vec<Installation>, Error> {
        of_both!(self, forge => forge.installations().await)
    }

    /// One installation; `None` when there is no such one (any more).
    pub async fn installation(&self, installation: i64) -> Result<Option<Installation>, Error> {
        of_both!(self, forge => forge.installation(installation).await)
    }

    /// All repositories that an installation reaches and that can be written to.
    pub async fn repositories(&self, installation: i64) -> Result<Vec<SeenRepository>, Error> {
        of_both!(self, forge => forge.repositories(installation).await)
    }

    /// A page of the open changes of a repository, oldest first.
    pub async fn open_changes(&self, repo: &SeenRepository, after: Option<&str>) -> Result<OpenChanges, Error> {
        of_both!(self, forge => forge.open_changes(repo, after).await)
    }

    /// Commands in comments that were written since this time.
    pub async fn comments_since(&self, repo: &SeenRepository, since: Timestamp) -> Result<FoundCommands, Error> {
        of_both!(self, forge => forge.comments_since(repo, since).await)
    }

    /// The deliveries that the forge has on record since this time, newest first.
    pub async fn deliveries(&self, since: Timestamp) -> Result<Vec<RecordedDelivery>, Error> {
        of_both!(self, forge => Box::pin(forge.deliveries(since)).await)
    }

    /// Asks for a delivery again. False when the forge has it on record no longer.
    pub async fn redeliver(&self, id: i64) -> Result<bool, Error> {
        of_both!(self, forge => forge.redeliver(id).await)
    }

    /// Reacts to a comment of the conversation. One reaction of a kind is kept, so that this may be repeated.
    pub async fn react(&self, repo: &SeenRepository, number: i64, comment: i64, reaction: &str) -> Result<(), Error> {
        match self {
            Self::GitHub(github) => github.react(repo, comment, reaction).await,
            Self::GitLab(gitlab) => gitlab.react(repo, number, comment, reaction).await,
        }
    }

    /// Comments on a change. After [`Error::Uncertain`], look with [`Forge::has_commented`] before repeating it.
    pub async fn comment(&self, repo: &SeenRepository, number: i64, text: &str) -> Result<(), Error> {
        of_both!(self, forge => forge.comment(repo, number, text).await)
    }

    /// Whether there is a comment of ours on a change that holds this mark and is not older than `since`.
    pub async fn has_commented(
        &self,
        repo: &SeenRepository,
        number: i64,
        since: Timestamp,
        mark: &str,
    ) -> Result<bool, Error> {
        of_both!(self, forge => forge.has_commented(repo, number, since, mark).await)
    }
}
