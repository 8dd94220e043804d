//! The objects of the graph, and the answers to their fields.

use serde_json::{Value, json};

use super::connection::{Connection, connection};
use crate::sandbox::accounts::{AccountId, AccountKind};
use crate::sandbox::git::Sha;
use crate::sandbox::gitlab::Edition;
use crate::sandbox::gitlab::ghosts::GHOST;
use crate::sandbox::gitlab::shapes::{Note, state_of, time, title_of};
use crate::sandbox::gitlab::state::RequestId;
use crate::sandbox::graphql::{Args, Context, Object, Out, Trouble};
use crate::sandbox::pulls::Pull;
use crate::sandbox::repositories::{Repository, RepositoryId};
use crate::sandbox::tap::Credential;
use crate::sandbox::world::World;

/// One object, by what it takes to find it again.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    Query,
    Metadata,
    Request(RequestId),
    Note(RequestId, Box<Note>),
    NoteMetadata(String),
    User(AccountId, &'static str),
    Reviewer(RequestId, AccountId),
    Interaction(RequestId, AccountId),
    Project(RepositoryId),
    Repository(RepositoryId),
    /// The root of a commit's files.
    Tree(RepositoryId, Sha),
    Blob(String, Sha),
    Commit(RepositoryId, Sha),
    Connection(Box<Connection>),
    PageInfo {
        start: Option<String>,
        end: Option<String>,
        next: bool,
        previous: bool,
    },
}

pub(super) type Resolved = Result<Out<Node>, Trouble>;

impl Object for Node {
    fn root() -> Self {
        Self::Query
    }

    fn type_name(&self, _: &Context<'_>) -> &'static str {
        match self {
            Self::Query => "Query",
            Self::Metadata => "Metadata",
            Self::Request(_) => "MergeRequest",
            Self::Note(..) => "Note",
            Self::NoteMetadata(_) => "SystemNoteMetadata",
            Self::User(_, name) => name,
            Self::Reviewer(..) => "MergeRequestReviewer",
            Self::Interaction(..) => "UserMergeRequestInteraction",
            Self::Project(_) => "Project",
            Self::Repository(_) => "Repository",
            Self::Tree(..) => "Tree",
            Self::Blob(..) => "RepositoryBlob",
            Self::Commit(..) => "Commit",
            Self::Connection(connection) => connection.type_name,
            Self::PageInfo { .. } => "PageInfo",
        }
    }

    fn is(&self, context: &Context<'_>, condition: &str) -> bool {
        let own = self.type_name(context);
        own == condition || (condition == "User" && matches!(self, Self::User(..) | Self::Reviewer(..)))
    }

    fn field(&self, context: &Context<'_>, name: &str, args: &Args) -> Resolved {
        match self {
            Self::Query => root(context, name, args),
            Self::Metadata => metadata(context, name),
            Self::Request(id) => request(context, *id, name, args),
            Self::Note(id, note) => note_field(context, *id, note, name),
            Self::NoteMetadata(action) => match name {
                "action" => Ok(Out::from(action.clone())),
                _ => Err(Trouble::UnknownField),
            },
            Self::User(id, _) => user(context, *id, name),
            Self::Reviewer(request, id) => match name {
                "mergeRequestInteraction" => Ok(Out::Node(Self::Interaction(*request, *id))),
                _ => user(context, *id, name),
            },
            Self::Interaction(request, id) => interaction(context, *request, *id, name),
            Self::Project(id) => project(context, *id, name, args),
            Self::Repository(id) => repository(context, *id, name, args),
            Self::Tree(project, sha) => match name {
                "lastCommit" => Ok(Out::Node(Self::Commit(*project, sha.clone()))),
                _ => Err(Trouble::UnknownField),
            },
            Self::Blob(path, sha) => blob(context, path, sha, name),
            Self::Commit(project, sha) => commit(context, *project, sha, name),
            Self::Connection(connection) => connection.field(name),
            Self::PageInfo { start, end, next, previous } => Ok(Out::Value(match name {
                "startCursor" => json!(start),
                "endCursor" => json!(end),
                "hasNextPage" => json!(next),
                "hasPreviousPage" => json!(previous),
                _ => return Err(Trouble::UnknownField),
            })),
        }
    }
}

/// The number at the end of `gid://gitlab/Kind/7`, if it is of this kind.
fn number(gid: &str, kinds: &[&str]) -> Option<u64> {
    let (kind, id) = gid.strip_prefix("gid://gitlab/")?.split_once('/')?;
    kinds.contains(&kind).then(|| id.parse().ok())?
}

fn gid(kind: &str, id: u64) -> String {
    format!("gid://gitlab/{kind}/{id}")
}

fn caller(context: &Context<'_>) -> Option<AccountId> {
    match context.caller {
        Credential::User(id) => Some(id),
        _ => None,
    }
}

/// Whether the caller may see what is in a project.
fn seen(context: &Context<'_>, project: RepositoryId) -> bool {
    let project = context.world.repositories.get(&project);
    project.is_some_and(|project| context.world.sees(project, caller(context)))
}

fn root(context: &Context<'_>, name: &str, args: &Args) -> Resolved {
    let world = context.world;
    match name {
        "currentUser" => Ok(Out::maybe(caller(context).map(|id| Node::User(id, "CurrentUser")))),
        "metadata" => Ok(Out::Node(Node::Metadata)),
        "mergeRequest" => {
            let id = args.text("id").and_then(|id| number(id, &["MergeRequest"]));
            let found = id.and_then(|id| world.pulls().find(|pull| pull.id == id));
            let found = found.filter(|pull| seen(context, pull.repository));
            Ok(Out::maybe(found.map(|pull| Node::Request((pull.repository, pull.number)))))
        }
        "note" => {
            let id = args.text("id").and_then(|id| number(id, &["Note", "DiffNote", "DiscussionNote"]));
            Ok(Out::maybe(id.and_then(|id| note(context, id))))
        }
        "users" => users(context, args),
        "user" => {
            let by_id = args.text("id").and_then(|id| number(id, &["User"])).and_then(|id| world.accounts.get(id));
            let by_name = || args.text("username").and_then(|name| world.accounts.by_login(name));
            Ok(Out::maybe(by_id.or_else(by_name).map(|account| Node::User(account.id, "UserCore"))))
        }
        "project" => {
            let path = args.text("fullPath").unwrap_or_default();
            let found = path.split_once('/').and_then(|(owner, name)| world.repository_named(owner, name));
            Ok(Out::maybe(found.filter(|one| seen(context, one.id)).map(|one| Node::Project(one.id))))
        }
        "projects" => {
            let ids = args.words("ids");
            let ids: Option<Vec<u64>> =
                ids.map(|ids| ids.into_iter().filter_map(|id| number(id, &["Project"])).collect());
            let wanted = |one: &&Repository| ids.as_ref().is_none_or(|ids| ids.contains(&one.id));
            let mut found: Vec<u64> =
                world.repositories.values().filter(wanted).map(|one| one.id).filter(|id| seen(context, *id)).collect();
            found.reverse();
            connection("ProjectConnection", found.into_iter().map(Node::Project).collect(), args)
        }
        _ => Err(Trouble::UnknownField),
    }
}

fn metadata(context: &Context<'_>, name: &str) -> Resolved {
    let gitlab = &context.world.gitlab.gitlab;
    match name {
        "version" => {
            let suffix = if gitlab.edition > Edition::Community { "-ee" } else { "" };
            Ok(Out::from(format!("{}.0{suffix}", gitlab.version)))
        }
        "revision" => Ok(Out::from("5c20ee2f0e1")),
        "enterprise" => Ok(Out::from(gitlab.edition > Edition::Community)),
        _ => Err(Trouble::UnknownField),
    }
}

fn users(context: &Context<'_>, args: &Args) -> Resolved {
    let ids = args.words("ids");
    let ids: Option<Vec<u64>> = ids.map(|ids| ids.into_iter().filter_map(|id| number(id, &["User"])).collect());
    let names = args.words("usernames");
    let found = context
        .world
        .accounts
        .all()
        .filter(|account| account.kind != AccountKind::Organization)
        .filter(|account| ids.as_ref().is_none_or(|ids| ids.contains(&account.id)))
        .filter(|account| {
            names.as_ref().is_none_or(|names| names.iter().any(|name| name.eq_ignore_ascii_case(&account.login)))
        });
    connection("UserCoreConnection", found.map(|account| Node::User(account.id, "UserCore")).collect(), args)
}

/// A note on any merge request, if the caller may see it.
fn note(context: &Context<'_>, id: u64) -> Option<Node> {
    let world = context.world;
    let has = |pull: &&Pull| {
        let system = world.gitlab.request((pull.repository, pull.number));
        pull.comments.iter().any(|one| one.id == id)
            || pull.line_comments.iter().any(|one| one.id == id)
            || system.is_some_and(|request| request.activity.iter().any(|one| one.id == id))
    };
    let pull = world.pulls().find(has).filter(|pull| seen(context, pull.repository))?;
    let request = (pull.repository, pull.number);
    let note = world.notes(request).into_iter().find(|note| note.id == id)?;
    sees_note(context, request, &note).then(|| Node::Note(request, Box::new(note)))
}

fn sees_note(context: &Context<'_>, request: RequestId, note: &Note) -> bool {
    let home = context.world.repositories.get(&request.0);
    let level = home.zip(caller(context)).map_or(0, |(home, caller)| context.world.level(home, caller));
    !note.internal || level >= 20
}

fn request(context: &Context<'_>, id: RequestId, name: &str, args: &Args) -> Resolved {
    let world = context.world;
    let Some(pull) = world.pull(id.0, id.1) else { return Ok(Out::null()) };
    match name {
        "notes" => {
            let filter = args.text("filter").unwrap_or("ALL_NOTES");
            let wanted = |note: &Note| match filter {
                "ONLY_ACTIVITY" => note.system,
                "ONLY_COMMENTS" => !note.system,
                _ => true,
            };
            let notes = world.notes(id).into_iter().filter(|note| wanted(note) && sees_note(context, id, note));
            connection("NoteConnection", notes.map(|note| Node::Note(id, Box::new(note))).collect(), args)
        }
        "approvedBy" => {
            let given = world.gitlab.request(id).into_iter().flat_map(|request| &request.approvals);
            let users = given.map(|approval| Node::User(approval.user, "UserCore"));
            connection("UserCoreConnection", users.collect(), args)
        }
        "reviewers" => {
            let asked = world.gitlab.request(id).into_iter().flat_map(|request| request.reviewers.keys());
            let reviewers = asked.map(|user| Node::Reviewer(id, *user));
            connection("MergeRequestReviewerConnection", reviewers.collect(), args)
        }
        "assignees" => {
            let assigned = pull.assignees.iter().map(|user| Node::User(*user, "MergeRequestAssignee"));
            connection("MergeRequestAssigneeConnection", assigned.collect(), args)
        }
        "author" => Ok(person(world, pull.author, "MergeRequestAuthor")),
        "commits" => {
            let newest_first = world.pull_commits(pull).into_iter().rev();
            let commits = newest_first.map(|sha| Node::Commit(id.0, sha));
            connection("CommitConnection", commits.collect(), args)
        }
        "commitCount" => Ok(Out::from(world.pull_commits(pull).len())),
        "targetProject" | "project" => Ok(Out::Node(Node::Project(id.0))),
        "sourceProject" => Ok(Out::maybe(pull.head_repository.map(Node::Project))),
        _ => request_value(world, pull, name).map(Out::Value),
    }
}

fn request_value(world: &World, pull: &Pull, name: &str) -> Result<Value, Trouble> {
    let id = (pull.repository, pull.number);
    Ok(match name {
        "id" => json!(gid("MergeRequest", pull.id)),
        "iid" => json!(pull.number.to_string()),
        "title" => json!(title_of(pull)),
        "description" => json!(pull.body.text),
        "state" => json!(state_of(pull).0),
        "draft" => json!(pull.draft),
        "diffHeadSha" => json!(pull.head),
        "sourceBranch" => json!(pull.head_branch),
        "targetBranch" => json!(pull.base_branch),
        "sourceProjectId" => json!(pull.head_repository),
        "targetProjectId" => json!(pull.repository),
        "createdAt" => json!(graph_time(pull.created_at)),
        "updatedAt" => json!(graph_time(pull.updated_at)),
        "approved" => {
            json!(world.gitlab.request(id).is_some_and(|one| !one.approvals.is_empty()) && world.is_approved(id))
        }
        "detailedMergeStatus" => json!(world.detailed_merge_status(id).to_ascii_uppercase()),
        "webUrl" => {
            json!(format!("{}/{}/-/merge_requests/{}", world.url, world.project_path(pull.repository), pull.number))
        }
        _ => return Err(Trouble::UnknownField),
    })
}

/// A time as GraphQL writes it: whole seconds.
fn graph_time(at: jiff::Timestamp) -> String {
    time(at).replace(".000Z", "Z")
}

fn person(world: &World, id: AccountId, kind: &'static str) -> Out<Node> {
    Out::maybe(world.accounts.get(id).map(|account| Node::User(account.id, kind)))
}

fn note_field(context: &Context<'_>, id: RequestId, note: &Note, name: &str) -> Resolved {
    let world = context.world;
    Ok(match name {
        "author" => person(world, note.author, "UserCore"),
        "lastEditedBy" => note.body.editor.map_or_else(Out::null, |editor| person(world, editor, "UserCore")),
        "project" => Out::Node(Node::Project(id.0)),
        "systemNoteMetadata" if note.system => Out::Node(Node::NoteMetadata(action_of(&note.body.text).to_owned())),
        "systemNoteMetadata" => Out::null(),
        "id" => Out::from(gid(if note.diff { "DiffNote" } else { "Note" }, note.id)),
        "body" => Out::from(note.body.text.clone()),
        "system" => Out::from(note.system),
        "internal" => Out::from(note.internal),
        "imported" => Out::from(false),
        "createdAt" => Out::from(graph_time(note.body.created_at)),
        "updatedAt" => Out::from(graph_time(note.body.updated_at)),
        "lastEditedAt" => Out::from(note.body.edited_at.map(graph_time)),
        "noteableType" => Out::from("MergeRequest"),
        "url" => {
            let path = world.project_path(id.0);
            Out::from(format!("{}/{path}/-/merge_requests/{}#note_{}", world.url, id.1, note.id))
        }
        _ => return Err(Trouble::UnknownField),
    })
}

/// What kind of thing a system note tells.
fn action_of(body: &str) -> &'static str {
    match body.split(' ').next().unwrap_or_default() {
        "added" => "commit",
        "approved" => "approved",
        "unapproved" => "unapproved",
        "requested" => "requested_changes",
        "changed" if body.starts_with("changed target branch") => "branch",
        "changed" if body.starts_with("changed title") => "title",
        "changed" => "description",
        "merged" => "merged",
        "closed" => "closed",
        "reopened" => "opened",
        _ => "title",
    }
}

fn user(context: &Context<'_>, id: AccountId, name: &str) -> Resolved {
    let Some(account) = context.world.accounts.get(id) else { return Ok(Out::null()) };
    let is_bot = account.kind == AccountKind::Bot;
    Ok(Out::Value(match name {
        "id" => json!(gid("User", id)),
        "username" | "name" => json!(account.login),
        "state" => json!(context.world.gitlab.states.get(&id).copied().unwrap_or("active")),
        "active" => json!(context.world.gitlab.states.get(&id).is_none_or(|state| *state == "active")),
        "human" => json!(!is_bot),
        "bot" => json!(is_bot),
        "type" if context.world.gitlab.gitlab.since(17, 8) => json!(user_type(&account.login, is_bot)),
        "publicEmail" => json!(""),
        "webUrl" => json!(format!("{}/{}", context.world.url, account.login)),
        _ => return Err(Trouble::UnknownField),
    }))
}

/// Whoever stands for the deleted is told by its name. Bots of project and group tokens are told by their names, as GitLab makes them; others are service accounts.
fn user_type(login: &str, is_bot: bool) -> &'static str {
    if login == GHOST {
        return "GHOST";
    }
    let of_token = (login.starts_with("project_") || login.starts_with("group_")) && login.contains("_bot");
    match (is_bot, of_token) {
        (false, _) => "HUMAN",
        (true, true) => "PROJECT_BOT",
        (true, false) => "SERVICE_ACCOUNT",
    }
}

fn interaction(context: &Context<'_>, request: RequestId, id: AccountId, name: &str) -> Resolved {
    let world = context.world;
    let state = world.gitlab.request(request).and_then(|one| one.reviewers.get(&id)).copied().unwrap_or("unreviewed");
    Ok(Out::Value(match name {
        "reviewState" => json!(state.to_ascii_uppercase()),
        "approved" => json!(world.has_approved(request, id)),
        "reviewed" => json!(state != "unreviewed"),
        _ => return Err(Trouble::UnknownField),
    }))
}

fn project(context: &Context<'_>, id: RepositoryId, name: &str, args: &Args) -> Resolved {
    let Some(project) = context.world.repositories.get(&id) else { return Ok(Out::null()) };
    if name == "repository" {
        return Ok(Out::Node(Node::Repository(id)));
    }
    if name == "mergeRequest" {
        let iid: Option<u64> = args.text("iid").and_then(|iid| iid.parse().ok());
        let found = iid.and_then(|iid| project.pulls.get(&iid));
        return Ok(Out::maybe(found.map(|pull| Node::Request((id, pull.number)))));
    }
    Ok(Out::Value(match name {
        "id" => json!(gid("Project", id)),
        "fullPath" => json!(context.world.full_name(project)),
        "name" | "path" => json!(project.name.rsplit('/').next()),
        "visibility" => json!(if project.private { "private" } else { "public" }),
        "archived" => json!(project.archived),
        "webUrl" => json!(format!("{}/{}", context.world.url, context.world.full_name(project))),
        _ => return Err(Trouble::UnknownField),
    }))
}

fn repository(context: &Context<'_>, id: RepositoryId, name: &str, args: &Args) -> Resolved {
    let Some(project) = context.world.repositories.get(&id) else { return Ok(Out::null()) };
    match name {
        "rootRef" => Ok(Out::from(project.branch(&project.default_branch).map(|_| project.default_branch.clone()))),
        "empty" => Ok(Out::from(project.refs.is_empty())),
        "exists" => Ok(Out::from(true)),
        "tree" => {
            // Of trees below the root, nobody asks.
            let is_root = matches!(args.text("path"), None | Some("" | "/"));
            Ok(Out::maybe(commit_named(project, args).filter(|_| is_root).map(|sha| Node::Tree(id, sha))))
        }
        "blobs" => {
            let commit = commit_named(project, args);
            let files = commit.map(|commit| context.world.git.files_at(&commit)).unwrap_or_default();
            let paths = args.words("paths").unwrap_or_default();
            let found = paths.into_iter().filter_map(|path| files.get(path).map(|sha| (path.to_owned(), sha.clone())));
            let blobs = found.map(|(path, sha)| Node::Blob(path, sha)).collect();
            connection("RepositoryBlobConnection", blobs, args)
        }
        _ => Err(Trouble::UnknownField),
    }
}

/// The commit that the argument `ref` names, by its hash or by a branch.
fn commit_named(project: &Repository, args: &Args) -> Option<Sha> {
    let named = args.text("ref").filter(|named| !named.is_empty()).unwrap_or("HEAD");
    let by_sha = project.visible.get(named).cloned();
    by_sha.or_else(|| project.reference(named).map(|(_, sha)| sha.clone()))
}

fn commit(context: &Context<'_>, project: RepositoryId, sha: &str, name: &str) -> Resolved {
    let world = context.world;
    let Some(commit) = world.git.commit(sha) else { return Ok(Out::null()) };
    Ok(match name {
        // The account that the address belongs to, if any.
        "author" => {
            world.accounts.of_stamp(&commit.author).map_or_else(Out::null, |one| person(world, one.id, "UserCore"))
        }
        "id" => Out::from(format!("gid://gitlab/Gitlab::Git::Commit/{sha}")),
        "sha" => Out::from(sha),
        "shortId" => Out::from(sha.get(..8)),
        "message" => Out::from(commit.message.clone()),
        "title" => Out::from(commit.message.lines().next()),
        "authorName" => Out::from(commit.author.name.clone()),
        "authorEmail" => Out::from(commit.author.email.clone()),
        "committerName" => Out::from(commit.committer.name.clone()),
        "committerEmail" => Out::from(commit.committer.email.clone()),
        "authoredDate" => Out::from(graph_time(commit.author.at)),
        "committedDate" => Out::from(graph_time(commit.committer.at)),
        "webUrl" => Out::from(format!("{}/{}/-/commit/{sha}", world.url, world.project_path(project))),
        _ => return Err(Trouble::UnknownField),
    })
}

fn blob(context: &Context<'_>, path: &str, sha: &str, name: &str) -> Resolved {
    let text = context.world.git.blob(sha).map(ToString::to_string).unwrap_or_default();
    let is_text = !text.contains('\0');
    Ok(Out::Value(match name {
        "id" => json!(gid("Gitlab::Git::Blob", 0)),
        "oid" => json!(sha),
        "path" => json!(path),
        "name" => json!(path.rsplit('/').next()),
        // Numbers that may be large are texts.
        "rawSize" | "size" => json!(text.len().to_string()),
        "rawTextBlob" => json!(is_text.then_some(text)),
        "rawBlob" => json!(text),
        _ => return Err(Trouble::UnknownField),
    }))
}
