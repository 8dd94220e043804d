//! The page of a change.

use std::time::Duration;

use askama::Template;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use super::found::{Found, Link, find};
use super::{Pages, failure};
use crate::gate::explain::page::{self as words, Audience, Moment, Part, Past, RuleState, View};
use crate::gate::ids::ChangeKey;
use crate::gate::link::{LinkKey, page_url};
use crate::gate::verdict::Outcome;
use crate::server::Server;
use crate::store::{PastDecision, StoredPage};

/// Before the time is up in which every request is answered, so that the answer is a page.
const MADE_WITHIN: Duration = Duration::from_secs(8);

#[derive(Template)]
#[template(path = "pages/change.html")]
struct Page<'a> {
    style: String,
    /// The title of the change, or its number.
    heading: String,
    /// The outcome in a word.
    word: &'static str,
    at: Moment,
    /// Since when it is to be judged again.
    pending: Option<Moment>,
    steps: Vec<Step>,
    older: u64,
    view: &'a View,
}

/// A step of the timeline, for the page.
struct Step {
    at: Moment,
    head: String,
    /// `pass`, `waiting`, `held` or `error`: the look as well.
    outcome: String,
    word: &'static str,
    level: String,
    is_group: bool,
    moved: String,
}

/// `GET /changes/{host}/{owner}/{repo}/{number}`.
pub(super) async fn show(
    State(server): State<Server>,
    path: Result<Path<(String, String, String, String)>, PathRejection>,
    query: Result<Query<Link>, QueryRejection>,
    headers: HeaderMap,
) -> Response {
    let fail = |status| failure::page(status, server.pages.style(), &headers);
    let (Ok(Path(path)), Ok(Query(link))) = (path, query) else { return fail(StatusCode::NOT_FOUND) };
    let Some(_turn) = server.pages.turn().await else { return fail(StatusCode::SERVICE_UNAVAILABLE) };
    let finding = find(&server, &path, &link, server.clock.now());
    match tokio::time::timeout(MADE_WITHIN, finding).await {
        Ok(Ok(Found::Page { page, change, audience, is_public })) => {
            answer(&server.pages, &page, &change, audience, is_public).unwrap_or_else(|error| {
                tracing::error!(error = &error as &dyn std::error::Error, %change, "a page could not be made");
                fail(StatusCode::INTERNAL_SERVER_ERROR)
            })
        }
        Ok(Ok(Found::Old)) => fail(StatusCode::GONE),
        Ok(Ok(Found::Nothing)) => fail(StatusCode::NOT_FOUND),
        Ok(Err(error @ crate::store::Error::Unavailable { .. })) => {
            tracing::error!(error = &error as &dyn std::error::Error, "the store is not available for a page");
            fail(StatusCode::SERVICE_UNAVAILABLE)
        }
        Ok(Err(error)) => {
            tracing::error!(error = &error as &dyn std::error::Error, "a page could not be read from the store");
            fail(StatusCode::INTERNAL_SERVER_ERROR)
        }
        Err(_) => fail(StatusCode::SERVICE_UNAVAILABLE),
    }
}

fn answer(
    pages: &Pages,
    page: &StoredPage,
    change: &ChangeKey,
    audience: Audience,
    is_public: bool,
) -> Result<Response, askama::Error> {
    let key = (!is_public).then_some(&pages.key);
    let kept = if is_public { "no-cache" } else { "private, no-store" };
    let html = html(pages, page, change, audience, key)?;
    Ok(([(header::CACHE_CONTROL, HeaderValue::from_static(kept))], Html(html)).into_response())
}

/// `key` signs the links to other pages.
fn html(
    pages: &Pages,
    page: &StoredPage,
    change: &ChangeKey,
    audience: Audience,
    key: Option<&LinkKey>,
) -> Result<String, askama::Error> {
    let page_of = |number| {
        let other = ChangeKey { repo: change.repo.clone(), number };
        page_url(&pages.prefix, &other, &page.about.repo_name, key)
    };
    let source = words::Source {
        change,
        about: &page.about,
        judged: &page.judged,
        grouped: page.grouped.as_ref(),
        audience,
        page_of: &page_of,
    };
    let view = words::page(&source);
    let older = page.decision_count.saturating_sub(page.decisions.len() as u64);
    let html = Page {
        style: pages.style(),
        heading: view.title.clone().unwrap_or_else(|| format!("Change #{}", change.number)),
        word: words::outcome_word(view.outcome),
        at: Moment::of(view.at),
        pending: page.dirty_since.map(Moment::of),
        steps: steps(&page.decisions, older > 0, audience),
        older,
        view: &view,
    };
    html.render()
}

fn steps(decisions: &[PastDecision], has_older: bool, audience: Audience) -> Vec<Step> {
    fn past(one: &PastDecision) -> Past<'_> {
        Past {
            at: one.decided_at,
            head: &one.head,
            outcome: &one.outcome,
            level: &one.level,
            rests_on: one.rests_on.each_ref().map(String::as_str),
            was_read: one.was_read,
            is_group: one.is_group,
        }
    }
    let past: Vec<Past<'_>> = decisions.iter().map(past).collect();
    let step = |step: words::Step| Step {
        at: Moment::of(step.at),
        head: step.head.short().to_owned(),
        word: word(&step.outcome),
        outcome: step.outcome,
        level: step.level,
        is_group: step.is_group,
        moved: step.moved,
    };
    words::timeline(&past, has_older, audience).into_iter().map(step).collect()
}

/// The word for a result on record.
fn word(outcome: &str) -> &'static str {
    let all = [Outcome::Pass, Outcome::Waiting, Outcome::Held, Outcome::Error];
    let known = all.into_iter().find(|known| known.as_str() == outcome);
    words::outcome_word(known.unwrap_or(Outcome::Error))
}

#[cfg(test)]
mod tests;
