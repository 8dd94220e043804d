//! What is said where there is no page. Nothing of it tells whether there is one.

use std::any::Any;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use crate::server::{REQUEST_ID, Server};

/// The longest number of a request that is shown: whoever asks may bring their own.
const LONGEST_ID: usize = 64;

#[derive(Template)]
#[template(path = "pages/failure.html")]
struct Failure<'a> {
    style: String,
    status: u16,
    title: &'a str,
    words: &'a str,
    request: &'a str,
}

/// A page that says why there is no other.
pub(super) fn page(status: StatusCode, style: String, headers: &HeaderMap) -> Response {
    let (title, words) = match status {
        StatusCode::NOT_FOUND => (
            "No such page",
            "There is nothing here, or nothing that this link opens. Pages of private repositories open with the link \
             in the check only: follow it from the change.",
        ),
        StatusCode::GONE => (
            "This link has ended",
            "The change was closed more than 30 days ago, and so the link to its page no longer opens it.",
        ),
        StatusCode::SERVICE_UNAVAILABLE => {
            ("Not available now", "What this page is made from cannot be reached at the moment. Try again soon.")
        }
        _ => ("Something went wrong", "This page could not be made. The server's log says why."),
    };
    let given = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default();
    let request = if given.len() <= LONGEST_ID { given } else { "" };
    let body = Failure { style, status: status.as_u16(), title, words, request }.render();
    let mut response = (status, Html(body.unwrap_or_else(|_| title.to_owned()))).into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("10"));
    }
    response
}

/// Any path below `/changes` that is none of a page.
pub(super) async fn nothing(State(server): State<Server>, headers: HeaderMap) -> Response {
    page(StatusCode::NOT_FOUND, server.pages.style(), &headers)
}

/// What marks an answer after a panic, where nothing is known of the request: it is to become a page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Panicked;

/// The answer after a panic.
pub(super) fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("making a page ended in a panic");
    let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
    response.extensions_mut().insert(Panicked);
    response
}
