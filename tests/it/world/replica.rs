//! A second server on the same database.

use std::sync::Arc;

use seconder::cli::serve::{self, Ready};
use seconder::clock::Clock;
use seconder::config::Config;
use seconder::engine::Engine;
use seconder::store::Store;
use tokio_util::sync::CancellationToken;

use super::{Files, Scene, clock_of};

/// A server beside the story's own. It stops when it is dropped.
pub(crate) struct Replica {
    pub(crate) engine: Arc<Engine>,
    pub(crate) store: Store,
    pub(crate) url: String,
    stop: CancellationToken,
}

impl Drop for Replica {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Scene {
    /// The time as the story tells it.
    pub(crate) fn clock(&self) -> Clock {
        clock_of(&self.forge)
    }

    /// The server's configuration, to be changed and given to [`Scene::server_with`].
    pub(crate) fn config(&self) -> Config {
        let files = Files { forge: &self.forge, folder: self.folder.path(), world: &self.world };
        files.config(&self.store_url)
    }

    /// Another server on the same database, as behind a load balancer.
    pub(crate) async fn another_server(&self) -> Replica {
        self.server_with(self.config(), clock_of(&self.forge)).await
    }

    /// A server with this configuration and this clock.
    pub(crate) async fn server_with(&self, config: Config, clock: Clock) -> Replica {
        let ready = serve::prepare(config, clock).await.unwrap();
        let url = format!("http://{}", ready.address().unwrap());
        let (engine, store) = (Arc::clone(&ready.engine), ready.store.clone());
        let stop = CancellationToken::new();
        tokio::spawn(Ready::serve_only(ready, stop.clone()));
        Replica { engine, store, url, stop }
    }
}
