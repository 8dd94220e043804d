//! Pull requests, their reviews, files and comments.

use axum::http::StatusCode;

use super::checks::commit;
use super::{bot, here, page, repository};
use crate::sandbox::http::{Answer, Ask, Refusal, Reply};
use crate::sandbox::pulls::Pull;
use crate::sandbox::repositories::RepositoryId;
use crate::sandbox::world::World;

/// No more commits than this are listed of one pull request.
const MAX_COMMITS: usize = 250;
/// No more files than this are listed of one pull request.
const MAX_FILES: usize = 3_000;

fn number(ask: &Ask) -> Result<u64, Refusal> {
    ask.number("pull_number")
}

fn found(world: &World, id: RepositoryId, number: u64) -> Result<&Pull, Refusal> {
    world.pull(id, number).ok_or_else(Refusal::not_found)
}

pub(super) fn list(world: &mut World, ask: &Ask) -> Reply {
    let id = repository(world, ask, "pull_requests", false)?;
    let state = ask.asked("state").unwrap_or("open");
    let home = here(world, id)?;
    let head_matches = |pull: &Pull| {
        ask.asked("head").is_none_or(|head| format!("{}:{}", world.login(pull.head_owner), pull.head_branch) == head)
    };
    let mut pulls: Vec<&Pull> = home
        .pulls
        .values()
        .filter(|pull| state == "all" || pull.is_open() == (state == "open"))
        .filter(|pull| ask.asked("base").is_none_or(|base| base == pull.base_branch))
        .filter(|pull| head_matches(pull))
        .collect();
    match ask.asked("sort") {
        Some("updated") => pulls.sort_by_key(|pull| pull.updated_at),
        _ => pulls.sort_by_key(|pull| pull.number),
    }
    if ask.asked("direction").unwrap_or("desc") == "desc" {
        pulls.reverse();
    }
    page(ask, &pulls, |pull| world.pull_json(pull))
}

pub(super) fn get(world: &mut World, ask: &Ask) -> Reply {
    let id = repository(world, ask, "pull_requests", false)?;
    Answer::ok(world.pull_json_whole(found(world, id, number(ask)?)?))
}

pub(super) fn commits(world: &mut World, ask: &Ask) -> Reply {
    let id = repository(world, ask, "pull_requests", false)?;
    let mut commits = world.pull_commits(found(world, id, number(ask)?)?);
    commits.truncate(MAX_COMMITS);
    let home = here(world, id)?;
    page(ask, &commits, |sha| world.commit_json(home, sha))
}

pub(super) fn files(world: &mut World, ask: &Ask) -> Reply {
    let id = repository(world, ask, "pull_requests", false)?;
    let pull = found(world, id, number(ask)?)?;
    let mut files = world.pull_files(pull);
    files.truncate(MAX_FILES);
    let home = here(world, id)?;
    page(ask, &files, |file| world.file_json(home, file, &pull.head))
}

pub(super) fn reviews(world: &mut World, ask: &Ask) -> Reply {
    let id = repository(world, ask, "pull_requests", false)?;
    let pull = found(world, id, number(ask)?)?;
    page(ask, &pull.reviews, |review| world.review_json(pull, review))
}

pub(super) fn request_reviewers(world: &mut World, ask: &Ask) -> Reply {
    let id = repository(world, ask, "pull_requests", true)?;
    let (bot, _) = bot(world, ask)?;
    let number = number(ask)?;
    found(world, id, number)?;
    for login in ask.body["reviewers"].as_array().into_iter().flatten() {
        let reviewer = login.as_str().and_then(|login| world.accounts.by_login(login)).map(|account| account.id);
        let refused =
            || Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "Reviews may only be requested from collaborators.");
        if !world.request_review(bot, id, number, reviewer.ok_or_else(refused)?) {
            return Err(Refusal::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "Review cannot be requested from pull request author.",
            ));
        }
    }
    Answer::created(world.pull_json(found(world, id, number)?))
}

pub(super) fn of_commit(world: &mut World, ask: &Ask) -> Reply {
    let id = repository(world, ask, "pull_requests", false)?;
    let sha = commit(world, id, ask.at("ref"))?;
    let pulls: Vec<&Pull> = here(world, id)?.pulls.values().filter(|pull| world.proposes(pull, &sha)).collect();
    page(ask, &pulls, |pull| world.pull_json(pull))
}

pub(super) fn comments(world: &mut World, ask: &Ask) -> Reply {
    let id = repository(world, ask, "issues", false)?;
    let pull = found(world, id, ask.number("issue_number")?)?;
    let since: Option<jiff::Timestamp> = ask.asked("since").and_then(|text| text.parse().ok());
    let comments: Vec<_> =
        pull.comments.iter().filter(|comment| since.is_none_or(|since| comment.body.updated_at >= since)).collect();
    page(ask, &comments, |comment| world.comment_json(pull, comment))
}

/// The comments on all issues and pull requests of a repository: oldest first, unless asked otherwise.
pub(super) fn all_comments(world: &mut World, ask: &Ask) -> Reply {
    let id = repository(world, ask, "issues", false)?;
    let since: Option<jiff::Timestamp> = ask.asked("since").and_then(|text| text.parse().ok());
    let pulls = here(world, id)?.pulls.values();
    let comments = pulls.flat_map(|pull| pull.comments.iter().map(move |comment| (pull, comment)));
    let mut comments: Vec<_> =
        comments.filter(|(_, comment)| since.is_none_or(|since| comment.body.updated_at >= since)).collect();
    comments.sort_by_key(|(_, comment)| match ask.asked("sort") {
        Some("updated") => (comment.body.updated_at, comment.id),
        _ => (comment.body.created_at, comment.id),
    });
    if ask.asked("direction") == Some("desc") {
        comments.reverse();
    }
    page(ask, &comments, |(pull, comment)| world.comment_json(pull, comment))
}

fn text(ask: &Ask) -> Result<String, Refusal> {
    let text = ask.body["body"].as_str().filter(|text| !text.is_empty());
    text.map(str::to_owned).ok_or_else(|| Refusal::invalid("IssueComment", "body", "missing_field"))
}

pub(super) fn create_comment(world: &mut World, ask: &Ask) -> Reply {
    let id = repository(world, ask, "issues", true)?;
    let (bot, app) = bot(world, ask)?;
    let number = ask.number("issue_number")?;
    let comment = world.add_comment(bot, id, number, &text(ask)?, Some(app)).ok_or_else(Refusal::not_found)?;
    show_comment(world, id, comment).and_then(Answer::created)
}

fn show_comment(world: &World, id: RepositoryId, comment: u64) -> Result<serde_json::Value, Refusal> {
    let (home, number) =
        world.home_of_comment(comment).filter(|(home, _)| *home == id).ok_or_else(Refusal::not_found)?;
    let pull = found(world, home, number)?;
    let shown = pull.comments.iter().find(|shown| shown.id == comment).ok_or_else(Refusal::not_found)?;
    Ok(world.comment_json(pull, shown))
}

pub(super) fn comment(world: &mut World, ask: &Ask) -> Reply {
    let id = repository(world, ask, "issues", false)?;
    show_comment(world, id, ask.number("comment_id")?).and_then(Answer::ok)
}

pub(super) fn update_comment(world: &mut World, ask: &Ask) -> Reply {
    let id = repository(world, ask, "issues", true)?;
    let (bot, _) = bot(world, ask)?;
    let comment = ask.number("comment_id")?;
    show_comment(world, id, comment)?;
    let text = text(ask)?;
    world.edit_comment(bot, comment, &text);
    show_comment(world, id, comment).and_then(Answer::ok)
}

pub(super) fn react(world: &mut World, ask: &Ask) -> Reply {
    let id = repository(world, ask, "issues", true)?;
    let (bot, _) = bot(world, ask)?;
    let comment = ask.number("comment_id")?;
    show_comment(world, id, comment)?;
    let known = ["+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"];
    let content = ask.body["content"].as_str().filter(|content| known.contains(content));
    let content = content.ok_or_else(|| Refusal::invalid("Reaction", "content", "invalid"))?;
    let (reaction, created) = world.react(bot, comment, content).ok_or_else(Refusal::not_found)?;
    let body = world.reaction_json(&reaction);
    if created { Answer::created(body) } else { Answer::ok(body) }
}
