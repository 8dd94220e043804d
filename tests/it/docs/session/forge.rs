//! A sandbox GitHub with one change, and a server that works for it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use seconder::cli::serve;
use seconder::clock::Clock;
use seconder::config::Config;
use seconder::sandbox::{NewCommit, OpenPull, Options, Pace, Sandbox};
use tokio_util::sync::CancellationToken;

pub(super) struct Forge {
    /// It answers for as long as it is held.
    _github: Sandbox,
    stop: CancellationToken,
    server: tokio::task::JoinHandle<anyhow::Result<()>>,
}

impl Forge {
    /// jo, a junior, has opened acme/pay#1 with a commit by Claude Code; kim and ana are seniors.
    pub(super) async fn start(folder: &Path) -> Self {
        let github = Sandbox::start(Options { pace: Pace::Running, ..Options::default() }).await.unwrap();
        github.organization("acme");
        github.repository("acme/pay");
        let (jo, kim, ana) = (github.user("jo"), github.user("kim"), github.user("ana"));
        let host = github.web_url().split_once("://").unwrap().1.to_owned();
        let app = github.app();
        let directory = format!(
            "version: 1\ntiers: [junior, mid, senior, principal]\npeople:\n\
             - {{ id: jo, accounts: [\"{host}/{}\"] }}\n- {{ id: kim, accounts: [\"{host}/{}\"], groups: [seniors] }}\n\
             - {{ id: ana, accounts: [\"{host}/{}\"], groups: [seniors] }}\n\
             groups: [{{ id: seniors, vouched: true }}]\n\
             tier_rules: [{{ id: seniors, groups: [seniors], tier: senior }}]\n",
            jo.id, kim.id, ana.id
        );
        fs::write(folder.join("directory.yml"), directory).unwrap();
        fs::write(folder.join("app.pem"), app.private_key_pem).unwrap();
        let port = free_port();
        let config = format!(
            "[server]\nlisten = \"127.0.0.1:{port}\"\npublic_url = \"http://127.0.0.1:{port}\"\n\
             [store]\nurl = \"sqlite:seconder.db\"\n\
             [[github]]\napi_url = \"{}\"\napp_id = {}\nprivate_key_file = \"app.pem\"\n\
             webhook_secrets = [\"{}\"]\nowners = [\"acme\"]\n[directory]\nfiles = [\"directory.yml\"]\n",
            github.api_url(),
            app.id,
            app.webhook_secret
        );
        fs::write(folder.join("seconder.toml"), config).unwrap();
        // As a server's files are: nobody else's.
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).unwrap();
        for name in ["app.pem", "seconder.toml"] {
            fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o600)).unwrap();
        }
        let mut config = Config::load(&folder.join("seconder.toml"), []).unwrap();
        config.store_url = format!("sqlite:{}", folder.join("seconder.db").display()).into();
        let ready = serve::prepare(config, Clock::system()).await.unwrap();
        github.webhooks_to(format!("http://{}/webhooks/github", ready.address().unwrap()));
        github.require_check("acme/pay", "main", "seconder", Some(app.id));
        let store = ready.store.clone();
        let stop = CancellationToken::new();
        let server = tokio::spawn(ready.run(stop.clone()));
        let message = "Retry failed payments\n\nCo-Authored-By: Claude <noreply@anthropic.com>";
        github.push(
            &jo,
            "acme/pay",
            "retry",
            NewCommit::new(message).file("src/retry.rs", "pub const TIMES: u8 = 5;\n"),
        );
        github.open_pull(&jo, "acme/pay", OpenPull::new("retry", "Retry failed payments"));
        let mut again = tokio::time::interval(Duration::from_millis(20));
        loop {
            github.settled().await;
            if store.dirty_count().await.unwrap() == 0 {
                break;
            }
            again.tick().await;
        }
        Self { _github: github, stop, server }
    }

    pub(super) async fn stop(self) {
        self.stop.cancel();
        self.server.await.unwrap().unwrap();
    }
}

/// A port that nobody has now.
fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
