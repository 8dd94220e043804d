//! Runners: what CI jobs do. The verdict job really asks over HTTP, with an id token signed as GitLab signs them.

use axum::extract::State as Shared;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::state::Job;
use crate::sandbox::handle::Sandbox;
use crate::sandbox::http::json_response;
use crate::sandbox::world::World;

/// Seconds that an id token holds: the time a job may take.
const TOKEN_SECONDS: i64 = 3_600;
/// Name of the only signing key.
const KEY_ID: &str = "sandbox-key";

/// What a runner is to do.
enum Task {
    /// Nothing to it: it succeeds.
    Succeed,
    /// Ask for the verdict at this address, with this token.
    Ask { url: String, token: String },
}

/// Runs the jobs that wait, one after the other, for as long as the sandbox lives.
pub(crate) async fn run_jobs(sandbox: Sandbox, client: reqwest::Client) {
    loop {
        let woken = sandbox.woken();
        tokio::pin!(woken);
        woken.as_mut().enable();
        // Not by `act`, which wakes whoever waits, this loop too.
        let next = sandbox.world().begin_job();
        let Some((id, task)) = next else {
            woken.await;
            continue;
        };
        let (passed, log) = match task {
            Some(Task::Succeed) => (true, String::new()),
            Some(Task::Ask { url, token }) => ask(&client, &url, &token).await,
            None => (false, "the job has no runner".to_owned()),
        };
        sandbox.act(|world| {
            world.gitlab.running -= 1;
            if let Some(job) = world.gitlab.job_mut(id) {
                job.log = log;
            }
            world.set_job(id, if passed { "success" } else { "failed" });
            world.note_verdict(id);
        });
        sandbox.delivered();
    }
}

/// As `curl --fail-with-body` would: an error of HTTP fails the job, and what was answered is in its log.
async fn ask(client: &reqwest::Client, url: &str, token: &str) -> (bool, String) {
    match client.get(url).bearer_auth(token).send().await {
        Ok(answer) => {
            let passed = answer.status().is_success();
            (passed, answer.text().await.unwrap_or_default())
        }
        Err(error) => (false, format!("cannot ask: {error}")),
    }
}

impl World {
    /// Takes the next job that waits, with what is to be done for it.
    fn begin_job(&mut self) -> Option<(u64, Option<Task>)> {
        let id = self.gitlab.to_run.pop_front()?;
        self.gitlab.running += 1;
        self.set_job(id, "running");
        Some((id, self.task(id)))
    }

    fn task(&self, id: u64) -> Option<Task> {
        let job = self.gitlab.job(id)?;
        let pipeline = self.gitlab.pipeline(job.pipeline)?;
        let target = pipeline.request.map_or(pipeline.project, |(target, _)| target);
        let verdict = self.gitlab.projects.get(&target).and_then(|project| project.verdict.as_ref());
        let Some(verdict) = verdict.filter(|verdict| verdict.job == job.name) else { return Some(Task::Succeed) };
        let configured = self.ci_configuration(pipeline.project, &pipeline.sha)?;
        // A job of this name that asks nobody: somebody wrote a CI configuration of their own.
        if !configured.contains(&verdict.audience) {
            return Some(Task::Succeed);
        }
        let iid = pipeline.request.map_or(0, |(_, iid)| iid);
        let url = format!("{}/gitlab/verdict?merge_request={iid}", verdict.url);
        Some(Task::Ask { url, token: self.id_token(job, &verdict.audience)? })
    }

    /// The id token of a job. In a merge request of a fork, `project_…` is where the change comes from and
    /// `job_project_…` where the job runs.
    pub(super) fn id_token(&self, job: &Job, audience: &str) -> Option<String> {
        let pipeline = self.gitlab.pipeline(job.pipeline)?;
        let running = self.repositories.get(&pipeline.project)?;
        let source = pipeline.request.and_then(|(project, iid)| self.pull(project, iid)?.head_repository);
        let source = source.and_then(|id| self.repositories.get(&id)).unwrap_or(running);
        let (path, job_path) = (self.full_name(source), self.full_name(running));
        let now = self.now().as_second();
        let claims = json!({
            "namespace_id": self.namespace_id(source.owner).to_string(),
            "namespace_path": path.rsplit_once('/').map(|(above, _)| above),
            "project_id": source.id.to_string(),
            "project_path": path,
            "user_id": job.user.to_string(),
            "user_login": self.login(job.user),
            "user_email": format!("{}@example.com", self.login(job.user)),
            "user_access_level": "developer",
            "job_project_id": running.id.to_string(),
            "job_project_path": job_path,
            "job_namespace_id": self.namespace_id(running.owner).to_string(),
            "job_namespace_path": job_path.rsplit_once('/').map(|(above, _)| above),
            "pipeline_id": pipeline.id.to_string(),
            "pipeline_source": pipeline.source,
            "job_id": job.id.to_string(),
            "ref": pipeline.reference,
            "ref_type": "branch",
            "ref_path": pipeline.reference,
            "ref_protected": "false",
            "runner_id": 1,
            "runner_environment": "self-hosted",
            "sha": pipeline.sha,
            "project_visibility": if running.private { "private" } else { "public" },
            "ci_config_ref_uri": null,
            "jti": uuid::Uuid::new_v4().to_string(),
            "iat": now,
            "nbf": now - 5,
            "exp": now + TOKEN_SECONDS,
            "iss": self.url,
            "sub": format!("project_path:{path}:ref_type:branch:ref:{}", pipeline.reference),
            "aud": audience,
        });
        let key = self.gitlab.key.as_ref()?;
        let key = EncodingKey::from_rsa_pem(key.private_pem.as_bytes()).ok()?;
        let header = Header { kid: Some(KEY_ID.to_owned()), ..Header::new(Algorithm::RS256) };
        jsonwebtoken::encode(&header, &claims, &key).ok()
    }
}

/// `/oauth/discovery/keys`: the keys by which id tokens are signed.
pub(super) async fn keys(Shared(sandbox): Shared<Sandbox>) -> Response {
    let world = sandbox.world();
    let numbers = world.gitlab.key.as_ref().and_then(|key| rsa_numbers(&key.public_der));
    let key = numbers.map(|(modulus, exponent)| {
        json!({ "kty": "RSA", "kid": KEY_ID, "use": "sig", "alg": "RS256",
            "n": URL_SAFE_NO_PAD.encode(modulus), "e": URL_SAFE_NO_PAD.encode(exponent) })
    });
    json_response(StatusCode::OK, &json!({ "keys": key.into_iter().collect::<Vec<Value>>() }))
}

/// `/.well-known/openid-configuration`.
pub(super) async fn configuration(Shared(sandbox): Shared<Sandbox>) -> Response {
    let url = sandbox.web_url();
    let body = json!({
        "issuer": url,
        "authorization_endpoint": format!("{url}/oauth/authorize"),
        "token_endpoint": format!("{url}/oauth/token"),
        "jwks_uri": format!("{url}/oauth/discovery/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    });
    json_response(StatusCode::OK, &body)
}

/// Modulus and exponent of a PKCS#1 `RSAPublicKey`: a sequence of two integers in DER.
fn rsa_numbers(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (sequence, _) = der_value(der, 0x30)?;
    let (modulus, rest) = der_value(sequence, 0x02)?;
    let (exponent, _) = der_value(rest, 0x02)?;
    let unsigned = |number: &'_ [u8]| number.iter().take_while(|byte| **byte == 0).count();
    Some((modulus.get(unsigned(modulus)..)?, exponent.get(unsigned(exponent)..)?))
}

/// The content of the value at the start, and what follows it.
fn der_value(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (first, rest) = bytes.split_first()?;
    let (length, rest) = rest.split_first()?;
    let long = usize::from(length & 0x7f);
    let (length, rest) = if length & 0x80 == 0 {
        (long, rest)
    } else {
        let (digits, rest) = rest.split_at_checked(long)?;
        (digits.iter().fold(0, |sum, digit| (sum << 8) | usize::from(*digit)), rest)
    };
    (*first == tag).then(|| rest.split_at_checked(length))?
}
