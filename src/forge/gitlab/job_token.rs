//! Who asks for a verdict: the id token of a CI job, signed by the GitLab on which it runs.
//!
//! A token says in which project, pipeline and commit its job runs, and for whom it was made. The instance's public keys are
//! asked for when a token names one that is not known, and not again within a minute, whatever is sent to us.
//!
//! <https://docs.gitlab.com/ci/secrets/id_token_authentication/>

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, JwkSet, KeyAlgorithm};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::{Deserialize, Deserializer};
use tokio::sync::Mutex;

use crate::gate::ids::CommitSha;

/// The longest token that is looked at, in bytes. GitLab's have some 2,000.
const LONGEST_TOKEN: usize = 16 * 1024;

/// How far the instance's clock may be from ours.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_secs(30);

/// The keys are not asked for more often than this.
const ASK_AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(1);

/// Keys are not believed for longer than this without being asked for again: one may have been withdrawn.
const KEYS_LAST: SignedDuration = SignedDuration::from_hours(24);

/// The most that is read of the list of keys, in bytes, and the most keys that are kept.
const LARGEST_LIST: usize = 256 * 1024;
const MOST_KEYS: usize = 64;

/// The source of pipelines for merge requests.
const FOR_MERGE_REQUESTS: &str = "merge_request_event";

/// A job that proved itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// The number of the project in which it runs.
    pub project: i64,
    /// Its own number.
    pub job: i64,
    /// The number of its pipeline.
    pub pipeline: i64,
    /// The commit that the pipeline tests.
    pub sha: CommitSha,
}

/// Why a job is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It is none.
    #[error("this is no id token of a GitLab CI job")]
    Malformed,
    /// It is signed in a way that GitLab's are not.
    #[error("the id token is not signed by RS256")]
    Algorithm,
    /// Another instance made it.
    #[error("the id token was not made by {issuer}, which this server is configured for")]
    Issuer {
        /// The instance that was meant.
        issuer: String,
    },
    /// It is for somebody else.
    #[error("the id token was made for somebody else; write `aud: {audience}` in the job's id_tokens")]
    Audience {
        /// Whom it has to be for.
        audience: String,
    },
    /// It has ended, or not begun.
    #[error("the id token is not valid at this time; run the job again")]
    Time,
    /// The key that signed it is none of the instance's.
    #[error("the id token was signed with a key that {issuer} does not publish")]
    UnknownKey {
        /// The instance.
        issuer: String,
    },
    /// Nobody signed what it says.
    #[error("the signature of the id token does not match")]
    Signature,
    /// A claim is missing or of another kind.
    #[error("the id token lacks what GitLab says of a job: {0}")]
    Claims(&'static str),
    /// Its pipeline counts for no merge request.
    #[error("the job runs in a pipeline that is not for a merge request; only those count for merging")]
    Source,
    /// The instance's keys cannot be had.
    #[error("the keys of {issuer} cannot be had now; try again")]
    Keys {
        /// The instance.
        issuer: String,
    },
}

/// The keys could not be had, for the log.
#[derive(Debug, thiserror::Error)]
enum KeysError {
    #[error("{0}")]
    Request(#[from] reqwest::Error),
    #[error("the answer is larger than {LARGEST_LIST} bytes")]
    TooLarge,
    #[error("the answer is no list of keys: {0}")]
    NoList(#[from] serde_json::Error),
}

/// Checks the id tokens of one instance's jobs.
pub struct JobTokens {
    issuer: String,
    audience: String,
    client: reqwest::Client,
    keys: Mutex<Keys>,
}

#[derive(Default)]
struct Keys {
    by_id: BTreeMap<String, DecodingKey>,
    /// When they were had last.
    had_at: Option<Timestamp>,
    /// When they were asked for last, in vain or not.
    asked_at: Option<Timestamp>,
}

impl fmt::Debug for JobTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobTokens")
            .field("issuer", &self.issuer)
            .field("audience", &self.audience)
            .finish_non_exhaustive()
    }
}

/// What a token says. Numbers are written as text.
#[derive(Debug, Deserialize)]
struct Claims {
    exp: i64,
    nbf: i64,
    /// Where the job runs, in versions that say so: `project_id` is the fork's in a pipeline for a change from a fork.
    #[serde(default, deserialize_with = "number")]
    job_project_id: Option<i64>,
    #[serde(default, deserialize_with = "number")]
    project_id: Option<i64>,
    #[serde(default, deserialize_with = "number")]
    job_id: Option<i64>,
    #[serde(default, deserialize_with = "number")]
    pipeline_id: Option<i64>,
    #[serde(default)]
    pipeline_source: String,
    #[serde(default)]
    sha: String,
}

fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Given {
        Number(i64),
        Text(String),
    }
    let number = match Option::<Given>::deserialize(deserializer)? {
        Some(Given::Number(number)) => Some(number),
        Some(Given::Text(text)) => text.parse().ok(),
        None => None,
    };
    Ok(number.filter(|number| *number > 0))
}

/// The instance that a token says it is of. Nothing is believed of it: this only chooses whose keys to check it with.
pub fn claimed_issuer(token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Issuer {
        iss: String,
    }
    if token.len() > LONGEST_TOKEN {
        return None;
    }
    jsonwebtoken::dangerous::insecure_decode::<Issuer>(token).ok().map(|token| token.claims.iss)
}

impl JobTokens {
    /// `url` is the instance's address, without a trailing slash: it names itself so in its tokens. `audience` is whom tokens
    /// must be made for.
    pub fn new(url: &str, audience: &str, request_timeout: Duration) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder().timeout(request_timeout).redirect(reqwest::redirect::Policy::none());
        let client = if url.starts_with("http://") { client.no_proxy() } else { client };
        let (issuer, audience) = (url.to_owned(), audience.to_owned());
        Ok(Self { issuer, audience, client: client.build()?, keys: Mutex::default() })
    }

    /// The instance whose tokens these are.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The job that a token proves, at this time.
    pub async fn verify(&self, token: &str, now: Timestamp) -> Result<Job, TokenError> {
        if token.len() > LONGEST_TOKEN {
            return Err(TokenError::Malformed);
        }
        let header = decode_header(token).map_err(|_| TokenError::Malformed)?;
        if header.alg != Algorithm::RS256 {
            return Err(TokenError::Algorithm);
        }
        if claimed_issuer(token).as_deref() != Some(self.issuer.as_str()) {
            return Err(self.wrong_issuer());
        }
        let key = self.key(&header.kid.ok_or(TokenError::Malformed)?, now).await?;
        let claims = decode::<Claims>(token, &key, &self.validation()).map_err(|error| self.refusal(&error))?.claims;
        is_in_time(&claims, now)?;
        job(&claims)
    }

    /// The times are checked by our own clock, which the library does not ask.
    fn validation(&self) -> Validation {
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation
    }

    fn wrong_issuer(&self) -> TokenError {
        TokenError::Issuer { issuer: self.issuer.clone() }
    }

    fn refusal(&self, error: &jsonwebtoken::errors::Error) -> TokenError {
        use jsonwebtoken::errors::ErrorKind as E;
        match error.kind() {
            E::InvalidSignature => TokenError::Signature,
            E::InvalidIssuer => self.wrong_issuer(),
            E::InvalidAudience => TokenError::Audience { audience: self.audience.clone() },
            E::MissingRequiredClaim(_) | E::Json(_) => TokenError::Claims("exp, nbf, iss and aud"),
            E::InvalidAlgorithm | E::InvalidAlgorithmName => TokenError::Algorithm,
            _ => TokenError::Malformed,
        }
    }

    /// The instance's key with this name. While one asks for the keys, others wait.
    async fn key(&self, id: &str, now: Timestamp) -> Result<DecodingKey, TokenError> {
        let mut keys = self.keys.lock().await;
        let age = |since: Option<Timestamp>| since.map(|since| now.duration_since(since));
        let is_fresh = age(keys.had_at).is_some_and(|age| age < KEYS_LAST);
        if is_fresh && let Some(key) = keys.by_id.get(id) {
            return Ok(key.clone());
        }
        let may_ask = age(keys.asked_at).is_none_or(|age| age >= ASK_AGAIN_AFTER);
        if may_ask {
            keys.asked_at = Some(now);
            match self.ask().await {
                Ok(by_id) => {
                    keys.by_id = by_id;
                    keys.had_at = Some(now);
                }
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(issuer = self.issuer, error, "the keys of CI job tokens cannot be had");
                }
            }
        }
        let issuer = || self.issuer.clone();
        match keys.by_id.get(id) {
            Some(key) if keys.had_at == Some(now) => Ok(key.clone()),
            None if keys.had_at == Some(now) && may_ask => Err(TokenError::UnknownKey { issuer: issuer() }),
            _ => Err(TokenError::Keys { issuer: issuer() }),
        }
    }

    async fn ask(&self) -> Result<BTreeMap<String, DecodingKey>, KeysError> {
        let url = format!("{}/oauth/discovery/keys", self.issuer);
        let mut answer = self.client.get(url).send().await?.error_for_status()?;
        let mut list = Vec::new();
        while let Some(part) = answer.chunk().await? {
            list.extend_from_slice(&part);
            if list.len() > LARGEST_LIST {
                return Err(KeysError::TooLarge);
            }
        }
        let set: JwkSet = serde_json::from_slice(&list)?;
        Ok(set.keys.iter().filter_map(usable).take(MOST_KEYS).collect())
    }
}

/// A key that signs by RS256, and its name.
fn usable(key: &Jwk) -> Option<(String, DecodingKey)> {
    let is_rsa = matches!(key.algorithm, AlgorithmParameters::RSA(_));
    let is_rs256 = key.common.key_algorithm.is_none_or(|algorithm| algorithm == KeyAlgorithm::RS256);
    let id = key.common.key_id.clone().filter(|_| is_rsa && is_rs256)?;
    Some((id, DecodingKey::from_jwk(key).ok()?))
}

fn is_in_time(claims: &Claims, now: Timestamp) -> Result<(), TokenError> {
    let now = now.as_second();
    let give = CLOCKS_DIFFER.as_secs();
    let has_begun = claims.nbf.saturating_sub(give) <= now;
    let has_not_ended = claims.exp.saturating_add(give) > now;
    if has_begun && has_not_ended { Ok(()) } else { Err(TokenError::Time) }
}

fn job(claims: &Claims) -> Result<Job, TokenError> {
    if claims.pipeline_source != FOR_MERGE_REQUESTS {
        return Err(TokenError::Source);
    }
    let project = claims.job_project_id.or(claims.project_id);
    Ok(Job {
        project: project.ok_or(TokenError::Claims("project_id"))?,
        job: claims.job_id.ok_or(TokenError::Claims("job_id"))?,
        pipeline: claims.pipeline_id.ok_or(TokenError::Claims("pipeline_id"))?,
        sha: claims.sha.parse().map_err(|_| TokenError::Claims("sha"))?,
    })
}
