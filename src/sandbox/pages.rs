//! What people see of the sandbox in a browser: pull requests with their checks, reviews and commits, and what they link to.

mod markdown;
pub(crate) mod places;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};

use super::handle::Sandbox;
use super::pulls::{Pull, PullState};
use super::shapes::time;
use super::world::World;

#[derive(Template)]
#[template(path = "sandbox/home.html")]
struct Home {
    repositories: Vec<Listed>,
}

struct Listed {
    name: String,
    pulls: Vec<Line>,
}

struct Line {
    link: String,
    number: u64,
    title: String,
    author: String,
    state: &'static str,
    checks: Vec<Shown>,
}

struct Shown {
    name: String,
    result: String,
    title: String,
    /// HTML, made harmless.
    summary: String,
    /// Where whoever reported it says that more is to be read.
    details: Option<String>,
}

#[derive(Template)]
#[template(path = "sandbox/pull.html")]
struct Page {
    repository: String,
    line: Line,
    body: String,
    base: String,
    branch: String,
    head: String,
    blocked: bool,
    commits: Vec<(String, String, String)>,
    reviews: Vec<(String, String, String, String)>,
    comments: Vec<(String, String, String)>,
}

/// Where something of a repository is shown, below the root: each forge has its own place for it.
pub(crate) fn place(world: &World, home: &str, kind: &str, what: &str) -> String {
    match (world.is_gitlab(), kind) {
        (false, kind) => format!("{home}/{kind}/{what}"),
        (true, "pull") => format!("{home}/-/merge_requests/{what}"),
        (true, kind) => format!("{home}/-/{kind}/{what}"),
    }
}

fn line(world: &World, pull: &Pull) -> Line {
    let repository =
        world.repositories.get(&pull.repository).map(|repository| world.full_name(repository)).unwrap_or_default();
    let of_gitlab = if world.is_gitlab() { world.request_checks((pull.repository, pull.number)) } else { Vec::new() };
    let runs = world.checks.runs_at(pull.repository, &pull.head).filter(|run| world.checks.is_latest(run));
    let shown = runs.chain(&of_gitlab).map(|run| Shown {
        name: run.name.clone(),
        result: run.conclusion.clone().unwrap_or_else(|| run.status.clone()),
        title: run.title.clone().unwrap_or_default(),
        summary: markdown::html(run.summary.as_deref().unwrap_or_default()),
        details: run.details_url.clone().filter(|url| url.starts_with("https://") || url.starts_with("http://")),
    });
    Line {
        link: format!("/{}", place(world, &repository, "pull", &pull.number.to_string())),
        number: pull.number,
        title: pull.title.clone(),
        author: world.login(pull.author).to_owned(),
        state: match pull.state {
            PullState::Open if pull.draft => "draft",
            PullState::Open => "open",
            PullState::Closed => "closed",
            PullState::Merged => "merged",
        },
        checks: shown.collect(),
    }
}

pub(crate) async fn home(State(github): State<Sandbox>) -> Response {
    let world = github.world();
    let listed = world.repositories.values().map(|repository| Listed {
        name: world.full_name(repository),
        pulls: repository.pulls.values().rev().map(|pull| line(&world, pull)).collect(),
    });
    show(&Home { repositories: listed.collect() })
}

pub(crate) async fn pull(
    State(github): State<Sandbox>,
    Path((owner, name, number)): Path<(String, String, u64)>,
) -> Response {
    let world = github.world();
    let repository = world.repository_named(&owner, &name);
    let Some(pull) = repository.and_then(|repository| repository.pulls.get(&number)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let short = |sha: &str| sha.get(..12).unwrap_or(sha).to_owned();
    let commits = world.pull_commits(pull).into_iter().filter_map(|sha| {
        let commit = world.git.commit(&sha)?;
        Some((short(&sha), commit.author.name.clone(), commit.message.clone()))
    });
    let reviews = pull.reviews.iter().map(|review| {
        let state = review.state.as_str().to_ascii_lowercase().replace('_', " ");
        (world.login(review.author).to_owned(), state, short(&review.commit), time(review.body.created_at))
    });
    let comments = pull.comments.iter().map(|comment| {
        (world.login(comment.author).to_owned(), time(comment.body.created_at), comment.body.text.clone())
    });
    show(&Page {
        repository: format!("{owner}/{name}"),
        line: line(&world, pull),
        body: pull.body.text.clone(),
        base: pull.base_branch.clone(),
        branch: pull.head_branch.clone(),
        head: short(&pull.head),
        blocked: pull.is_open() && world.blocked(pull),
        commits: commits.collect(),
        reviews: reviews.collect(),
        comments: comments.collect(),
    })
}

fn show(page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => Html(text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
