//! Merge queues.

use super::connection::connection;
use super::node::{Node, Out, Resolved};
use super::{Args, Context, Trouble};
use crate::sandbox::repositories::RepositoryId;

pub(super) fn queue(context: &Context<'_>, id: RepositoryId, branch: &str, name: &str, args: &Args) -> Resolved {
    match name {
        "id" => Ok(format!("MQ_{id}_{branch}").into()),
        "repository" => Ok(Out::Node(Node::Repository(id))),
        "entries" => {
            let queued = context.world.queued(id, branch).into_iter();
            let nodes = queued.map(|(group, number)| Node::QueueEntry(group, number)).collect();
            connection("entries", "MergeQueueEntryConnection", nodes, args)
        }
        _ => Err(Trouble::UnknownField),
    }
}

pub(super) fn entry(context: &Context<'_>, group: u64, number: u64, name: &str) -> Resolved {
    let world = context.world;
    let Some(group) = world.merge_groups.get(&group) else { return Ok(Out::null()) };
    let branch = group.base_ref.trim_start_matches("refs/heads/");
    let place = group.made.iter().position(|(pull, _)| *pull == number).unwrap_or(0);
    let made = |place: usize| group.made.get(place).map_or(&group.head_sha, |(_, sha)| sha).clone();
    let commit = |sha| Out::Node(Node::Commit(group.repository, sha));
    Ok(match name {
        "id" => format!("MQE_{}_{number}", group.id).into(),
        "position" => {
            let queued = world.queued(group.repository, branch);
            (queued.iter().position(|(_, pull)| *pull == number).unwrap_or(0) + 1).into()
        }
        "state" => "AWAITING_CHECKS".into(),
        "headCommit" => commit(made(place)),
        "baseCommit" => commit(place.checked_sub(1).map_or_else(|| group.base_sha.clone(), made)),
        "pullRequest" => Out::Node(Node::Pull(group.repository, number)),
        "mergeQueue" => Out::Node(Node::Queue(group.repository, branch.to_owned())),
        _ => return Err(Trouble::UnknownField),
    })
}
