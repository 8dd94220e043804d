//! Calls to the API per event, counted by the sandbox. Steady state: tokens and rules are known, as for most of an hour.

use std::sync::Arc;

use anyhow::ensure;
use seconder::cli::serve::{self, Ready};
use seconder::clock::Clock;
use seconder::config::Config;
use seconder::engine::Engine;
use seconder::sandbox::{NewCommit, OpenPull, Opinion, Pace};
use tokio_util::sync::CancellationToken;

use crate::stage::{Opened, REPOSITORY, Stage};
use crate::table::{Row, float};

/// The engine is driven by hand, so that an event is dealt with before the next happens.
struct Counted {
    stage: Stage,
    engine: Arc<Engine>,
}

pub(crate) async fn measure() -> anyhow::Result<Vec<Row>> {
    let stage = Stage::set(Pace::Stepped).await?;
    let config = Config::load(&stage.config(), [])?;
    let time = stage.forge.clone();
    let ready = serve::prepare(config, Clock::from_fn(move || time.now())).await?;
    stage.forge.webhooks_to(format!("http://{}/webhooks/github", ready.address()?));
    let engine = Arc::clone(&ready.engine);
    let stop = CancellationToken::new();
    let server = tokio::spawn(Ready::serve_only(ready, stop.clone()));
    let counted = Counted { stage, engine };
    counted.calls().await?;
    let rows = counted.rows().await;
    stop.cancel();
    server.await??;
    rows
}

impl Counted {
    async fn rows(&self) -> anyhow::Result<Vec<Row>> {
        let Stage { forge, ana, mia, .. } = &self.stage;
        self.stage.open("first");
        self.calls().await?;
        let mut rows = Vec::new();
        let mut row = |what: &str, peer, budget, most: usize, calls: usize| {
            let row =
                Row::new(format!("API calls: {what}"), calls.to_string()).peer(peer).budget(budget, calls <= most);
            rows.push(row.figure("calls", float(calls)));
        };

        let change = self.stage.open("retry");
        row("an opened change, steady state", "4", "2", 2, self.calls().await?);
        self.noise(&change);
        row("an event that cannot matter (8 kinds of them together)", "2", "0", 0, self.calls().await?);
        self.stage.approve(&change);
        row("a review by a qualified person", "5", "2", 2, self.calls().await?);
        self.expect(&change, "success")?;
        forge.label(mia, REPOSITORY, change.number, "payments");
        row("… when nothing changes", "", "1", 1, self.calls().await?);

        let busy = self.stage.open("busy");
        self.calls().await?;
        // They are there; their deliveries are another matter.
        forge.faults().lose_webhooks(1_250);
        for n in 0..1_000 {
            forge.comment(mia, REPOSITORY, busy.number, &format!("Comment {n}"));
        }
        for _ in 0..250 {
            forge.review(mia, REPOSITORY, busy.number, Opinion::Approve, None);
        }
        self.calls().await?;
        self.stage.approve(&busy);
        row("a review after 1,000 comments and 250 reviews", "13", "4", 4, self.calls().await?);
        self.expect(&busy, "success")?;

        let commanded = self.stage.open("commanded");
        self.calls().await?;
        let sha = commanded.head.get(..12).unwrap_or_default();
        forge.comment(ana, REPOSITORY, commanded.number, &format!("/seconder approve {sha}"));
        row("a command", "6", "3", 3, self.calls().await?);
        self.expect(&commanded, "success")?;

        rows.push(self.many_commits().await?);
        Ok(rows)
    }

    async fn many_commits(&self) -> anyhow::Result<Row> {
        let Stage { forge, jo, .. } = &self.stage;
        let commits = (0..600).map(|n| {
            // One alone, far from both ends, tells of a tool.
            let trailer = if n == 300 { "\n\nCo-Authored-By: Claude <noreply@anthropic.com>" } else { "" };
            NewCommit::new(format!("Step {n}{trailer}")).file("src/long.rs", format!("// step {n}\n"))
        });
        forge.push_all(jo, REPOSITORY, "long", commits.collect());
        let number = forge.open_pull(jo, REPOSITORY, OpenPull::new("long", "A long way"));
        let long = Opened { number, head: forge.head(REPOSITORY, number) };
        let calls = self.calls().await?;
        self.expect(&long, "action_required")?;
        self.stage.approve(&long);
        self.calls().await?;
        self.expect(&long, "success")?;
        let ours = format!("held, then passed when approved; {calls} calls for 600 commits");
        let row = Row::new("250 commits and more", ours).peer("error, unmergeable");
        Ok(row.budget("a right verdict", true).figure("calls_for_600_commits", float(calls)))
    }

    /// Eight things that happen on and around a change, none of which can matter to its verdict.
    fn noise(&self, change: &Opened) {
        noise(&self.stage, change);
    }

    /// Everything is dealt with; how many calls it took. Tokens are asked for once an hour, whatever happens.
    async fn calls(&self) -> anyhow::Result<usize> {
        self.stage.settled().await?;
        self.engine.run_until_idle().await?;
        self.stage.settled().await?;
        let calls = self.stage.forge.take_calls();
        Ok(calls.iter().filter(|call| !call.path.ends_with("/access_tokens")).count())
    }

    fn expect(&self, change: &Opened, conclusion: &str) -> anyhow::Result<()> {
        let found = self.stage.conclusion(change);
        ensure!(found.as_deref() == Some(conclusion), "the check says {found:?}, not {conclusion}");
        Ok(())
    }
}

/// As [`Counted::noise`]; the load is made of it as well.
pub(crate) fn noise(stage: &Stage, change: &Opened) {
    let Stage { forge, jo, ana, mia, .. } = stage;
    let ci = forge.another_app("ci");
    forge.comment(mia, REPOSITORY, change.number, "Nice.");
    forge.line_comment(mia, REPOSITORY, change.number, "src/lib.rs", "Why?");
    forge.review(mia, REPOSITORY, change.number, Opinion::Comment, None);
    forge.set_status(mia, REPOSITORY, &change.head, "ci/build", "success");
    forge.report_check(&ci, REPOSITORY, &change.head, "build", "success");
    forge.edit_title(jo, REPOSITORY, change.number, "Retry payments that failed");
    forge.request_review(jo, REPOSITORY, change.number, ana);
    forge.push(mia, REPOSITORY, "elsewhere", NewCommit::new("Another branch").file("b", "b"));
}
