//! Check suites and check runs.

use serde_json::json;

use super::connection::connection;
use super::node::{Node, Out, Resolved};
use super::{Args, Context, Trouble, people};
use crate::sandbox::checks::CheckRun;
use crate::sandbox::shapes::time;

fn upper(text: &str) -> String {
    text.to_ascii_uppercase()
}

pub(super) fn suite(context: &Context<'_>, id: u64, name: &str, args: &Args) -> Resolved {
    let world = context.world;
    let Some(suite) = world.checks.suites.iter().find(|suite| suite.id == id) else { return Ok(Out::null()) };
    let latest = world.checks.runs.iter().rev().find(|run| run.suite == id);
    Ok(match name {
        "id" => format!("CS_{id}").into(),
        "databaseId" => id.into(),
        "createdAt" => time(suite.created_at).into(),
        "updatedAt" => time(suite.updated_at).into(),
        "app" => Out::Node(Node::App(suite.app)),
        "commit" => Out::Node(Node::Commit(suite.repository, suite.head.clone())),
        "repository" => Out::Node(Node::Repository(suite.repository)),
        "push" => Out::maybe(suite.push.as_ref().map(|_| Node::Push(id))),
        "status" => latest.map_or_else(|| "QUEUED".to_owned(), |run| upper(&run.status)).into(),
        "conclusion" => Out::Value(json!(latest.and_then(|run| run.conclusion.as_deref()).map(upper))),
        "checkRuns" => {
            let filter = args.get("filterBy");
            let wants = |run: &CheckRun| {
                filter["appId"].as_u64().is_none_or(|app| run.app_id == app)
                    && filter["checkName"].as_str().is_none_or(|wanted| run.name == wanted)
                    && (filter["checkType"] == "ALL" || world.checks.is_latest(run))
            };
            let runs = world.checks.runs.iter().filter(|run| run.suite == id && wants(run));
            let runs = runs.map(|run| Node::CheckRun(run.id)).collect();
            return connection("checkRuns", "CheckRunConnection", runs, args);
        }
        _ => return Err(Trouble::UnknownField),
    })
}

pub(super) fn run(context: &Context<'_>, id: u64, name: &str, args: &Args) -> Resolved {
    let world = context.world;
    let Some(run) = world.checks.runs.iter().find(|run| run.id == id) else { return Ok(Out::null()) };
    Ok(match name {
        "id" => format!("CR_{id}").into(),
        "databaseId" => id.into(),
        "name" => run.name.clone().into(),
        "status" => upper(&run.status).into(),
        "conclusion" => Out::Value(json!(run.conclusion.as_deref().map(upper))),
        "externalId" => Out::Value(json!(run.external_id.as_deref().unwrap_or(""))),
        "detailsUrl" => Out::Value(json!(run.details_url)),
        "url" | "permalink" => format!("{}/runs/{id}", world.url).into(),
        "title" => Out::Value(json!(run.title)),
        "summary" => Out::Value(json!(run.summary)),
        "text" => Out::Value(json!(run.text)),
        "startedAt" => time(run.started_at).into(),
        "completedAt" => Out::Value(json!(run.completed_at.map(time))),
        "checkSuite" => Out::Node(Node::CheckSuite(run.suite)),
        "repository" => Out::Node(Node::Repository(run.repository)),
        "isRequired" => {
            let number = args.number("pullRequestNumber").unwrap_or_default();
            let pull = world.pull(run.repository, number).zip(world.repositories.get(&run.repository));
            let required = pull.map(|(pull, home)| world.required_checks(home, &pull.base_branch)).unwrap_or_default();
            let same = |check: &crate::sandbox::repositories::RequiredCheck| {
                check.context == run.name && check.integration_id.is_none_or(|app| app == run.app_id)
            };
            required.iter().any(same).into()
        }
        _ => return Err(Trouble::UnknownField),
    })
}

pub(super) fn push(context: &Context<'_>, suite: u64, name: &str) -> Resolved {
    let suite = context.world.checks.suites.iter().find(|found| found.id == suite);
    let Some((suite, push)) = suite.and_then(|suite| suite.push.as_ref().map(|push| (suite, push))) else {
        return Ok(Out::null());
    };
    Ok(match name {
        "id" => format!("PUSH_{}", suite.id).into(),
        "pusher" => people::actor(context, push.pusher),
        "previousSha" => push.before.clone().into(),
        "nextSha" => push.after.clone().into(),
        "repository" => Out::Node(Node::Repository(suite.repository)),
        _ => return Err(Trouble::UnknownField),
    })
}
