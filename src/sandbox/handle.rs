//! The handle: starting, stopping, looking.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::task::JoinHandle;

use super::accounts::AccountKind;
use super::apps::{self, App, Registered};
use super::clock::{Clock, Pace};
use super::faults::Faults;
use super::gitlab::{self, Dialect};
use super::tap::Call;
use super::webhooks::{self, Delivery};
use super::world::World;

/// How a sandbox is set up.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Name of the App, as its slug.
    pub app: String,
    /// How the clock moves.
    pub pace: Pace,
    /// Which forge it is.
    pub dialect: Dialect,
    /// Calls per installation and hour; on GitLab, per user and minute.
    pub rate_limit: u32,
    /// Webhooks under way at the same time. With one, they arrive in order; GitHub promises no order.
    pub concurrent_deliveries: usize,
    /// How long a webhook may take to be answered.
    pub delivery_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            dialect: Dialect::GitHub,
            app: "seconder".to_owned(),
            pace: Pace::Stepped,
            rate_limit: 5_000,
            concurrent_deliveries: 1,
            delivery_timeout: Duration::from_secs(10),
        }
    }
}

/// Why a sandbox did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is taken, or may not be used.
    #[error("the sandbox cannot listen on {address}: {source}; choose another address, or port 0 for any free one")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The HTTP client or the App's key could not be made.
    #[error("the sandbox cannot prepare {0}")]
    Prepare(&'static str),
}

/// A running sandbox. Clones share it; it stops when the last one is dropped.
///
/// Story methods (`push`, `review`, …) name repositories as `owner/name`. A story that names what does not exist, or
/// does what GitHub would refuse, is a mistake in the story: it panics and says what is wrong.
#[derive(Clone)]
pub struct Sandbox {
    pub(crate) shared: Arc<Shared>,
    /// Held by handles of the outside only: the tasks inside hold `shared`, and must not keep themselves alive.
    running: Option<Arc<Running>>,
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox").field("url", &self.shared.url).finish_non_exhaustive()
    }
}

#[derive(Debug)]
pub(crate) struct Shared {
    world: Mutex<World>,
    wake: Notify,
    delivered: Notify,
    url: String,
    app: App,
    is_gitlab: bool,
}

#[derive(Debug)]
struct Running(Vec<JoinHandle<()>>);

impl Drop for Running {
    fn drop(&mut self) {
        for task in &self.0 {
            task.abort();
        }
    }
}

impl Sandbox {
    /// Binds and serves until the last handle is dropped. Call it inside a tokio runtime.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let address = options.listen;
        let listen = |source| StartError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let url = format!("http://{}", listener.local_addr().map_err(listen)?);
        let mut world = World::new(url.clone(), Clock::new(options.pace), options.rate_limit);
        let app = register(&mut world, &options.app).ok_or(StartError::Prepare("the App's private key"))?;
        if let Dialect::GitLab(gitlab) = options.dialect {
            world.become_gitlab(gitlab).ok_or(StartError::Prepare("the key of its id tokens"))?;
        }
        let is_gitlab = world.is_gitlab();
        let shared =
            Shared { world: Mutex::new(world), wake: Notify::new(), delivered: Notify::new(), url, app, is_gitlab };
        let mut github = Self { shared: Arc::new(shared), running: None };
        // Webhooks go to this machine: a proxy of the environment has no part in it.
        let client = reqwest::Client::builder().timeout(options.delivery_timeout).no_proxy().build();
        let client = client.map_err(|_| StartError::Prepare("its HTTP client"))?;
        let routes = super::http::routes(github.clone());
        let mut tasks = vec![tokio::spawn(async move {
            // Ends with the task; an accept error is retried inside.
            let _ = axum::serve(listener, routes).await;
        })];
        for _ in 0..options.concurrent_deliveries.max(1) {
            tasks.push(tokio::spawn(webhooks::deliver(github.clone(), client.clone())));
        }
        if is_gitlab {
            tasks.push(tokio::spawn(gitlab::run_jobs(github.clone(), client)));
        }
        github.running = Some(Arc::new(Running(tasks)));
        Ok(github)
    }

    /// Base of the APIs. On GitLab they are at `/api/v4` and `/api/graphql` below it. On GitHub, GraphQL is at `/graphql` below it. `/api/v3` and `/api/graphql` answer too, as on GitHub
    /// Enterprise Server.
    pub fn api_url(&self) -> String {
        self.shared.url.clone()
    }

    /// Where people look.
    pub fn web_url(&self) -> String {
        self.shared.url.clone()
    }

    /// The App, with its secrets.
    pub fn app(&self) -> App {
        self.shared.app.clone()
    }

    /// Another App, installed wherever the first one is from now on.
    ///
    /// # Panics
    /// If no key can be made.
    pub fn another_app(&self, slug: &str) -> App {
        let mut world = self.world();
        let first = self.shared.app.id;
        let app = register(&mut world, slug).unwrap_or_else(|| panic!("no key for the App {slug}"));
        let installed: Vec<_> = world.installations.values().filter(|i| i.app == first).cloned().collect();
        for mut installation in installed {
            installation.id = world.next_id();
            installation.app = app.id;
            world.installations.insert(installation.id, installation);
        }
        app
    }

    /// Whether it is a GitLab.
    pub fn is_gitlab(&self) -> bool {
        self.shared.is_gitlab
    }

    /// Sends the App's webhooks here from now on. On GitLab, makes hooks on every top-level group, or, in an edition that has
    /// none there, on every project.
    pub fn webhooks_to(&self, url: impl Into<String>) {
        if self.is_gitlab() {
            let mut world = self.world();
            world.gitlab.hook_url = Some(url.into());
            return world.place_hooks();
        }
        if let Some(app) = self.world().apps.get_mut(&self.shared.app.id) {
            app.webhook_url = Some(url.into());
        }
    }

    /// Sets up trouble.
    pub fn faults(&self) -> Faults<'_> {
        Faults(self)
    }

    /// Every call to the API so far.
    pub fn calls(&self) -> Vec<Call> {
        self.world().tap.clone()
    }

    /// Forgets the calls so far, and returns them.
    pub fn take_calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.world().tap)
    }

    /// Every attempt to deliver a webhook so far.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.world().deliveries.clone()
    }

    /// The sandbox's now.
    pub fn now(&self) -> Timestamp {
        self.world().now()
    }

    /// Moves the clock forward by hand.
    pub fn advance(&self, by: SignedDuration) {
        self.world().clock.advance(by);
    }

    /// Waits until every webhook that is not held back was answered, or failed.
    pub async fn settled(&self) {
        loop {
            let delivered = self.shared.delivered.notified();
            tokio::pin!(delivered);
            delivered.as_mut().enable();
            {
                let world = self.world();
                let at_work = world.gitlab.running + world.gitlab.to_run.len();
                if world.outbox.is_empty() && world.in_flight == 0 && at_work == 0 {
                    return;
                }
            }
            delivered.await;
        }
    }

    pub(crate) fn shared_app(&self) -> u64 {
        self.shared.app.id
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        // A panic in a story leaves the state as it was: another test's assertion must not be hidden by it.
        self.shared.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the world, and wakes whoever sends webhooks.
    pub(crate) fn act<T>(&self, action: impl FnOnce(&mut World) -> T) -> T {
        let done = action(&mut self.world());
        self.wake_senders();
        done
    }

    pub(crate) fn wake_senders(&self) {
        self.shared.wake.notify_waiters();
    }

    pub(crate) fn woken(&self) -> Notified<'_> {
        self.shared.wake.notified()
    }

    pub(crate) fn delivered(&self) {
        self.shared.delivered.notify_waiters();
    }
}

fn register(world: &mut World, slug: &str) -> Option<App> {
    let key = apps::key(world.apps.len())?;
    let id = world.next_id();
    let bot = world.next_id();
    let owner = world.next_id();
    world.accounts.add(bot, &format!("{slug}[bot]"), slug, AccountKind::Bot);
    world.accounts.add(owner, &format!("{slug}-maker"), &format!("{slug}-maker"), AccountKind::Organization);
    let webhook_secret = uuid::Uuid::new_v4().simple().to_string();
    let app = App { id, slug: slug.to_owned(), private_key_pem: key.private_pem, webhook_secret };
    let registered = Registered {
        app: app.clone(),
        owner,
        bot,
        public_key: key.public_der,
        webhook_url: None,
        webhook: apps::Webhook::default(),
        events: apps::EVENTS.map(str::to_owned).to_vec(),
        permissions: apps::default_permissions(),
        created_at: world.now(),
    };
    world.apps.insert(id, registered);
    Some(app)
}
