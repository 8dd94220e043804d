//! `seconder serve`: put the rooms together, and run until told to stop.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::{Context as _, bail};
use jiff::SignedDuration;
use secrecy::ExposeSecret as _;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::signals::Signals;
use super::supervisor;
use crate::clock::Clock;
use crate::config::{self, Config};
use crate::engine::{Engine, Floor, Options, OrganisationPolicy, Parts, People, Sources, Tools};
use crate::forge::Forge;
use crate::forge::github::{GitHub, GitHubConfig};
use crate::forge::gitlab::job_token::JobTokens;
use crate::forge::gitlab::webhook::{Secrets, SigningToken};
use crate::forge::gitlab::{GitLab, GitLabConfig};
use crate::gate::ids::{AccountId, Host};
use crate::server::listen::{self, Limits};
use crate::server::{GitHubHooks, GitLabHooks, Hooks, Pages, Server};
use crate::store::{Owners, Store};
use crate::telemetry::Metrics;
use crate::wake::Wake;

/// How long running work may take to finish after a signal.
pub const DRAIN: Duration = Duration::from_secs(20);

/// A server that is ready to run: the store is open and migrated, the directory and floor are read, the port is taken.
#[derive(Debug)]
pub struct Ready {
    listener: TcpListener,
    server: Server,
    /// The loop, for tests that drive it by hand.
    pub engine: Arc<Engine>,
    /// The store, for tests that look into it.
    pub store: Store,
    /// What is counted.
    pub metrics: Arc<Metrics>,
}

pub(super) async fn run(path: &Path) -> anyhow::Result<()> {
    let config = Config::load(path, config::environment()?)?;
    let (stop, reload) = (CancellationToken::new(), Arc::new(Notify::new()));
    let signals = Signals::listen().context("signals cannot be listened to")?;
    tokio::spawn(signals.obey(stop.clone(), Arc::clone(&reload)));
    let ready = tokio::select! {
        ready = prepare(config, Clock::system()) => ready?,
        // A database that does not answer must not keep us, either.
        () = stop.cancelled() => return Ok(()),
    };
    tracing::info!(address = %ready.address()?, "listening");
    supervisor::tell(supervisor::READY);
    let engine = Arc::clone(&ready.engine);
    tokio::spawn(async move {
        loop {
            reload.notified().await;
            engine.reload_directory_soon();
        }
    });
    let ending = stop.clone();
    tokio::spawn(async move {
        ending.cancelled().await;
        supervisor::tell(supervisor::STOPPING);
    });
    ready.run(stop).await
}

/// Opens, reads and binds everything. Whatever is wrong with the set-up is said here.
pub async fn prepare(config: Config, clock: Clock) -> anyhow::Result<Ready> {
    let listener = listen(&config.listen).await?;
    prepare_on(listener, config, clock).await
}

/// Takes the port. Whoever lets the system choose one learns it before anything links to it.
pub async fn listen(address: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("server.listen: cannot use {address}"))
}

/// As [`prepare`], with the port taken.
pub async fn prepare_on(listener: TcpListener, config: Config, clock: Clock) -> anyhow::Result<Ready> {
    let store = Store::open(config.store_url.expose_secret()).await.context("store.url")?;
    let metrics = Metrics::new();
    let wake = Arc::new(Wake::default());
    let mut forges = BTreeMap::new();
    let mut hooks = Vec::new();
    let mut owners_of = BTreeMap::new();
    for host in &config.github {
        let github = github(host, &config, &clock)?;
        let name: Host = github.host().clone();
        let owners = Arc::new(Owners::new(&host.owners));
        owners_of.insert(name.clone(), Arc::clone(&owners));
        hooks.push(GitHubHooks {
            host: name.clone(),
            app_id: host.app_id,
            secrets: host.webhook_secrets.clone(),
            owners,
            check_name: config.check_name.clone(),
        });
        if forges.insert(name.clone(), Arc::new(Forge::GitHub(github))).is_some() {
            bail!("github: {name} is configured twice; one [[github]] table a host");
        }
    }
    let people = People::load(sources(&config)?, floor(&config), &store, clock.now()).await?;
    let tools = Tools::load(config.agents_files.clone())?;
    let link_key = store.link_key(rand::random()).await.context("store.url")?;
    let shows_tiers = Arc::new(Owners::new(&config.tiers_shown_for));
    let pages = Pages::new(&config.public_url, link_key.clone(), Arc::clone(&shows_tiers));
    let hooks = Hooks { github: hooks, gitlab: gitlab_hooks(&config)? };
    for (host, hooks) in config.gitlab.iter().zip(&hooks.gitlab) {
        let gitlab = gitlab(host, &config, &clock, Arc::clone(&hooks.bot))?;
        owners_of.insert(hooks.host.clone(), Arc::clone(&hooks.owners));
        if forges.insert(hooks.host.clone(), Arc::new(Forge::GitLab(gitlab))).is_some() {
            bail!("gitlab: {} is a GitHub host as well; a host is one or the other", hooks.host);
        }
    }
    let server = Server::new(store.clone(), hooks, pages, Arc::clone(&metrics), clock.clone(), Arc::clone(&wake));
    let options = options(&config);
    let parts = Parts {
        store: store.clone(),
        forges,
        owners: owners_of,
        people,
        tools,
        metrics: Arc::clone(&metrics),
        clock,
        wake,
        options,
        link_key,
        shows_tiers,
    };
    Ok(Ready { listener, server, engine: Engine::new(parts), store, metrics })
}

/// What is needed to take deliveries from the configured GitLab hosts.
pub(super) fn gitlab_hooks(config: &Config) -> anyhow::Result<Vec<GitLabHooks>> {
    let mut hooks: Vec<GitLabHooks> = Vec::new();
    for (number, configured) in config.gitlab.iter().enumerate() {
        let host: Host = configured.host().parse().with_context(|| format!("gitlab.{number}.url"))?;
        if hooks.iter().any(|hooks| hooks.host == host) {
            bail!("gitlab: {host} is configured twice; one [[gitlab]] table a host");
        }
        let signing = configured.webhook_signing_tokens.iter().map(SigningToken::parse).collect::<Result<_, _>>();
        hooks.push(GitLabHooks {
            host,
            secrets: Secrets {
                signing: signing.with_context(|| format!("gitlab.{number}.webhook_signing_tokens"))?,
                tokens: configured.webhook_secret_tokens.clone(),
            },
            owners: Arc::new(Owners::new(&configured.owners)),
            policy_project: configured.policy_project.clone(),
            check_name: config.check_name.clone(),
            bot: Arc::new(OnceLock::new()),
            jobs: JobTokens::new(&configured.url, &configured.job_audience, config.engine.request_timeout)?,
        });
    }
    Ok(hooks)
}

/// The client of a configured host.
pub(super) fn github(host: &config::GitHubHost, config: &Config, clock: &Clock) -> anyhow::Result<GitHub> {
    let now = clock.clone();
    let settings = GitHubConfig {
        api_url: host.api_url.clone(),
        app_id: host.app_id,
        private_key: host.private_key.clone(),
        request_timeout: config.engine.request_timeout,
        check_name: config.check_name.clone(),
    };
    GitHub::new(settings, Arc::new(move || now.now())).with_context(|| format!("github: {}", host.api_url))
}

/// The client of a configured GitLab. Who our account there is, it tells `bot` as soon as it knows.
pub(super) fn gitlab(
    host: &config::GitLabHost,
    config: &Config,
    clock: &Clock,
    bot: Arc<OnceLock<AccountId>>,
) -> anyhow::Result<GitLab> {
    let now = clock.clone();
    let settings = GitLabConfig {
        url: host.url.clone(),
        token: host.token.clone(),
        owners: host.owners.clone(),
        policy_project: host.policy_project.clone(),
        request_timeout: config.engine.request_timeout,
        check_name: config.check_name.clone(),
        webhook_url: format!("{}/webhooks/gitlab", config.public_url),
        bot,
    };
    GitLab::new(settings, Arc::new(move || now.now())).with_context(|| format!("gitlab: {}", host.url))
}

/// Where the configuration says that people come from.
pub(super) fn sources(config: &Config) -> anyhow::Result<Sources> {
    Ok(Sources { files: config.directory_files.clone(), gitlabs: gitlab_hosts(config)? })
}

/// The hosts of the configured `[[gitlab]]` tables.
pub(super) fn gitlab_hosts(config: &Config) -> anyhow::Result<BTreeSet<Host>> {
    let host = |(number, configured): (usize, &config::GitLabHost)| {
        configured.host().parse().with_context(|| format!("gitlab.{number}.url"))
    };
    config.gitlab.iter().enumerate().map(host).collect()
}

/// The floor that the configuration names.
pub(super) fn floor(config: &Config) -> Floor {
    let named = |floor: &config::NamedText| Floor { name: floor.name.clone(), text: floor.text.clone() };
    config.floor.as_ref().map_or_else(Floor::built_in, named)
}

/// How the configuration wants the engine to work.
pub(super) fn options(config: &Config) -> Options {
    let signed = |duration: Duration| SignedDuration::try_from(duration).unwrap_or(SignedDuration::from_secs(30));
    Options {
        workers: config.engine.workers,
        request_timeout: signed(config.engine.request_timeout),
        lease: signed(config.engine.lease),
        check_name: config.check_name.clone(),
        names_candidates: config.names_candidates,
        organisation_policy: match config.organisation_policy {
            config::OrganisationPolicy::Optional => OrganisationPolicy::Optional,
            config::OrganisationPolicy::Required => OrganisationPolicy::Required,
        },
        list_every: signed(config.sweep.changes_every),
        deliveries_every: signed(config.sweep.deliveries_every),
        public_url: config.public_url.clone(),
    }
}

impl Ready {
    /// Where it listens.
    pub fn address(&self) -> anyhow::Result<SocketAddr> {
        Ok(self.listener.local_addr()?)
    }

    /// Serves and works until `stop` is cancelled. Deliveries are then no longer taken, and work that was begun is
    /// finished; what is not done by then stays dirty in the store.
    pub async fn run(self, stop: CancellationToken) -> anyhow::Result<()> {
        let (engine, store) = (Arc::clone(&self.engine), self.store.clone());
        let working = tokio::spawn({
            let stop = stop.clone();
            async move { engine.run(stop).await }
        });
        let overdue = async {
            stop.cancelled().await;
            tokio::time::sleep(DRAIN).await;
        };
        let done = async {
            let served = self.serve_only(stop.clone()).await;
            // Without deliveries there is no point in working on: whoever started us sees the failure, and starts anew.
            stop.cancel();
            working.await.context("the engine stopped")?;
            served
        };
        let ending = async {
            tokio::select! {
                done = done => done,
                // A visitor who never finishes a request must not keep us, either.
                () = overdue => {
                    tracing::warn!("some work did not finish in time; it is taken up again at the next start");
                    Ok(())
                }
            }
        };
        tokio::pin!(ending);
        let ended = tokio::select! {
            ended = &mut ending => ended,
            // Every delivery would be refused from now on: whoever started us is to start us anew.
            () = store.ended() => {
                stop.cancel();
                ending.await.and_then(|()| bail!("deliveries can no longer be stored, as the task that does so has ended"))
            }
        };
        store.close().await;
        ended
    }

    /// Takes deliveries without working on them, for tests that drive the engine by hand.
    pub async fn serve_only(self, stop: CancellationToken) -> anyhow::Result<()> {
        listen::serve(self.listener, self.server.router(), Limits::of_this_process(), stop).await;
        Ok(())
    }
}
