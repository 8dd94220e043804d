//! The story language: who opens what, who approves, what the check says.
//!
//! A story plays over real HTTP between a sandbox forge and a real server with a database of its own: once with a GitHub
//! and once with a GitLab, from the same text, unless it says that it is about one of them. Time is the
//! sandbox's and moves only with actions. The engine is driven by hand until everything is quiet, so that nothing ever
//! waits for a clock. A story ends by asserting that nothing was left undone: no dirty change, no refused delivery, no
//! call that breaks the forge's documents.

mod calls;
mod change;
mod check;
mod delivery;
mod files;
mod findings;
mod law;
mod page;
mod queue;
mod records;
mod replica;
mod rows;
mod uptime;
mod words;

use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::time::Duration;

use seconder::cli::serve::{self, Ready};
use seconder::clock::Clock;
use seconder::config::OrganisationPolicy;
use seconder::engine::Engine;
use seconder::forge::RULES_BELIEVED_FOR;
use seconder::sandbox::{Account, Call, Dialect, Edition, GitLab, Options, Outcome, Sandbox};
use seconder::store::Store;
use seconder::telemetry::Metrics;
use tokio_util::sync::CancellationToken;

use check::said;
use files::Files;

pub(crate) use calls::reads;
pub(crate) use change::{Change, claude};
pub(crate) use delivery::{Forged, Told, sign};
pub(crate) use queue::numbers;
pub(crate) use records::{note_of, note_without_lines};

pub(crate) const REPOSITORY: &str = "acme/pay";

/// Where people reach the server, as its links say. Stories ask the server itself.
pub(crate) const PUBLIC_URL: &str = "https://seconder.example";

/// How long a story may take before something is taken to hang. No story depends on it.
const STORY_WITHIN: Duration = Duration::from_mins(5);

/// The set-up of a story. Without more, jo and sam are juniors, mia is mid, kim, ana and lee are seniors, pat is a principal.
#[derive(Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(crate) struct World {
    forges: Vec<Dialect>,
    tiers: Vec<(&'static str, Vec<&'static str>)>,
    second_accounts: Vec<(&'static str, &'static str)>,
    directory: Option<String>,
    agents: Option<String>,
    floor: Option<String>,
    organisation_policy: OrganisationPolicy,
    names_candidates: bool,
    pub(crate) enterprise_server: bool,
    postgres: bool,
    request_timeout: Duration,
    tiers_shown_for: Vec<String>,
    private: bool,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            forges: vec![Dialect::GitHub, Dialect::GitLab(GitLab::of(Edition::Premium))],
            tiers: vec![
                ("junior", vec!["jo", "sam"]),
                ("mid", vec!["mia"]),
                ("senior", vec!["kim", "ana", "lee"]),
                ("principal", vec!["pat"]),
            ],
            second_accounts: Vec::new(),
            directory: None,
            agents: None,
            floor: None,
            organisation_policy: OrganisationPolicy::Optional,
            names_candidates: false,
            enterprise_server: false,
            postgres: false,
            request_timeout: Duration::from_secs(5),
            tiers_shown_for: Vec::new(),
            private: false,
        }
    }

    /// `second` is another account of the person with the login `first`.
    pub(crate) fn second_account(mut self, first: &'static str, second: &'static str) -> Self {
        self.second_accounts.push((first, second));
        self
    }

    /// Another directory file. `${login}` stands for that account's number on the sandbox's host, `${host}` for the host.
    pub(crate) fn directory(mut self, text: &str) -> Self {
        self.directory = Some(text.to_owned());
        self
    }

    /// A file of AI tools over the built-in ones.
    pub(crate) fn agents(mut self, text: &str) -> Self {
        self.agents = Some(text.to_owned());
        self
    }

    /// Another floor than the built-in policy.
    pub(crate) fn floor(mut self, text: &str) -> Self {
        self.floor = Some(text.to_owned());
        self
    }

    pub(crate) fn requires_organisation_policy(mut self) -> Self {
        self.organisation_policy = OrganisationPolicy::Required;
        self
    }

    pub(crate) fn names_candidates(mut self) -> Self {
        self.names_candidates = true;
        self
    }

    /// The story is about something that only GitHub has.
    pub(crate) fn on_github(mut self) -> Self {
        self.forges = vec![Dialect::GitHub];
        self
    }

    /// The story is about something that only GitLab has.
    pub(crate) fn on_gitlab(self) -> Self {
        self.on_edition(Edition::Premium)
    }

    /// The story is about a GitLab of this edition.
    pub(crate) fn on_edition(mut self, edition: Edition) -> Self {
        self.forges = vec![Dialect::GitLab(GitLab::of(edition))];
        self
    }

    /// The sandbox's API under the paths of a GitHub Enterprise Server.
    pub(crate) fn on_enterprise_server(mut self) -> Self {
        self.enterprise_server = true;
        self.on_github()
    }

    /// The repository is private.
    pub(crate) fn private(mut self) -> Self {
        self.private = true;
        self
    }

    /// Signed pages show tiers.
    pub(crate) fn shows_tiers(mut self) -> Self {
        self.tiers_shown_for = vec!["acme".to_owned()];
        self
    }

    /// With PostgreSQL instead of the embedded database.
    pub(crate) fn on_postgres(mut self) -> Self {
        self.postgres = true;
        self
    }

    /// The server soon takes a call for lost. In such a story a call may be lost at any time, and all must still end well.
    pub(crate) fn impatient(mut self) -> Self {
        self.request_timeout = Duration::from_secs(1);
        self
    }

    /// Plays a story on every forge that it is about, and asserts that nothing was left undone.
    #[expect(clippy::needless_pass_by_value, reason = "stories are written where they are played")]
    #[expect(clippy::print_stdout, reason = "which of them it was that went wrong is shown with what went wrong")]
    pub(crate) fn run(self, story: impl AsyncFn(&mut Scene)) {
        for forge in self.forges.clone() {
            println!("the story on {}", if forge == Dialect::GitHub { "GitHub" } else { "GitLab" });
            self.clone().play(forge, &story);
        }
    }

    fn play(self, forge: Dialect, story: &impl AsyncFn(&mut Scene)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let mut scene = Scene::set(self, forge).await;
            let played = tokio::time::timeout(STORY_WITHIN, async {
                story(&mut scene).await;
                scene.end().await;
            });
            played.await.expect("the story hangs");
        });
    }
}

/// A story being played.
pub(crate) struct Scene {
    pub(crate) forge: Sandbox,
    pub(crate) engine: Arc<Engine>,
    pub(crate) store: Store,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) url: String,
    folder: tempfile::TempDir,
    store_url: String,
    world: World,
    stop: CancellationToken,
    server: tokio::task::JoinHandle<anyhow::Result<()>>,
    may_refuse: bool,
    is_down: bool,
}

impl Scene {
    async fn set(world: World, dialect: Dialect) -> Self {
        let forge = Sandbox::start(Options { dialect, ..Options::default() }).await.unwrap();
        forge.organization("acme");
        if world.private {
            forge.private_repository(REPOSITORY);
        } else {
            forge.repository(REPOSITORY);
        }
        // As a server's is: nobody else's.
        let folder = tempfile::Builder::new().permissions(std::fs::Permissions::from_mode(0o700)).tempdir().unwrap();
        let store_url = if world.postgres {
            crate::pg::database().await
        } else {
            format!("sqlite:{}", folder.path().join("seconder.db").display())
        };
        let scene_files = Files { forge: &forge, folder: folder.path(), world: &world };
        scene_files.write_directory(world.directory.as_deref());
        if let Some(agents) = &world.agents {
            std::fs::write(folder.path().join("agents.yml"), agents).unwrap();
        }
        let config = scene_files.config(&store_url);
        let ready = serve::prepare(config, clock_of(&forge)).await.unwrap();
        let url = format!("http://{}", ready.address().unwrap());
        deliver_to(&forge, &url);
        forge.require_check(REPOSITORY, "main", "seconder", Some(forge.app().id));
        let (engine, store, metrics) = (Arc::clone(&ready.engine), ready.store.clone(), Arc::clone(&ready.metrics));
        let stop = CancellationToken::new();
        let server = tokio::spawn(Ready::serve_only(ready, stop.clone()));
        let (may_refuse, is_down) = (false, false);
        let scene =
            Self { forge, engine, store, metrics, url, folder, store_url, world, stop, server, may_refuse, is_down };
        // The story begins in the steady state: the rules of `main` have moved just now, and are read.
        scene.quiet().await;
        if scene.is_gitlab() {
            // What binds approvals to heads is to be ours, and not that GitLab forgets them.
            scene.forge.approval_setting(REPOSITORY, "reset_approvals_on_push", false);
            // Whose a project is, a GitLab's deliveries do not say: it has been looked at.
            scene.engine.catch_up().await;
            scene.quiet().await;
            // What its settings were at that moment is believed for a while, and the story may set up more.
            scene.forge.advance(RULES_BELIEVED_FOR);
        }
        scene.forge.take_calls();
        scene
    }

    /// An account by login; made on first mention. Agents and bots end in `[bot]`, or are `Copilot`.
    pub(crate) fn who(&self, login: &str) -> Account {
        who(&self.forge, login)
    }

    /// An organisation by login; made on first mention.
    pub(crate) fn organisation(&self, login: &str) -> Account {
        self.forge.organization(login)
    }

    /// Webhooks are answered, and nothing is due. While the server is down, webhooks have failed.
    pub(crate) async fn quiet(&self) {
        if self.is_down {
            return self.forge.settled().await;
        }
        loop {
            self.forge.settled().await;
            self.engine.run_until_idle().await.unwrap();
            self.forge.settled().await;
            let now = self.forge.now();
            if self.next_due().await.is_none_or(|due| due > now) {
                return;
            }
        }
    }

    /// When something that was put off is due: a look at a change, an answer, or a list.
    pub(crate) async fn next_due(&self) -> Option<jiff::Timestamp> {
        let now = self.forge.now();
        let due =
            [self.store.next_due(now).await, self.store.next_answer(now).await, self.store.next_listing(now).await];
        due.into_iter().filter_map(Result::unwrap).min()
    }

    /// Time passes until whatever was put off is due, and it is dealt with; until nothing is put off any more.
    pub(crate) async fn patience(&self) {
        for _ in 0..40 {
            self.quiet().await;
            if self.next_due().await.is_none() {
                return;
            }
            self.until_due().await;
        }
        panic!("something is put off again and again");
    }

    /// Time passes until the next thing that was put off is due.
    pub(crate) async fn until_due(&self) {
        let now = self.forge.now();
        if let Some(due) = self.next_due().await {
            self.forge.advance(due.duration_since(now) + jiff::SignedDuration::from_secs(1));
        }
    }

    /// Calls to the API since the last question, after everything is quiet.
    pub(crate) async fn calls(&self) -> Vec<Call> {
        self.quiet().await;
        self.checked_calls()
    }

    fn checked_calls(&self) -> Vec<Call> {
        let calls = self.calls_outside();
        let uncovered = crate::scenario::trouble::matrix::uncovered(&calls, self.is_gitlab());
        assert!(uncovered.is_empty(), "calls that scenario/trouble/matrix.rs does not know: {uncovered:?}");
        // Tokens are asked for once an hour, whatever happens: they are not calls about anything.
        calls.into_iter().filter(|call| !call.path.ends_with("/access_tokens")).collect()
    }

    /// Calls of something beside the server since the last question: held to the forge's documents.
    pub(crate) fn calls_outside(&self) -> Vec<Call> {
        let calls = self.forge.take_calls();
        if self.is_gitlab() {
            crate::sandbox::conformance::gitlab::check(&calls);
        } else {
            crate::sandbox::conformance::check(&calls);
        }
        calls
    }

    /// Has the forge deliver to the server at this address from now on.
    pub(crate) fn deliver_to(&self, url: &str) {
        deliver_to(&self.forge, url);
    }

    /// Whether the story plays on a GitLab: for what is called otherwise there.
    pub(crate) fn is_gitlab(&self) -> bool {
        self.forge.is_gitlab()
    }

    /// Replaces the directory's file; the server does not look yet.
    pub(crate) fn write_directory(&self, text: &str) {
        Files { forge: &self.forge, folder: self.folder.path(), world: &self.world }.write_directory(Some(text));
    }

    /// The file of the embedded database.
    pub(crate) fn store_file(&self) -> Option<std::path::PathBuf> {
        (!self.world.postgres).then(|| self.folder.path().join("seconder.db"))
    }

    /// Every row of the store, for comparing.
    pub(crate) async fn rows(&self) -> Vec<String> {
        rows::rows(&self.store_url).await
    }

    /// Replaces the directory's file and has it read again.
    pub(crate) async fn new_directory(&self, text: &str) {
        self.reload_directory(Some(text)).await;
    }

    /// People have other tiers from now on. Whoever is not listed is not in the directory any more.
    pub(crate) async fn tiers(&mut self, tiers: &[(&'static str, &[&'static str])]) {
        self.world.tiers = tiers.iter().map(|(tier, logins)| (*tier, logins.to_vec())).collect();
        self.reload_directory(None).await;
    }

    async fn reload_directory(&self, text: Option<&str>) {
        let files = Files { forge: &self.forge, folder: self.folder.path(), world: &self.world };
        files.write_directory(text);
        self.engine.reload_directory().await;
        self.quiet().await;
    }

    /// Replaces the file of AI tools and has it read again.
    pub(crate) async fn new_agents(&self, text: &str) {
        std::fs::write(self.folder.path().join("agents.yml"), text).unwrap();
        self.engine.reload_agents().await;
        self.quiet().await;
    }

    /// The digest of the catalogue that the last decision about a change rests on.
    pub(crate) async fn catalogue_of(&self, change: &Change) -> String {
        let decision = self.store.latest_judgement(&self.key(change)).await.unwrap();
        decision.unwrap().digests.catalogue
    }

    /// So many hours pass, and the directory's files are looked at again, as they are every half minute.
    pub(crate) async fn hours_pass(&self, hours: i64) {
        self.forge.advance(jiff::SignedDuration::from_hours(hours));
        self.engine.reload_directory().await;
        self.quiet().await;
    }

    /// In this story a delivery is meant to be refused, or lost.
    pub(crate) fn expect_refusals(&mut self) {
        self.may_refuse = true;
    }

    async fn end(self) {
        self.quiet().await;
        self.checked_calls();
        if !self.may_refuse {
            for delivery in self.forge.deliveries() {
                let is_taken = matches!(delivery.outcome, Outcome::Answered(200..300));
                assert!(is_taken, "{} {:?}: {:?}", delivery.event, delivery.action, delivery.outcome);
            }
        }
        assert_eq!(self.store.dirty_count().await.unwrap(), 0, "a change was left dirty");
        assert_eq!(self.store.next_answer(self.forge.now()).await.unwrap(), None, "an answer was left unsent");
        assert_eq!(self.store.owed_count().await.unwrap(), 0, "something was left to be listed");
        // Of a GitLab, up to five things are asked at once: four of them may be on their way when it names a limit.
        let on_their_way = if self.is_gitlab() { 4 * self.forge.faults().limits_named() } else { 0 };
        let calls_before_reset = self.forge.faults().calls_before_reset();
        assert!(calls_before_reset <= on_their_way, "{calls_before_reset} calls were made before the named reset");
        self.stop.cancel();
        self.server.await.unwrap().unwrap();
    }
}

fn who(forge: &Sandbox, login: &str) -> Account {
    if login.ends_with("[bot]") || login == "Copilot" { forge.bot(login) } else { forge.user(login) }
}

/// Has the forge deliver to the server at this address from now on. The hooks of a GitLab name the public address.
fn deliver_to(forge: &Sandbox, url: &str) {
    if forge.is_gitlab() {
        forge.resolve(PUBLIC_URL, url);
        forge.webhooks_to(format!("{PUBLIC_URL}/webhooks/gitlab"));
    } else {
        forge.webhooks_to(format!("{url}/webhooks/github"));
    }
}

/// The sandbox's time.
fn clock_of(forge: &Sandbox) -> Clock {
    let forge = forge.clone();
    Clock::from_fn(move || forge.now())
}
