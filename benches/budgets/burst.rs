//! Many deliveries at once, each on a connection of its own, while the API takes its time.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use seconder::sandbox::Pace;
use sqlx::{Connection as _, SqliteConnection};

use crate::deliver::{Answers, Post, send};
use crate::served::{Memory, Served};
use crate::stage::{HANGS, Opened, REPOSITORY, Stage};
use crate::table::{Row, float};

const API_LATENCY: Duration = Duration::from_millis(60);

/// What is sent at once.
#[derive(Debug, Clone, Copy)]
struct Burst {
    changes: usize,
    /// What happens to each of them; the first thing is that it is opened.
    events: usize,
    /// How many files the server may have open, connections included.
    open_files: Option<usize>,
}

struct Survived {
    answers: Answers,
    /// Answered with 202, and not in the store, or without a check in the end.
    lost: usize,
    clean_after: Duration,
    memory: Memory,
}

pub(crate) async fn measure(quick: bool) -> anyhow::Result<Vec<Row>> {
    let large = if quick { 100 } else { 1_000 };
    let small = Burst { changes: 300, events: 1, open_files: None };
    let large = Burst { changes: large, events: 10, open_files: None };
    Ok(vec![
        row("", small).await?.peer("190 refused"),
        row("", large).await?.peer("890 refused of 1,000"),
        row(", 1,024 open files", Burst { open_files: Some(1_024), ..large }).await?,
    ])
}

async fn row(under: &str, burst: Burst) -> anyhow::Result<Row> {
    let survived = survive(burst).await?;
    let Survived { answers, lost, clean_after, memory } = &survived;
    let (count, refused) = (burst.changes * burst.events, answers.refused() + answers.unanswered);
    let (seconds, peak_mib) = (clean_after.as_secs_f64(), memory.peak_kib / 1024.0);
    let ours = format!(
        "{refused} refused, {lost} lost; all answered within {:.2} s, {} checks right after {seconds:.1} s; \
         {peak_mib:.0} MiB at most",
        answers.longest.as_secs_f64(),
        burst.changes,
    );
    let row = Row::new(format!("{count} deliveries at once, 60 ms API{under}"), ours);
    Ok(row
        .budget("none refused, none lost", refused + lost == 0)
        .figure("refused", float(refused))
        .figure("lost", float(*lost))
        .figure("longest_answer_s", answers.longest.as_secs_f64())
        .figure("clean_after_s", seconds)
        .figure("peak_mib", peak_mib))
}

async fn survive(burst: Burst) -> anyhow::Result<Survived> {
    let stage = Stage::set(Pace::Running).await?;
    let server = match burst.open_files {
        Some(most) => Served::seconder_with_open_files(most, &stage.config())?,
        None => Served::seconder(&stage.config())?,
    };
    stage.forge.webhooks_to(server.webhooks.clone());
    let first = stage.open("first");
    stage.await_check(&first, "action_required").await?;
    stage.settled().await?;
    stage.forge.faults().latency(API_LATENCY);
    stage.forge.faults().hold_webhooks();
    let mut seen = 0;
    stage.held(&mut seen);
    let changes = stage.open_all("work", burst.changes);
    for n in 1..burst.events {
        for change in &changes {
            stage.forge.label(&stage.mia, REPOSITORY, change.number, &format!("label-{n}"));
        }
    }
    let app = stage.forge.app();
    let held = stage.held(&mut seen);
    let of_changes = held.iter().filter(|delivery| delivery.event == "pull_request");
    let posts: Arc<[Post]> = of_changes.map(|delivery| Post::of(delivery, &app)).collect::<anyhow::Result<_>>()?;
    drop(held);

    let began = Instant::now();
    let answers = send(server.address(), "burst", &posts, posts.len(), posts.len()).await?;
    stage.await_checks(&changes, "action_required").await.or_else(|error| {
        // Whoever was refused is not judged: that is counted, and ends nothing.
        if answers.refused() + answers.unanswered > 0 { Ok(()) } else { Err(error) }
    })?;
    clean(&server).await?;
    let clean_after = began.elapsed();
    let memory = server.memory()?;
    let lost = lost(&stage, &answers, &changes).await?;
    Ok(Survived { answers, lost, clean_after, memory })
}

/// Waits until the server says that nothing is left to do.
async fn clean(server: &Served) -> anyhow::Result<()> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let metrics = server.webhooks.replace("/webhooks/github", "/metrics");
    let is_clean = async {
        loop {
            let text = client.get(&metrics).send().await?.text().await?;
            if text.lines().any(|line| line == "seconder_dirty_changes 0") {
                return anyhow::Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(HANGS, is_clean).await.context("the server does not come to rest")?
}

async fn lost(stage: &Stage, answers: &Answers, changes: &[Opened]) -> anyhow::Result<usize> {
    let url = format!("sqlite:{}", stage.config().with_file_name("seconder.db").display());
    let mut database = SqliteConnection::connect(&url).await?;
    let sql = "SELECT guid FROM delivery WHERE guid LIKE 'burst-%'";
    let stored: BTreeSet<String> = sqlx::query_scalar(sql).fetch_all(&mut database).await?.into_iter().collect();
    let unjudged = changes.iter().filter(|change| stage.conclusion(change).is_none()).count();
    let unjudged = if answers.refused() + answers.unanswered > 0 { 0 } else { unjudged };
    Ok(answers.accepted().saturating_sub(stored.len()) + unjudged)
}
