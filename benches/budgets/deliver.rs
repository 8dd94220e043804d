//! Deliveries as GitHub sends them, sent with as little work as possible: the sender shares the machine with the server.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use hmac::{Hmac, KeyInit as _, Mac as _};
use seconder::sandbox::{App, Delivery};
use serde_json::Value;
use sha2::Sha256;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// GitHub gives up after ten seconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// A signed delivery, all but its id.
#[derive(Debug, Clone)]
pub(crate) struct Post {
    head: Arc<str>,
    body: Arc<[u8]>,
}

impl Post {
    /// A delivery of the sandbox, with all that GitHub would have said in its place.
    pub(crate) fn of(delivery: &Delivery, app: &App) -> anyhow::Result<Self> {
        let body = as_long_as_on_github(&delivery.event, delivery.action.as_deref(), delivery.payload())?;
        Self::new(&delivery.event, &body, app)
    }

    pub(crate) fn new(event: &str, payload: &Value, app: &App) -> anyhow::Result<Self> {
        let body = payload.to_string();
        let mut mac = Hmac::<Sha256>::new_from_slice(app.webhook_secret.as_bytes())?;
        mac.update(body.as_bytes());
        let mut signature = String::new();
        for byte in mac.finalize().into_bytes() {
            write!(signature, "{byte:02x}")?;
        }
        let head = format!(
            "POST /webhooks/forge HTTP/1.1\r\nhost: seconder\r\nuser-agent: GitHub-Hookshot/5a4d0b5\r\naccept: */*\r\n\
             content-type: application/json\r\nx-github-event: {event}\r\n\
             x-github-hook-installation-target-type: integration\r\nx-github-hook-installation-target-id: {}\r\n\
             x-hub-signature-256: sha256={signature}\r\ncontent-length: {}\r\nx-github-delivery: ",
            app.id,
            body.len()
        );
        Ok(Self { head: head.into(), body: body.into_bytes().into() })
    }
}

/// The sandbox says what is read; GitHub says much more. The rest is taken from a recorded delivery of the same event.
pub(crate) fn as_long_as_on_github(event: &str, action: Option<&str>, payload: Value) -> anyhow::Result<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/github/webhooks");
    let mut recorded = None;
    for number in 1..=4 {
        let file = folder.join(format!("{event}.{}.{number}.json", action.unwrap_or("event")));
        if let Ok(text) = std::fs::read_to_string(file) {
            recorded = Some(serde_json::from_str(&text)?);
            break;
        }
    }
    let Some(mut whole) = recorded else { return Ok(payload) };
    overlay(&mut whole, payload);
    Ok(whole)
}

fn overlay(below: &mut Value, above: Value) {
    match (below, above) {
        (Value::Object(below), Value::Object(above)) => {
            for (name, value) in above {
                overlay(below.entry(name).or_insert(Value::Null), value);
            }
        }
        (below, above) => *below = above,
    }
}

/// What became of many deliveries.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    /// How many got each status.
    pub(crate) statuses: BTreeMap<u16, usize>,
    /// How many got none.
    pub(crate) unanswered: usize,
    /// Until the last was answered.
    pub(crate) took: Duration,
    /// The longest that one waited.
    pub(crate) longest: Duration,
}

impl Answers {
    pub(crate) fn accepted(&self) -> usize {
        self.statuses.get(&202).copied().unwrap_or_default()
    }

    pub(crate) fn refused(&self) -> usize {
        self.statuses.values().sum::<usize>() - self.accepted()
    }

    /// All of them, or it was no measurement.
    pub(crate) fn all_accepted(self) -> anyhow::Result<Self> {
        if self.refused() + self.unanswered > 0 {
            bail!("deliveries were not taken: {self:?}");
        }
        Ok(self)
    }
}

/// Sends so many deliveries, taking turns among `posts`, each under an id of its own, on so many connections.
pub(crate) async fn send(
    address: &str,
    name: &str,
    posts: &Arc<[Post]>,
    count: usize,
    connections: usize,
) -> anyhow::Result<Answers> {
    let next = Arc::new(AtomicUsize::new(0));
    let began = Instant::now();
    let mut senders = tokio::task::JoinSet::new();
    for _ in 0..connections.min(count) {
        let (address, name, posts, next) = (address.to_owned(), name.to_owned(), Arc::clone(posts), Arc::clone(&next));
        senders.spawn(async move {
            let mut answers = Answers::default();
            let mut line = None;
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return answers;
                }
                let sent = Instant::now();
                let post = &posts[number % posts.len()];
                let id = format!("{name}-{number}");
                let answer = tokio::time::timeout(PATIENCE, ask(&mut line, &address, post, &id));
                if let Ok(Ok(status)) = answer.await {
                    *answers.statuses.entry(status).or_default() += 1;
                } else {
                    line = None;
                    answers.unanswered += 1;
                }
                answers.longest = answers.longest.max(sent.elapsed());
            }
        });
    }
    let mut all = Answers::default();
    while let Some(answers) = senders.join_next().await {
        let answers = answers?;
        for (status, times) in answers.statuses {
            *all.statuses.entry(status).or_default() += times;
        }
        all.unanswered += answers.unanswered;
        all.longest = all.longest.max(answers.longest);
    }
    all.took = began.elapsed();
    Ok(all)
}

/// Sends one on this connection, or on a new one, and reads the answer.
async fn ask(line: &mut Option<TcpStream>, address: &str, post: &Post, id: &str) -> anyhow::Result<u16> {
    if line.is_none() {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        *line = Some(stream);
    }
    let stream = line.as_mut().context("it was connected")?;
    let mut request = Vec::with_capacity(post.head.len() + id.len() + 4 + post.body.len());
    request.extend_from_slice(post.head.as_bytes());
    request.extend_from_slice(id.as_bytes());
    request.extend_from_slice(b"\r\n\r\n");
    request.extend_from_slice(&post.body);
    stream.write_all(&request).await?;
    let mut answer = vec![0; 4096];
    let mut length = 0;
    loop {
        let read = stream.read(answer.get_mut(length..).context("a long answer")?).await?;
        if read == 0 {
            bail!("the connection was closed");
        }
        length += read;
        let text = String::from_utf8_lossy(answer.get(..length).unwrap_or_default());
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let declared =
            head.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse::<usize>().ok());
        if body.len() >= declared.unwrap_or_default() {
            return Ok(head.split(' ').nth(1).context("a status line")?.parse()?);
        }
    }
}
