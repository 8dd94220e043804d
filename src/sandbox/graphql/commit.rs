//! Commits, trees, blobs.

use super::connection::connection;
use super::node::{Node, Out, Resolved};
use super::{Args, Context, Trouble};
use crate::sandbox::accounts::{AccountKind, WEB_FLOW, WEB_FLOW_EMAIL};
use crate::sandbox::git::{Commit, Signature, Stamp};
use crate::sandbox::repositories::RepositoryId;
use crate::sandbox::shapes::time;

/// Text blobs beyond this size are cut.
const MAX_BLOB_BYTES: usize = 512_000;

pub(super) fn field(context: &Context<'_>, id: RepositoryId, sha: &str, name: &str, args: &Args) -> Resolved {
    let world = context.world;
    let Some(commit) = world.git.commit(sha) else { return Ok(Out::null()) };
    Ok(match name {
        "id" => format!("C_{id}_{sha}").into(),
        "oid" => sha.into(),
        "abbreviatedOid" => sha.get(..7).unwrap_or(sha).into(),
        "url" | "commitUrl" => {
            let home = world.repositories.get(&id).map(|home| world.full_name(home)).unwrap_or_default();
            format!("{}/{home}/commit/{sha}", world.url).into()
        }
        "message" => commit.message.clone().into(),
        "messageHeadline" => commit.message.lines().next().unwrap_or_default().into(),
        "messageBody" => commit.message.split_once("\n\n").map_or("", |(_, body)| body).into(),
        "authoredDate" => time(commit.author.at).into(),
        "committedDate" => time(commit.committer.at).into(),
        "committedViaWeb" => commit.via_web.into(),
        "authoredByCommitter" => (commit.author.email == commit.committer.email).into(),
        "author" => Out::Node(Node::GitActor(commit.author.clone())),
        "committer" => Out::Node(Node::GitActor(commit.committer.clone())),
        "authors" => {
            let authors = authors(commit).into_iter().map(Node::GitActor).collect();
            return connection("authors", "GitActorConnection", authors, args);
        }
        "parents" => {
            let parents = commit.parents.iter().map(|parent| Node::Commit(id, parent.clone())).collect();
            return connection("parents", "CommitConnection", parents, args);
        }
        "tree" => Out::Node(Node::Tree(id, commit.tree.clone())),
        "signature" => Out::maybe(commit.signed.then(|| Node::Signature(sha.to_owned()))),
        "repository" => Out::Node(Node::Repository(id)),
        "associatedPullRequests" => {
            let home = world.repositories.get(&id);
            let pulls = home.into_iter().flat_map(|home| home.pulls.values()).filter(|pull| world.proposes(pull, sha));
            let pulls = pulls.map(|pull| Node::Pull(pull.repository, pull.number)).collect();
            return connection("associatedPullRequests", "PullRequestConnection", pulls, args);
        }
        "checkSuites" => {
            let filter = args.get("filterBy");
            let app = filter["appId"].as_u64();
            let named = |suite: u64| {
                let mut runs = world.checks.runs.iter().filter(|run| run.suite == suite);
                filter["checkName"].as_str().is_none_or(|wanted| runs.any(|run| run.name == wanted))
            };
            let suites = world.checks.suites_at(id, sha).filter(|suite| app.is_none_or(|app| suite.app == app));
            let suites = suites.filter(|suite| named(suite.id)).map(|suite| Node::CheckSuite(suite.id)).collect();
            return connection("checkSuites", "CheckSuiteConnection", suites, args);
        }
        _ => return Err(Trouble::UnknownField),
    })
}

/// The author, and everybody a `Co-authored-by` line in the last paragraph names.
fn authors(commit: &Commit) -> Vec<Stamp> {
    let mut authors = vec![commit.author.clone()];
    let last =
        commit.message.trim_end().rsplit("\n\n").next().filter(|last| last.len() < commit.message.trim_end().len());
    for line in last.unwrap_or_default().lines() {
        let Some((key, value)) = line.split_once(':') else { continue };
        if !key.trim().eq_ignore_ascii_case("co-authored-by") {
            continue;
        }
        let who = Signature::parse(value);
        if !who.email.is_empty() && authors.iter().all(|known| !known.email.eq_ignore_ascii_case(&who.email)) {
            authors.push(Stamp { name: who.name, email: who.email, at: commit.author.at });
        }
    }
    authors
}

pub(super) fn git_actor(context: &Context<'_>, stamp: &Stamp, name: &str) -> Resolved {
    Ok(match name {
        "name" => stamp.name.clone().into(),
        "email" => stamp.email.clone().into(),
        "date" => time(stamp.at).into(),
        "avatarUrl" => format!("{}/avatars/e", context.world.url).into(),
        // The schema has a User here: bots, and GitHub's own committer, are none.
        "user" => {
            let linked = context.world.accounts.of_stamp(stamp);
            let linked = linked.filter(|account| account.kind == AccountKind::User && stamp.email != WEB_FLOW_EMAIL);
            Out::maybe(linked.map(|account| Node::Account(account.id)))
        }
        _ => return Err(Trouble::UnknownField),
    })
}

pub(super) fn signature(context: &Context<'_>, sha: &str, name: &str) -> Resolved {
    let Some(commit) = context.world.git.commit(sha) else { return Ok(Out::null()) };
    Ok(match name {
        "state" => "VALID".into(),
        "isValid" => true.into(),
        "wasSignedByGitHub" => commit.via_web.into(),
        "email" => commit.committer.email.clone().into(),
        "signer" => {
            let linked = context.world.accounts.of_stamp(&commit.committer).map(|account| account.id);
            Out::maybe(if commit.via_web { Some(WEB_FLOW) } else { linked }.map(Node::Account))
        }
        "verifiedAt" => time(commit.committer.at).into(),
        "payload" | "signature" => "".into(),
        _ => return Err(Trouble::UnknownField),
    })
}

pub(super) fn tree(_context: &Context<'_>, id: RepositoryId, sha: &str, name: &str) -> Resolved {
    Ok(match name {
        "id" => format!("TR_{id}_{sha}").into(),
        "oid" => sha.into(),
        "abbreviatedOid" => sha.get(..7).unwrap_or(sha).into(),
        "repository" => Out::Node(Node::Repository(id)),
        _ => return Err(Trouble::UnknownField),
    })
}

pub(super) fn blob(context: &Context<'_>, id: RepositoryId, sha: &str, name: &str) -> Resolved {
    let text = context.world.git.blob(sha).cloned().unwrap_or_default();
    Ok(match name {
        "id" => format!("B_{id}_{sha}").into(),
        "oid" => sha.into(),
        "abbreviatedOid" => sha.get(..7).unwrap_or(sha).into(),
        "text" => {
            let cut = (0..=text.len().min(MAX_BLOB_BYTES)).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
            text.get(..cut).unwrap_or_default().into()
        }
        "byteSize" => text.len().into(),
        "isBinary" => false.into(),
        "isTruncated" => (text.len() > MAX_BLOB_BYTES).into(),
        "repository" => Out::Node(Node::Repository(id)),
        _ => return Err(Trouble::UnknownField),
    })
}
