//! The server is down for a while, and what time brings.

use std::sync::Arc;

use jiff::SignedDuration;
use seconder::cli::serve::{self, Ready};
use tokio_util::sync::CancellationToken;

use super::{Files, Scene, clock_of};

/// Nobody listens there: whoever calls is refused.
const NOWHERE: &str = "http://127.0.0.1:1";

impl Scene {
    /// The server stops. Until [`Scene::restart`], deliveries fail, and nothing is judged.
    pub(crate) async fn server_down(&mut self) {
        self.quiet().await;
        self.deliver_to(NOWHERE);
        self.stop.cancel();
        (&mut self.server).await.unwrap().unwrap();
        self.store.close().await;
        self.is_down = true;
        self.expect_refusals();
    }

    /// The server loses its store, and goes on without it.
    pub(crate) async fn lose_store(&self) {
        self.quiet().await;
        self.store.close().await;
    }

    /// The server starts anew, with its store.
    pub(crate) async fn find_store(&mut self) {
        self.stop.cancel();
        (&mut self.server).await.unwrap().unwrap();
        self.restart().await;
    }

    /// A second server on the same store, whose task that stores deliveries has ended, as it would by a panic.
    pub(crate) async fn without_its_writer(&self) -> Ready {
        let files = Files { forge: &self.forge, folder: self.folder.path(), world: &self.world };
        let (config, clock) = (files.config(&self.store_url), clock_of(&self.forge));
        let listener = serve::listen("127.0.0.1:0").await.unwrap();
        let prepared = std::thread::spawn(move || {
            // Its tasks end with it.
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(serve::prepare_on(listener, config, clock)).unwrap()
        });
        prepared.join().unwrap()
    }

    /// The server starts anew with the same store and configuration.
    pub(crate) async fn restart(&mut self) {
        self.start().await;
        self.quiet().await;
    }

    /// As [`Scene::restart`], before it has done anything.
    pub(crate) async fn start(&mut self) {
        let files = Files { forge: &self.forge, folder: self.folder.path(), world: &self.world };
        let ready = serve::prepare(files.config(&self.store_url), clock_of(&self.forge)).await.unwrap();
        self.url = format!("http://{}", ready.address().unwrap());
        self.deliver_to(&self.url);
        (self.engine, self.store) = (Arc::clone(&ready.engine), ready.store.clone());
        self.metrics = Arc::clone(&ready.metrics);
        self.stop = CancellationToken::new();
        self.server = tokio::spawn(Ready::serve_only(ready, self.stop.clone()));
        self.is_down = false;
        self.engine.catch_up().await;
    }

    /// The server stops, and starts anew with the same store and configuration, and with this directory file.
    pub(crate) async fn restart_with_directory(&mut self, text: &str) {
        let may_refuse = self.may_refuse;
        self.server_down().await;
        self.may_refuse = may_refuse;
        let files = Files { forge: &self.forge, folder: self.folder.path(), world: &self.world };
        files.write_directory(Some(text));
        self.restart().await;
    }

    /// So many minutes pass, and the server looks whether it is time to list anything, as it does twice a minute.
    pub(crate) async fn minutes_pass(&self, minutes: i64) {
        self.forge.advance(SignedDuration::from_mins(minutes));
        self.engine.sweep().await;
        self.quiet().await;
    }
}
