//! What thousands of deliveries cost the server: CPU for each, and memory.

use std::sync::Arc;
use std::time::Duration;

use seconder::sandbox::Pace;

use crate::calls::noise;
use crate::deliver::{Post, send};
use crate::served::{Memory, Served};
use crate::stage::Stage;
use crate::table::{Row, float};

/// Deliveries under way at the same time.
const AT_ONCE: usize = 8;

/// After the last check stands, the server gives back its leases.
const WRAP_UP: Duration = Duration::from_millis(500);

/// How long a server that has just started is left alone before its memory is looked at.
const REST: Duration = Duration::from_secs(5);

/// One kind of load: deliveries, and CPU for each of them, in milliseconds.
struct Cost {
    deliveries: usize,
    cpu_ms: f64,
}

pub(crate) async fn measure(quick: bool) -> anyhow::Result<Vec<Row>> {
    let (changes, noises) = if quick { (100, 800) } else { (2_000, 8_000) };
    let stage = Stage::set(Pace::Running).await?;
    let server = Served::seconder(&stage.config())?;
    tokio::time::sleep(REST).await;
    let idle = server.memory()?;

    // From here on, the sandbox keeps its deliveries, and they are sent from here.
    let mut seen = 0;
    stage.forge.webhooks_to(server.webhooks.clone());
    stage.forge.faults().hold_webhooks();
    let first = stage.open("first");
    let posts = posts_of(&stage, &mut seen, |_| true)?;
    send(server.address(), "first", &posts, posts.len(), 1).await?.all_accepted()?;
    stage.await_check(&first, "action_required").await?;
    noise(&stage, &first);
    let posts_of_noise = posts_of(&stage, &mut seen, |_| true)?;
    let noise = {
        let before = server.cpu()?;
        send(server.address(), "noise", &posts_of_noise, noises, AT_ONCE).await?.all_accepted()?;
        Cost { deliveries: noises, cpu_ms: (server.cpu()? - before) * 1e3 / float(noises) }
    };

    let opened = stage.open_all("work", changes);
    let held = stage.held(&mut seen);
    let app = stage.forge.app();
    let of = |event: &str| -> anyhow::Result<Arc<[Post]>> {
        held.iter().filter(|delivery| delivery.event == event).map(|delivery| Post::of(delivery, &app)).collect()
    };
    let (pushes, openings) = (of("push")?, of("pull_request")?);
    send(server.address(), "push", &pushes, pushes.len(), AT_ONCE).await?.all_accepted()?;
    server.forget_peak()?;
    let opening = {
        let before = server.cpu()?;
        send(server.address(), "opened", &openings, openings.len(), AT_ONCE).await?.all_accepted()?;
        stage.await_checks(&opened, "action_required").await?;
        tokio::time::sleep(WRAP_UP).await;
        Cost { deliveries: changes, cpu_ms: (server.cpu()? - before) * 1e3 / float(changes) }
    };
    stage.held(&mut seen);
    for change in &opened {
        stage.approve(change);
    }
    let reviews = posts_of(&stage, &mut seen, |event| event == "pull_request_review")?;
    let review = {
        let before = server.cpu()?;
        send(server.address(), "review", &reviews, reviews.len(), AT_ONCE).await?.all_accepted()?;
        stage.await_checks(&opened, "success").await?;
        tokio::time::sleep(WRAP_UP).await;
        Cost { deliveries: changes, cpu_ms: (server.cpu()? - before) * 1e3 / float(changes) }
    };
    let working = server.memory()?;
    let mut rows = cpu_rows(&noise, &opening, &review);
    rows.extend(memory_rows(idle, working, changes));
    Ok(rows)
}

fn posts_of(stage: &Stage, seen: &mut usize, wanted: impl Fn(&str) -> bool) -> anyhow::Result<Arc<[Post]>> {
    let held = stage.held(seen);
    let app = stage.forge.app();
    held.iter().filter(|delivery| wanted(&delivery.event)).map(|delivery| Post::of(delivery, &app)).collect()
}

fn cpu_rows(noise: &Cost, opened: &Cost, review: &Cost) -> Vec<Row> {
    let row = |what: &str, cost: &Cost| {
        let ours = format!("{:.2} ms ({} deliveries)", cost.cpu_ms, cost.deliveries);
        Row::new(format!("CPU per webhook: {what}"), ours).figure("cpu_ms", cost.cpu_ms)
    };
    let budget = |row: Row, cost: &Cost| row.budget("under 0.7 ms", cost.cpu_ms < 0.7);
    vec![
        budget(row("one that cannot matter", noise), noise),
        budget(row("an opened change, with its check", opened).peer("2.5 ms"), opened),
        budget(row("a review, with the new check", review).peer("3.4 ms"), review),
    ]
}

fn memory_rows(idle: Memory, working: Memory, changes: usize) -> Vec<Row> {
    let mib = |kib: f64| kib / 1024.0;
    let (idle, peak, now) = (mib(idle.resident_kib), mib(working.peak_kib), mib(working.resident_kib));
    let ours = format!("{peak:.1} MiB at most, {now:.1} MiB after {changes} changes opened and approved at full speed");
    vec![
        Row::new("memory, idle", format!("{idle:.1} MiB"))
            .peer("18 MiB")
            .budget("no more", idle <= 18.0)
            .figure("resident_mib", idle),
        Row::new("memory, working", ours)
            .peer("26 MiB")
            .budget("no more", peak <= 26.0)
            .figure("peak_mib", peak)
            .figure("resident_mib", now),
    ]
}
