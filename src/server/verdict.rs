//! The verdict, for the CI job that holds a merge request's pipeline back until it passes.
//!
//! The job proves by its id token where it runs, and is told what the store knows. It succeeds on a pass only: whatever else
//! is the case, and whatever goes wrong, is an answer that fails it. What it was told is kept, so that it can be run again
//! once that is no longer true.

use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::Server;
use super::error::Refusal;
use crate::forge::gitlab::job_token::{Job, TokenError, claimed_issuer};
use crate::gate::ids::{ChangeKey, Host, RepoId};
use crate::store::{Ask, Told};

/// When what is not known yet is worth another question.
const ASK_AGAIN_SECONDS: HeaderValue = HeaderValue::from_static("5");

/// What is asked about.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    merge_request: Option<String>,
}

/// What a job is told.
#[derive(Debug, Serialize)]
struct Answer {
    passes: bool,
    title: String,
    details_url: Option<String>,
}

/// `GET /gitlab/verdict?merge_request=IID`, with the job's id token.
pub(super) async fn verdict(
    State(server): State<Server>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    match tell(&server, &asked, &headers).await {
        Ok((told, ask)) => Ok(answer(&told, &ask, wants_json(&headers))),
        Err(refusal) => {
            if let Refusal::Store(cause) = &refusal {
                tracing::error!(error = cause as &dyn std::error::Error, "a job could not be answered");
            } else {
                tracing::warn!(status = refusal.status().as_u16(), reason = %refusal, "job refused");
            }
            Err(refusal)
        }
    }
}

async fn tell(server: &Server, asked: &Asked, headers: &HeaderMap) -> Result<(Told, Ask), Refusal> {
    let (host, job) = authenticate(server, headers).await?;
    let number = asked.merge_request.as_deref().and_then(whole).ok_or(Refusal::MergeRequest)?;
    let change = ChangeKey { repo: RepoId::new(host, job.project), number };
    let ask = Ask { change, job: job.job, pipeline: job.pipeline, sha: job.sha };
    let told = server.store.ask(&ask, server.clock.now()).await?;
    if told.is_for_now() {
        server.wake.changes();
    }
    tracing::info!(change = %ask.change, job = ask.job, sha = %ask.sha.short(), passes = told.passes(), "verdict told");
    Ok((told, ask))
}

/// The host that vouches for the job. The token says which one it is of, and that one's keys decide.
async fn authenticate(server: &Server, headers: &HeaderMap) -> Result<(Host, Job), Refusal> {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = given.and_then(|value| value.strip_prefix("Bearer ")).map(str::trim).filter(|token| !token.is_empty());
    let token = token.ok_or(Refusal::NoToken)?;
    let issuer = claimed_issuer(token).ok_or(TokenError::Malformed)?;
    let hooks = server.gitlab.iter().find(|hooks| hooks.jobs.issuer() == issuer).ok_or(Refusal::Issuer)?;
    let job = hooks.jobs.verify(token, server.clock.now()).await?;
    Ok((hooks.host.clone(), job))
}

fn whole(number: &str) -> Option<i64> {
    let is_plain = !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit());
    number.parse().ok().filter(|number| is_plain && *number > 0)
}

fn wants_json(headers: &HeaderMap) -> bool {
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accepts.is_some_and(|accepts| accepts.contains("application/json"))
}

fn answer(told: &Told, ask: &Ask, is_json: bool) -> Response {
    let (title, details_url) = words(told, ask);
    let answer = Answer { passes: told.passes(), title, details_url };
    let status = match told {
        told if told.passes() => StatusCode::OK,
        told if told.is_for_now() => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::CONFLICT,
    };
    let mut response = if is_json {
        (status, Json(&answer)).into_response()
    } else {
        let url = answer.details_url.map(|url| format!("{url}\n")).unwrap_or_default();
        (status, format!("{}\n{url}", answer.title)).into_response()
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, ASK_AGAIN_SECONDS);
    }
    response
}

fn words(told: &Told, ask: &Ask) -> (String, Option<String>) {
    let title = match told {
        Told::Verdict(said) => return (said.title.clone(), said.url.clone()),
        Told::Judging => format!("merge request !{} is being judged; ask again", ask.change.number),
        Told::Unchecked => format!("it is being checked what commit {} is; ask again", ask.sha.short()),
        Told::OtherCommit { head } => format!(
            "this pipeline tests commit {}, and the head of merge request !{} is {}; run a new pipeline",
            ask.sha.short(),
            ask.change.number,
            head.short()
        ),
        Told::Closed => format!("merge request !{} is not open", ask.change.number),
        Told::Ungoverned => format!(
            "nothing is said of merge request !{}: no policy governs its target branch; let this job run for governed \
             branches only",
            ask.change.number
        ),
    };
    (title, None)
}
