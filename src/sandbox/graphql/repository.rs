//! Repositories and refs.

use serde_json::json;

use super::connection::connection;
use super::node::{Node, Out, Resolved};
use super::{Args, Context, Trouble, people};
use crate::sandbox::git::Objects;
use crate::sandbox::pulls::{Pull, PullState};
use crate::sandbox::repositories::{Repository, RepositoryId};
use crate::sandbox::shapes::time;

pub(super) fn field(context: &Context<'_>, id: RepositoryId, name: &str, args: &Args) -> Resolved {
    let world = context.world;
    let Some(repository) = world.repositories.get(&id) else { return Ok(Out::null()) };
    Ok(match name {
        "id" => format!("R_{id}").into(),
        "databaseId" => id.into(),
        "name" => repository.name.clone().into(),
        "nameWithOwner" => world.full_name(repository).into(),
        "url" => format!("{}/{}", world.url, world.full_name(repository)).into(),
        "owner" => people::actor(context, repository.owner),
        "isPrivate" => repository.private.into(),
        "isArchived" => repository.archived.into(),
        "isFork" => repository.fork_of.is_some().into(),
        "isDisabled" => false.into(),
        "visibility" => (if repository.private { "PRIVATE" } else { "PUBLIC" }).into(),
        "createdAt" => time(repository.created_at).into(),
        "pushedAt" => time(repository.pushed_at).into(),
        "parent" => Out::maybe(repository.fork_of.map(Node::Repository)),
        "defaultBranchRef" => {
            let full = format!("refs/heads/{}", repository.default_branch);
            Out::maybe(repository.refs.contains_key(&full).then_some(Node::Ref(id, full)))
        }
        "ref" => {
            let wanted = args.text("qualifiedName").unwrap_or_default();
            Out::maybe(repository.reference(wanted).map(|(full, _)| Node::Ref(id, full)))
        }
        "object" => Out::maybe(object(context, repository, args)),
        "pullRequest" => {
            let number = args.number("number").unwrap_or_default();
            let missing = || Trouble::not_found("PullRequest", &format!("number of {number}"));
            Out::Node(Node::Pull(id, repository.pulls.get(&number).ok_or_else(missing)?.number))
        }
        "pullRequests" => return pulls(repository, args),
        "mergeQueue" => {
            let branch = args.text("branch").unwrap_or(&repository.default_branch);
            Out::maybe(world.has_queue(id, branch).then(|| Node::Queue(id, branch.to_owned())))
        }
        _ => return Err(Trouble::UnknownField),
    })
}

/// `oid: SHA`, or `expression: REV` and `REV:path`.
fn object(context: &Context<'_>, repository: &Repository, args: &Args) -> Option<Node> {
    let git = &context.world.git;
    if let Some(oid) = args.text("oid") {
        let commit = repository.visible.contains(oid).then(|| Node::Commit(repository.id, oid.to_owned()));
        let blob = || git.blob(oid).map(|_| Node::Blob(repository.id, oid.to_owned()));
        return commit.or_else(blob).or_else(|| git.tree(oid).map(|_| Node::Tree(repository.id, oid.to_owned())));
    }
    let expression = args.text("expression")?;
    let (revision, path) =
        expression.split_once(':').map_or((expression, None), |(revision, path)| (revision, Some(path)));
    let named = repository.reference(revision).map(|(_, sha)| sha.clone());
    let commit = named.or_else(|| Objects::resolve(&repository.visible, revision))?;
    let Some(path) = path else { return Some(Node::Commit(repository.id, commit)) };
    let files = git.files_at(&commit);
    if path.is_empty() {
        return git.commit(&commit).map(|commit| Node::Tree(repository.id, commit.tree.clone()));
    }
    let blob = files.get(path).map(|blob| Node::Blob(repository.id, blob.clone()));
    // Folders have no object of their own here: the tree of the whole commit stands for each.
    let is_folder = || files.keys().any(|file| file.strip_prefix(path).is_some_and(|rest| rest.starts_with('/')));
    let tree = || git.commit(&commit).map(|commit| Node::Tree(repository.id, commit.tree.clone()));
    blob.or_else(|| is_folder().then(tree).flatten())
}

fn pulls(repository: &Repository, args: &Args) -> Resolved {
    let states = args.words("states");
    let state = |pull: &Pull| match pull.state {
        PullState::Open => "OPEN",
        PullState::Closed => "CLOSED",
        PullState::Merged => "MERGED",
    };
    let wants = |name: &str, own: &str| args.text(name).is_none_or(|wanted| wanted == own);
    let mut found: Vec<&Pull> = repository
        .pulls
        .values()
        .filter(|pull| states.as_ref().is_none_or(|states| states.contains(&state(pull))))
        .filter(|pull| wants("baseRefName", &pull.base_branch) && wants("headRefName", &pull.head_branch))
        .collect();
    let order = args.get("orderBy");
    match order["field"].as_str() {
        Some("UPDATED_AT") => found.sort_by_key(|pull| (pull.updated_at, pull.number)),
        _ => found.sort_by_key(|pull| pull.number),
    }
    if order["direction"] == "DESC" {
        found.reverse();
    }
    let nodes = found.into_iter().map(|pull| Node::Pull(repository.id, pull.number)).collect();
    connection("pullRequests", "PullRequestConnection", nodes, args)
}

pub(super) fn reference(context: &Context<'_>, id: RepositoryId, full: &str, name: &str) -> Resolved {
    let short = |full: &str| full.splitn(3, '/').nth(2).unwrap_or(full).to_owned();
    Ok(match name {
        "id" => format!("REF_{id}_{full}").into(),
        "name" => short(full).into(),
        "prefix" => Out::Value(json!(full.strip_suffix(&short(full)))),
        "repository" => Out::Node(Node::Repository(id)),
        "target" => {
            let target = context.world.repositories.get(&id).and_then(|repository| repository.refs.get(full));
            Out::maybe(target.map(|sha| Node::Commit(id, sha.clone())))
        }
        _ => return Err(Trouble::UnknownField),
    })
}
