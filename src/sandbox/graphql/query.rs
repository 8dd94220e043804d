//! The roots of the graph.

use serde_json::json;

use super::node::{Node, Out, Resolved};
use super::{Args, Context, Trouble};
use crate::sandbox::accounts::AccountKind;
use crate::sandbox::rest::covers;
use crate::sandbox::shapes::time;
use crate::sandbox::tap::{Credential, Resource};

pub(super) fn field(context: &Context<'_>, name: &str, args: &Args) -> Resolved {
    match name {
        "rateLimit" => Ok(Out::Node(Node::RateLimit)),
        "repository" => repository(context, args),
        "organization" => {
            let login = args.text("login").unwrap_or_default();
            let found =
                context.world.accounts.by_login(login).filter(|account| account.kind == AccountKind::Organization);
            let missing = || Trouble::not_found("Organization", &format!("login of '{login}'"));
            found.map(|account| Out::Node(Node::Account(account.id))).ok_or_else(missing)
        }
        "user" => {
            let login = args.text("login").unwrap_or_default();
            let found = context.world.accounts.by_login(login).filter(|account| account.kind == AccountKind::User);
            let missing = || Trouble::not_found("User", &format!("login of '{login}'"));
            found.map(|account| Out::Node(Node::Account(account.id))).ok_or_else(missing)
        }
        "node" => node(context, args.text("id").unwrap_or_default()).map(Out::Node),
        "nodes" => {
            let ids = args.words("ids").unwrap_or_default();
            let found = ids.into_iter().map(|id| node(context, id).map_or_else(Out::Missing, Out::Node));
            Ok(Out::List(found.collect()))
        }
        "viewer" => {
            let Credential::Installation(id) = context.caller else { return Err(Trouble::UnknownField) };
            let app = context.world.installations.get(&id).and_then(|own| context.world.apps.get(&own.app));
            Ok(Out::maybe(app.map(|app| Node::Account(app.bot))))
        }
        _ => Err(Trouble::UnknownField),
    }
}

fn repository(context: &Context<'_>, args: &Args) -> Resolved {
    let (owner, name) = (args.text("owner").unwrap_or_default(), args.text("name").unwrap_or_default());
    let follow = args.get("followRenames").as_bool().unwrap_or(true);
    let world = context.world;
    let found = world.repository_named(owner, name);
    let found = found.or_else(|| world.repository_formerly(owner, name).filter(|_| follow));
    let found = found
        .filter(|repository| !repository.private || covers(context.world, context.caller, &context.token, repository));
    let missing = || Trouble::not_found("Repository", &format!("name '{owner}/{name}'"));
    found.map(|repository| Out::Node(Node::Repository(repository.id))).ok_or_else(missing)
}

/// An object by its opaque id.
fn node(context: &Context<'_>, id: &str) -> Result<Node, Trouble> {
    let missing = || Trouble::Field {
        kind: "NOT_FOUND",
        message: format!("Could not resolve to a node with the global id of '{id}'"),
    };
    let (kind, number) = id.split_once('_').ok_or_else(missing)?;
    let world = context.world;
    if kind == "C" {
        let (repository, sha) = number.split_once('_').ok_or_else(missing)?;
        let repository = repository.parse().map_err(|_| missing())?;
        let seen = world.repositories.get(&repository).is_some_and(|repository| repository.visible.contains(sha));
        return seen.then(|| Node::Commit(repository, sha.to_owned())).ok_or_else(missing);
    }
    let number: u64 = number.parse().map_err(|_| missing())?;
    let in_pulls = |find: fn(&crate::sandbox::pulls::Pull, u64) -> bool| world.pulls().find(|pull| find(pull, number));
    let found = match kind {
        "U" | "BOT" | "O" | "M" => world.accounts.get(number).map(|account| Node::Account(account.id)),
        "R" => world.repositories.get(&number).map(|repository| Node::Repository(repository.id)),
        "PR" => in_pulls(|pull, id| pull.id == id).map(|pull| Node::Pull(pull.repository, pull.number)),
        "PRR" => in_pulls(|pull, id| pull.reviews.iter().any(|review| review.id == id))
            .map(|pull| Node::Review(pull.repository, pull.number, number)),
        "IC" => in_pulls(|pull, id| pull.comments.iter().any(|comment| comment.id == id))
            .map(|pull| Node::Comment(pull.repository, pull.number, number)),
        "PRRC" => in_pulls(|pull, id| pull.line_comments.iter().any(|comment| comment.id == id))
            .map(|pull| Node::LineComment(pull.repository, pull.number, number)),
        "CR" => world.checks.runs.iter().find(|run| run.id == number).map(|run| Node::CheckRun(run.id)),
        "CS" => world.checks.suites.iter().find(|suite| suite.id == number).map(|suite| Node::CheckSuite(suite.id)),
        "T" => world.accounts.teams.get(&number).map(|team| Node::Team(team.id)),
        "A" => world.apps.get(&number).map(|app| Node::App(app.app.id)),
        _ => None,
    };
    let visible = found.filter(|found| home(context, found).is_none_or(|id| readable(context, id)));
    visible.ok_or_else(missing)
}

/// The repository an object stands in.
fn home(context: &Context<'_>, node: &Node) -> Option<u64> {
    let checks = &context.world.checks;
    match node {
        Node::Repository(id)
        | Node::Pull(id, _)
        | Node::Review(id, ..)
        | Node::Comment(id, ..)
        | Node::LineComment(id, ..) => Some(*id),
        Node::CheckRun(run) => checks.runs.iter().find(|found| found.id == *run).map(|found| found.repository),
        Node::CheckSuite(suite) => checks.suites.iter().find(|found| found.id == *suite).map(|found| found.repository),
        _ => None,
    }
}

pub(super) fn readable(context: &Context<'_>, id: u64) -> bool {
    let repository = context.world.repositories.get(&id);
    repository.is_some_and(|repository| {
        !repository.private || covers(context.world, context.caller, &context.token, repository)
    })
}

pub(super) fn rate_limit(context: &Context<'_>, name: &str) -> Resolved {
    let Credential::Installation(id) = context.caller else { return Ok(Out::null()) };
    let limit = context.world.rate_limit;
    let budget = context.world.budgets.get(&(id, Resource::GraphQl));
    let used = budget.map_or(0, |budget| budget.used) + context.cost;
    Ok(Out::Value(match name {
        "cost" => json!(context.cost),
        "limit" => json!(limit),
        "remaining" => json!(limit.saturating_sub(used)),
        "used" => json!(used),
        "nodeCount" => json!(context.nodes),
        "resetAt" => json!(time(budget.map_or(context.world.now(), |budget| budget.reset))),
        _ => return Err(Trouble::UnknownField),
    }))
}
