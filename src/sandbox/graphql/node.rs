//! The objects of the graph: what they are called, and who answers for their fields.

use serde_json::{Value, json};

use super::connection::{Connection, page_info};
use super::execute::Object;
use super::{Args, Context, Trouble, checks, commit, people, pull, query, queue, repository, suggestions, timeline};
use crate::sandbox::accounts::{AccountId, AccountKind};
use crate::sandbox::git::{FileChange, Sha, Stamp};
use crate::sandbox::repositories::RepositoryId;

/// One object, by what it takes to find it again.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    Query,
    RateLimit,
    Repository(RepositoryId),
    Ref(RepositoryId, String),
    Account(AccountId),
    Team(u64),
    App(u64),
    Pull(RepositoryId, u64),
    PullCommit(RepositoryId, u64, Sha),
    File(Box<FileChange>),
    Label(RepositoryId, String),
    ReviewRequest(Requested),
    AutoMerge(RepositoryId, u64),
    Review(RepositoryId, u64, u64),
    Comment(RepositoryId, u64, u64),
    LineComment(RepositoryId, u64, u64),
    /// A conversation about lines, by the comment that began it.
    Thread(RepositoryId, u64, u64),
    Timeline(RepositoryId, u64, u64),
    Queue(RepositoryId, String),
    QueueEntry(u64, u64),
    Commit(RepositoryId, Sha),
    Tree(RepositoryId, Sha),
    Blob(RepositoryId, Sha),
    GitActor(Stamp),
    Signature(Sha),
    CheckSuite(u64),
    CheckRun(u64),
    Push(u64),
    Connection(Box<Connection>),
    Edge(Box<Node>, String, &'static str),
    PageInfo {
        start: Option<String>,
        end: Option<String>,
        next: bool,
        previous: bool,
    },
}

/// Whom a review is requested from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Requested {
    Account(AccountId),
    Team(u64),
}

/// What a field is.
#[derive(Debug)]
pub(crate) enum Out<N = Node> {
    Value(Value),
    Node(N),
    List(Vec<Self>),
    /// Null, and an error at this very place of a list says why.
    Missing(Trouble),
}

pub(crate) type Resolved = Result<Out, Trouble>;

impl<N, T: Into<Value>> From<T> for Out<N> {
    fn from(value: T) -> Self {
        Self::Value(value.into())
    }
}

impl<N> Out<N> {
    pub(crate) fn null() -> Self {
        Self::Value(Value::Null)
    }

    /// An object, or null.
    pub(crate) fn maybe(node: Option<N>) -> Self {
        node.map_or_else(Self::null, Self::Node)
    }
}

impl Object for Node {
    fn root() -> Self {
        Self::Query
    }

    fn type_name(&self, context: &Context<'_>) -> &'static str {
        match self {
            Self::Query => "Query",
            Self::RateLimit => "RateLimit",
            Self::Repository(_) => "Repository",
            Self::Ref(..) => "Ref",
            Self::Account(id) => match context.world.accounts.get(*id).map(|account| account.kind) {
                Some(AccountKind::Bot) => "Bot",
                Some(AccountKind::Mannequin) => "Mannequin",
                Some(AccountKind::Organization) => "Organization",
                Some(AccountKind::User) | None => "User",
            },
            Self::Team(_) => "Team",
            Self::App(_) => "App",
            Self::Pull(..) => "PullRequest",
            Self::PullCommit(..) => "PullRequestCommit",
            Self::File(_) => "PullRequestChangedFile",
            Self::Label(..) => "Label",
            Self::ReviewRequest(_) => "ReviewRequest",
            Self::AutoMerge(..) => "AutoMergeRequest",
            Self::Review(..) => "PullRequestReview",
            Self::Comment(..) => "IssueComment",
            Self::LineComment(..) => "PullRequestReviewComment",
            Self::Thread(..) => "PullRequestReviewThread",
            Self::Timeline(repository, number, id) => timeline::type_name(context, *repository, *number, *id),
            Self::Queue(..) => "MergeQueue",
            Self::QueueEntry(..) => "MergeQueueEntry",
            Self::Commit(..) => "Commit",
            Self::Tree(..) => "Tree",
            Self::Blob(..) => "Blob",
            Self::GitActor(_) => "GitActor",
            Self::Signature(_) => "GpgSignature",
            Self::CheckSuite(_) => "CheckSuite",
            Self::CheckRun(_) => "CheckRun",
            Self::Push(_) => "Push",
            Self::Connection(connection) => connection.type_name(),
            Self::Edge(_, _, connection) => edge_name(connection),
            Self::PageInfo { .. } => "PageInfo",
        }
    }

    fn is(&self, context: &Context<'_>, condition: &str) -> bool {
        let own = self.type_name(context);
        let kinds: &[&str] = match condition {
            _ if condition == own => return true,
            "Node" => {
                return !matches!(
                    self,
                    Self::Connection(_)
                        | Self::Edge(..)
                        | Self::PageInfo { .. }
                        | Self::RateLimit
                        | Self::GitActor(_)
                        | Self::Signature(_)
                        | Self::File(_)
                        | Self::AutoMerge(..)
                );
            }
            "Actor" => &["User", "Bot", "Mannequin", "Organization", "EnterpriseUserAccount"],
            "RequestedReviewer" => &["User", "Bot", "Mannequin", "Team"],
            "Assignee" => &["User", "Bot", "Mannequin", "Organization"],
            "RepositoryOwner" | "ProfileOwner" => &["User", "Organization"],
            "GitObject" => &["Commit", "Tree", "Blob"],
            "GitSignature" => &["GpgSignature"],
            "Comment" => &["PullRequest", "PullRequestReview", "IssueComment", "PullRequestReviewComment"],
            "RequirableByPullRequest" => &["CheckRun"],
            "PullRequestTimelineItems" => return matches!(self, Self::Timeline(..)),
            _ => return false,
        };
        kinds.contains(&own)
    }

    fn field(&self, context: &Context<'_>, name: &str, args: &Args) -> Resolved {
        match self {
            Self::Query => query::field(context, name, args),
            Self::RateLimit => query::rate_limit(context, name),
            Self::Repository(id) => repository::field(context, *id, name, args),
            Self::Ref(id, full) => repository::reference(context, *id, full, name),
            Self::Account(id) => people::account(context, *id, name, args),
            Self::Team(id) => people::team(context, *id, name, args),
            Self::App(id) => people::app(context, *id, name),
            Self::Pull(repository, number) => pull::field(context, *repository, *number, name, args),
            Self::PullCommit(repository, number, sha) => match name {
                "id" => Ok(Out::from(format!("PURC_{number}_{sha}"))),
                "commit" => Ok(Out::Node(Self::Commit(*repository, sha.clone()))),
                "pullRequest" => Ok(Out::Node(Self::Pull(*repository, *number))),
                _ => Err(Trouble::UnknownField),
            },
            Self::File(file) => pull::file(file, name),
            Self::Label(repository, label) => pull::label(context, *repository, label, name),
            Self::ReviewRequest(requested) => match (name, requested) {
                ("requestedReviewer", Requested::Account(id)) => Ok(people::actor(context, *id)),
                ("requestedReviewer", Requested::Team(id)) => Ok(Out::Node(Self::Team(*id))),
                _ => Err(Trouble::UnknownField),
            },
            Self::AutoMerge(repository, number) => pull::auto_merge(context, *repository, *number, name),
            Self::Review(repository, number, id) => pull::review(context, *repository, *number, *id, name),
            Self::Comment(repository, number, id) => pull::comment(context, *repository, *number, *id, name),
            Self::LineComment(repository, number, id) => pull::line_comment(context, *repository, *number, *id, name),
            Self::Thread(repository, number, id) => suggestions::thread(*repository, *number, *id, name, args),
            Self::Timeline(repository, number, id) => timeline::field(context, *repository, *number, *id, name),
            Self::Queue(repository, branch) => queue::queue(context, *repository, branch, name, args),
            Self::QueueEntry(group, number) => queue::entry(context, *group, *number, name),
            Self::Commit(repository, sha) => commit::field(context, *repository, sha, name, args),
            Self::Tree(repository, sha) => commit::tree(context, *repository, sha, name),
            Self::Blob(repository, sha) => commit::blob(context, *repository, sha, name),
            Self::GitActor(stamp) => commit::git_actor(context, stamp, name),
            Self::Signature(sha) => commit::signature(context, sha, name),
            Self::CheckSuite(id) => checks::suite(context, *id, name, args),
            Self::CheckRun(id) => checks::run(context, *id, name, args),
            Self::Push(suite) => checks::push(context, *suite, name),
            Self::Connection(connection) => connection.field(name),
            Self::Edge(node, cursor, _) => match name {
                "node" => Ok(Out::Node(node.as_ref().clone())),
                "cursor" => Ok(Out::Value(json!(cursor))),
                _ => people::edge(context, node, name),
            },
            Self::PageInfo { start, end, next, previous } => {
                page_info(start.as_deref(), end.as_deref(), *next, *previous, name)
            }
        }
    }
}

fn edge_name(connection: &str) -> &'static str {
    match connection {
        "TeamMemberConnection" => "TeamMemberEdge",
        "PullRequestConnection" => "PullRequestEdge",
        "PullRequestCommitConnection" => "PullRequestCommitEdge",
        "PullRequestReviewConnection" => "PullRequestReviewEdge",
        "PullRequestReviewThreadConnection" => "PullRequestReviewThreadEdge",
        "PullRequestReviewCommentConnection" => "PullRequestReviewCommentEdge",
        "IssueCommentConnection" => "IssueCommentEdge",
        "CheckSuiteConnection" => "CheckSuiteEdge",
        "CheckRunConnection" => "CheckRunEdge",
        "UserConnection" => "UserEdge",
        "LabelConnection" => "LabelEdge",
        "CommitConnection" => "CommitEdge",
        "TeamConnection" => "TeamEdge",
        "PullRequestTimelineItemsConnection" => "PullRequestTimelineItemsEdge",
        "PullRequestChangedFileConnection" => "PullRequestChangedFileEdge",
        "MergeQueueEntryConnection" => "MergeQueueEntryEdge",
        _ => "Edge",
    }
}
