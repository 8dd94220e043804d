//! How many deliveries are accepted durably in a second, beside the same route without a store.
//!
//! Both routes are processes of their own, without the engine, and take the same deliveries in turns. What matters is the
//! ratio; the sender takes its share of the cores from both.

pub(crate) mod serve;

use std::sync::Arc;

use seconder::sandbox::{App, Pace};
use serde_json::{Value, json};

use crate::deliver::{Post, as_long_as_on_github, send};
use crate::pg;
use crate::served::Served;
use crate::stage::Stage;
use crate::table::{Row, float, median};

/// Deliveries under way at the same time.
const AT_ONCE: usize = 64;

const PAYLOAD_BYTES: usize = 24 * 1024;

/// The figures of one route in all rounds.
#[derive(Debug, Default)]
struct Route {
    per_second: Vec<f64>,
    cpu_us: Vec<f64>,
}

/// A route beside the one without a store.
#[derive(Debug, Default)]
struct Ratios {
    bare: Route,
    stored: Route,
    rates: Vec<f64>,
    cpus: Vec<f64>,
}

pub(crate) async fn measure(quick: bool) -> anyhow::Result<Vec<Row>> {
    let rounds = if quick { 3 } else { 21 };
    let stage = Stage::set(Pace::Running).await?;
    let mut sqlite = ratios(&stage, "sqlite", rounds).await?;
    let ratio = median(&mut sqlite.rates);
    let mut rows =
        vec![row("SQLite, synchronous=FULL", &mut sqlite).peer("not durable").budget("0.45 or better", ratio >= 0.45)];
    match pg::start(&[]) {
        Ok(folder) => {
            stage.store_in(&pg::address(&folder))?;
            rows.push(row("PostgreSQL, fsync on", &mut ratios(&stage, "postgres", rounds).await?));
        }
        Err(why) => {
            rows.push(Row::new("… on PostgreSQL", format!("not measured: {}", why.lines().next().unwrap_or(""))));
        }
    }
    Ok(rows)
}

fn row(store: &str, ratios: &mut Ratios) -> Row {
    let (ratio, cpu_ratio) = (median(&mut ratios.rates), median(&mut ratios.cpus));
    let (stored, bare) = (median(&mut ratios.stored.per_second), median(&mut ratios.bare.per_second));
    let (stored_us, bare_us) = (median(&mut ratios.stored.cpu_us), median(&mut ratios.bare.cpu_us));
    let ours = format!(
        "{ratio:.2} ({stored:.0}/s beside {bare:.0}/s; CPU {stored_us:.0} µs beside {bare_us:.0} µs: {cpu_ratio:.2})"
    );
    Row::new(format!("deliveries accepted durably, against the same route without a store (24 KB; {store})"), ours)
        .figure("ratio", ratio)
        .figure("ratio_of_cpu", cpu_ratio)
        .figure("durable_per_s", stored)
        .figure("bare_per_s", bare)
        .figure("durable_cpu_us", stored_us)
        .figure("bare_cpu_us", bare_us)
}

async fn ratios(stage: &Stage, name: &str, rounds: usize) -> anyhow::Result<Ratios> {
    let app = stage.forge.app();
    let (bare, stored) = (Served::ourselves("bare", &stage.config())?, Served::ourselves("route", &stage.config())?);
    let template = template()?;
    let mut ratios = Ratios::default();
    for round in 0..=rounds {
        let posts = posts(&template, &app, round)?;
        let id = format!("{name}-{round}");
        let (without, with) = if round % 2 == 0 {
            let without = rate(&bare, &id, &posts).await?;
            (without, rate(&stored, &id, &posts).await?)
        } else {
            let with = rate(&stored, &id, &posts).await?;
            (rate(&bare, &id, &posts).await?, with)
        };
        // The first round warms up.
        if round > 0 {
            ratios.rates.push(with.0 / without.0);
            ratios.cpus.push(without.1 / with.1);
            ratios.bare.per_second.push(without.0);
            ratios.bare.cpu_us.push(without.1);
            ratios.stored.per_second.push(with.0);
            ratios.stored.cpu_us.push(with.1);
        }
    }
    Ok(ratios)
}

/// Deliveries per second, and CPU for each in microseconds.
async fn rate(server: &Served, id: &str, posts: &Arc<[Post]>) -> anyhow::Result<(f64, f64)> {
    let before = server.cpu()?;
    let answers = send(server.address(), id, posts, posts.len(), AT_ONCE).await?.all_accepted()?;
    let cpu = server.cpu()? - before;
    Ok((float(posts.len()) / answers.took.as_secs_f64(), cpu * 1e6 / float(posts.len())))
}

/// A push to a change, as GitHub tells of it: of the usual deliveries, the one that leaves most behind.
fn template() -> anyhow::Result<Value> {
    let payload = json!({ "action": "synchronize", "installation": { "id": 1 } });
    let mut payload = as_long_as_on_github("pull_request", Some("synchronize"), payload)?;
    payload["repository"]["owner"] = json!({ "id": 2, "login": "acme", "type": "Organization" });
    payload["repository"]["full_name"] = json!("acme/pay");
    let missing = PAYLOAD_BYTES.saturating_sub(payload.to_string().len());
    let text = payload["pull_request"]["body"].as_str().unwrap_or_default().to_owned();
    payload["pull_request"]["body"] = json!(text + &"It retries. ".repeat(missing / 12));
    Ok(payload)
}

/// As many pushes, each with a head of its own, to 500 changes.
fn posts(template: &Value, app: &App, round: usize) -> anyhow::Result<Arc<[Post]>> {
    const PUSHES: usize = 2_000;
    let mut payload = template.clone();
    let sha = |number: usize| json!(format!("{number:040x}"));
    (0..PUSHES)
        .map(|n| {
            let push = round * PUSHES + n;
            payload["number"] = json!(n % 500 + 1);
            payload["pull_request"]["number"] = json!(n % 500 + 1);
            payload["pull_request"]["head"]["sha"] = sha(push + 1_000);
            (payload["before"], payload["after"]) = (sha(push + 500), sha(push + 1_000));
            Post::new("pull_request", &payload, app)
        })
        .collect()
}
