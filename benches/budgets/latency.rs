//! How long after an event the check stands on the forge, one change after another, nothing else going on.

use std::time::{Duration, Instant};

use seconder::sandbox::Pace;

use crate::served::Served;
use crate::stage::Stage;
use crate::table::{Row, quantile};

const API_LATENCY: Duration = Duration::from_millis(60);

/// The time that a call may take when the API itself takes none.
const PAUSE: Duration = Duration::from_millis(20);

struct Waits {
    opened_ms: Vec<f64>,
    reviewed_ms: Vec<f64>,
}

pub(crate) async fn measure(quick: bool) -> anyhow::Result<Vec<Row>> {
    let changes = if quick { 20 } else { 200 };
    let stage = Stage::set(Pace::Running).await?;
    let server = Served::seconder(&stage.config())?;
    stage.forge.webhooks_to(server.webhooks.clone());
    // Tokens and rules are asked for once.
    waits(&stage, "warm", 5).await?;
    let mut near = waits(&stage, "near", changes).await?;
    stage.forge.faults().latency(API_LATENCY);
    let mut far = waits(&stage, "far", changes).await?;
    let row = |what: &str, values: &mut [f64]| {
        let (median, slow) = (quantile(values, 0.5), quantile(values, 0.95));
        let ours = format!("{median:.1} ms (95 %: {slow:.1} ms; {} changes)", values.len());
        (Row::new(what, ours).figure("median_ms", median).figure("p95_ms", slow), median)
    };
    let (opened, median) = row("webhook to check, 60 ms API: opened", &mut far.opened_ms);
    let (reviewed, _) = row("… reviewed by a qualified person", &mut far.reviewed_ms);
    Ok(vec![
        opened.peer("226 ms").budget("under 140 ms", median < 140.0),
        reviewed.peer("294 ms"),
        row("webhook to check, 0 ms API: opened", &mut near.opened_ms).0.peer("2.9 ms"),
        row("… reviewed by a qualified person", &mut near.reviewed_ms).0.peer("3.5 to 5 ms"),
    ])
}

/// From just before the webhook is made to the moment at which the sandbox shows the check.
async fn waits(stage: &Stage, name: &str, changes: usize) -> anyhow::Result<Waits> {
    let mut waits = Waits { opened_ms: Vec::new(), reviewed_ms: Vec::new() };
    for n in 0..changes {
        let opening = stage.prepare(&format!("{name}-{n}"));
        stage.settled().await?;
        tokio::time::sleep(PAUSE).await;
        let began = Instant::now();
        let change = stage.open_prepared(opening);
        stage.await_check(&change, "action_required").await?;
        waits.opened_ms.push(began.elapsed().as_secs_f64() * 1e3);
        stage.settled().await?;
        tokio::time::sleep(PAUSE).await;
        let began = Instant::now();
        stage.approve(&change);
        stage.await_check(&change, "success").await?;
        waits.reviewed_ms.push(began.elapsed().as_secs_f64() * 1e3);
        stage.settled().await?;
        tokio::time::sleep(PAUSE).await;
    }
    Ok(waits)
}
