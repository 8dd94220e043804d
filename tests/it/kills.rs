//! The server is killed, again and again, while deliveries come in. Nothing that was answered is lost, and every check is
//! right in the end.
//!
//! A real process, a real database, and a forge beside it that lives on. Moments are drawn from a seed, which is printed.
//!
//! ```console
//! $ SECONDER_KILLS=200 cargo test --test it kills:: -- --nocapture
//! ```

mod moment;
mod wire;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use seconder::sandbox::{Options, Pace, Sandbox};
use sqlx::{Connection as _, PgConnection, SqliteConnection};

use crate::cli::process::{Running, seconder};
use crate::history::History;
use moment::Moment;
use wire::{Delivered, Wire};

const REPOSITORIES: [&str; 3] = ["acme/pay", "acme/web", "acme/docs"];

/// Kills between two times at which everything must be right.
const KILLS_AT_ONCE: u32 = 10;

/// Changes that are open at the same time: a server that starts looks at all of them.
const OPEN_AT_ONCE: usize = 14;

/// How many things happen after the last of them.
const BUSY_FOR: u32 = 50;

/// Kills in every run of the tests.
const KILLS_USUALLY: u32 = 6;

/// How long one request to the forge may take, in seconds; leases are three times as long.
const REQUEST_TIMEOUT: u32 = 1;

/// How long to wait before something is taken to hang. Nothing else depends on it.
const HANGS: Duration = Duration::from_mins(2);

/// For how long a moment is waited for that does not come, before the server is killed anyway.
const LATEST: Duration = Duration::from_secs(5);

#[test]
fn nothing_answered_is_lost_when_killed_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let store = format!("sqlite:{}", folder.path().join("seconder.db").display());
    run("SQLite", folder.path(), async || store);
}

#[test]
fn nothing_answered_is_lost_when_killed_on_postgres() {
    let folder = tempfile::tempdir().unwrap();
    run("PostgreSQL", folder.path(), crate::pg::database);
}

/// A number from the environment.
fn asked(name: &str) -> Option<u64> {
    #[expect(
        clippy::disallowed_methods,
        reason = "how often, and from which seed, is for whoever runs the tests to say"
    )]
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is a whole number, not {text:?}")))
}

fn run(database: &str, folder: &Path, store: impl AsyncFnOnce() -> String) {
    let kills = asked("SECONDER_KILLS").map_or(KILLS_USUALLY, |kills| u32::try_from(kills).unwrap());
    let seed = asked("SECONDER_SEED").unwrap_or_else(|| rand::rng().random_range(0..1_000_000));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let mut ordeal = Ordeal::begin(folder, store().await, seed).await;
        let mut left = kills;
        while left > 0 {
            let now = left.min(KILLS_AT_ONCE);
            ordeal.killed(now).await;
            ordeal.all_is_right().await;
            left -= now;
            say(&format!("{database}: {} of {kills} kills, {} wrong", kills - left, ordeal.wrong.len()));
        }
        ordeal.quiet().await;
        let over = ordeal.history.over().iter().filter_map(|life| ordeal.history.wrong(life));
        ordeal.wrong.extend(over);
        ordeal.report(database, kills, seed);
    });
}

/// A server that is killed again and again, and all around it.
struct Ordeal {
    forge: Sandbox,
    wire: Wire,
    history: History,
    random: StdRng,
    config: String,
    store: String,
    /// Changes whose deliveries were all answered, and which were right by those alone.
    right_at_once: usize,
    wrong: BTreeSet<String>,
}

impl Ordeal {
    async fn begin(folder: &Path, store: String, seed: u64) -> Self {
        let options =
            Options { pace: Pace::Running, concurrent_deliveries: 8, rate_limit: 1_000_000, ..Options::default() };
        let forge = Sandbox::start(options).await.unwrap();
        let (wire, url) = Wire::to(forge.api_url()).await;
        forge.organization("acme");
        configure(folder, &forge, &url, &store);
        forge.webhooks_to(format!("{url}/webhooks/github"));
        // A forge that answers at once would leave no time in which to be killed.
        forge.faults().latency(Duration::from_millis(10));
        let config = folder.join("seconder.toml").display().to_string();
        let random = StdRng::seed_from_u64(seed);
        let ordeal = Self {
            history: History::begin(&forge, &REPOSITORIES, seed),
            forge,
            wire,
            random,
            config,
            store,
            right_at_once: 0,
            wrong: BTreeSet::new(),
        };
        ordeal.start().await;
        ordeal
    }

    /// Starts a server on what the one before left.
    async fn start(&self) {
        let config = self.config.clone();
        let started = tokio::task::spawn_blocking(move || {
            let serve = ["serve", "--config", &config, "--log", "info", "--log-format", "json"];
            let mut server = Running::start(seconder(&serve));
            let line: serde_json::Value = serde_json::from_str(&server.line("\"message\":\"listening\"")).unwrap();
            (format!("http://{}", line["address"].as_str().unwrap()), server)
        });
        let started = tokio::time::timeout(HANGS, started).await.expect("the server does not start").unwrap();
        self.wire.connect(started.0, started.1);
    }

    /// Things happen, and the server is killed so often.
    async fn killed(&mut self, times: u32) {
        for _ in 0..times {
            let (moment, passing) = Moment::any(&mut self.random);
            let wire = self.wire.clone();
            wire.strike_at(moment, passing);
            let struck = wire.struck();
            tokio::pin!(struck);
            let began = tokio::time::Instant::now();
            loop {
                let pause = Duration::from_millis(self.random.random_range(0..30));
                tokio::select! {
                    () = &mut struck => break,
                    () = tokio::time::sleep(pause) => self.something_happens(),
                }
                if began.elapsed() > LATEST {
                    wire.strike("at any time");
                }
            }
            self.start().await;
        }
        // What a server forgets by itself, its successor finds when it starts: so the last one lives on for a while.
        for _ in 0..BUSY_FOR {
            tokio::time::sleep(Duration::from_millis(self.random.random_range(0..30))).await;
            self.something_happens();
        }
    }

    fn something_happens(&mut self) {
        let may_open = self.history.lives.len() < OPEN_AT_ONCE;
        let opens = may_open && self.random.random_bool(0.2);
        if opens || (!self.history.go_on() && may_open) {
            self.history.open();
        }
    }

    /// Webhooks are answered, and the server has nothing left to do.
    async fn quiet(&self) {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let is_quiet = async {
            loop {
                self.forge.settled().await;
                let metrics =
                    client.get(format!("{}/metrics", self.wire.server())).send().await.unwrap().text().await.unwrap();
                if metrics.lines().any(|line| line == "seconder_dirty_changes 0") {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(HANGS, is_quiet).await.expect("the server does not come to rest");
    }

    /// Every delivery that was answered is stored, and every check is right.
    async fn all_is_right(&mut self) {
        self.quiet().await;
        let deliveries = self.wire.deliveries();
        let stored = stored(&self.store).await;
        let lost = deliveries.iter().filter(|(guid, one)| one.is_answered && one.matters && !stored.contains(*guid));
        self.wrong.extend(lost.map(|(guid, one)| format!("{} {guid} was answered, and is not stored", one.event)));
        // First by what was answered alone.
        let unanswered: Vec<&Delivered> = deliveries.values().filter(|one| !one.is_answered).collect();
        let lives = self.history.lives.iter().filter(|life| !unanswered.iter().any(|one| one.is_about(life)));
        let verdicts: Vec<Option<String>> = lives.map(|life| self.history.wrong(life)).collect();
        self.right_at_once += verdicts.iter().filter(|wrong| wrong.is_none()).count();
        self.wrong.extend(verdicts.into_iter().flatten());
        // Then what the forge shows as failed is sent again, as an operator would have it.
        for delivery in self.forge.deliveries() {
            if !delivery.redelivery && deliveries.get(&delivery.guid).is_none_or(|one| !one.is_answered) {
                self.forge.redeliver(delivery.id);
            }
        }
        self.quiet().await;
        self.wrong.extend(self.history.lives.iter().filter_map(|life| self.history.wrong(life)));
        crate::sandbox::conformance::check(&self.forge.take_calls());
        self.history.all_over();
    }

    fn report(&self, database: &str, kills: u32, seed: u64) {
        let deliveries = self.wire.deliveries();
        let sent_again = self.forge.deliveries().iter().filter(|one| one.redelivery).count();
        let mut text = format!("{database}: {kills} kills, seed {seed}\n");
        for (moment, times) in self.wire.kills() {
            writeln!(text, "  {times:4} {moment}").unwrap();
        }
        writeln!(
            text,
            "  {} deliveries, {sent_again} of them sent again as they got no answer\n  \
             {} changes, {} of them right by what was answered alone\n  {} wrong",
            deliveries.len(),
            self.history.over().len(),
            self.right_at_once,
            self.wrong.len(),
        )
        .unwrap();
        say(&text);
        assert!(self.wrong.is_empty(), "{text}{:#?}", self.wrong);
    }
}

#[expect(clippy::print_stdout, reason = "whoever runs it by hand wants to see what was done")]
fn say(text: &str) {
    println!("{text}");
}

/// The GUIDs that the store remembers.
async fn stored(url: &str) -> BTreeSet<String> {
    let sql = "SELECT guid FROM delivery";
    let guids: Vec<String> = if url.starts_with("sqlite:") {
        let mut database = SqliteConnection::connect(url).await.unwrap();
        sqlx::query_scalar(sql).fetch_all(&mut database).await.unwrap()
    } else {
        let mut database = PgConnection::connect(url).await.unwrap();
        sqlx::query_scalar(sql).fetch_all(&mut database).await.unwrap()
    };
    guids.into_iter().collect()
}

/// Writes what the server reads.
fn configure(folder: &Path, forge: &Sandbox, url: &str, store: &str) {
    let app = forge.app();
    let host = url.trim_start_matches("http://");
    let people = ["jo", "kim", "ana", "lee"].map(|login| {
        let id = forge.user(login).id;
        format!("- {{ id: {login}, accounts: [\"{host}/{id}\"] }}\n")
    });
    let directory = format!(
        "version: 1\ntiers: [junior, senior]\npeople:\n{}groups:\n\
         - {{ id: seniors, vouched: true, members: [kim, ana, lee] }}\n\
         tier_rules:\n- {{ id: are-senior, groups: [seniors], tier: senior }}\n\
         default: {{ employee: junior, contractor: junior }}\n",
        people.concat()
    );
    let config = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\npublic_url = \"http://127.0.0.1\"\n\
         [store]\nurl = \"{store}\"\n\
         [[github]]\napi_url = \"{url}\"\napp_id = {}\nprivate_key_file = \"app.pem\"\n\
         webhook_secrets = [\"{}\"]\nowners = [\"acme\"]\n\
         [directory]\nfiles = [\"directory.yml\"]\n\
         [engine]\nrequest_timeout_seconds = {REQUEST_TIMEOUT}\n",
        app.id, app.webhook_secret
    );
    let files = [("app.pem", app.private_key_pem), ("directory.yml", directory), ("seconder.toml", config)];
    for (name, text) in files {
        std::fs::write(folder.join(name), text).unwrap();
    }
}
