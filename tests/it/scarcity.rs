//! The server has too little of something: room on the disk, open files, or patience of those who connect. Whatever was
//! answered with 2xx stays stored, the rest is refused so that it can be sent again, and when there is enough, all goes on.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use seconder::sandbox::{NewCommit, Options, Sandbox};
use seconder::server::listen::{Limits, serve};
use sqlx::{Connection as _, SqliteConnection};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::cli::process::Running;
use crate::world::sign;

/// How long to wait before something is taken to hang. Nothing else depends on it.
const HANGS: Duration = Duration::from_mins(2);

/// A real server under limits of the system, and an organisation that it serves.
struct Scarce {
    forge: Sandbox,
    server: Running,
    folder: tempfile::TempDir,
    sender: Sender,
    sent: usize,
}

/// Sends deliveries, each on a connection of its own.
#[derive(Clone)]
struct Sender {
    client: reqwest::Client,
    url: String,
    secret: String,
}

impl Sender {
    /// Gives the status of the answer.
    async fn deliver(&self, (guid, body): (String, String)) -> u16 {
        let call = self.client.post(format!("{}/webhooks/github", self.url));
        let call = call.header("content-type", "application/json").header("x-github-event", "push");
        let call = call.header("x-github-delivery", guid).header("x-hub-signature-256", sign(&self.secret, &body));
        let answer = tokio::time::timeout(HANGS, call.body(body).send()).await.expect("no answer in time");
        let answer = answer.expect("an answer");
        let (status, said) = (answer.status().as_u16(), answer.text().await.unwrap());
        assert!([202, 503].contains(&status), "{status}: {said}");
        status
    }
}

impl Scarce {
    /// `limit` is an option of `prlimit(1)`.
    async fn begin(limit: &str) -> Self {
        let forge = Sandbox::start(Options::default()).await.unwrap();
        forge.organization("acme");
        forge.repository("acme/pay");
        let folder = tempfile::tempdir().unwrap();
        let app = forge.app();
        std::fs::write(folder.path().join("app.pem"), &app.private_key_pem).unwrap();
        std::fs::write(folder.path().join("directory.yml"), "version: 1\ntiers: [junior, senior]\n").unwrap();
        let config = format!(
            "[server]\nlisten = \"127.0.0.1:0\"\npublic_url = \"http://127.0.0.1\"\n\
             [store]\nurl = \"sqlite:{}\"\n\
             [[github]]\napi_url = \"{}\"\napp_id = {}\nprivate_key_file = \"app.pem\"\n\
             webhook_secrets = [\"{}\"]\nowners = [\"acme\"]\n\
             [directory]\nfiles = [\"directory.yml\"]\n",
            folder.path().join("seconder.db").display(),
            forge.api_url(),
            app.id,
            app.webhook_secret
        );
        let file = folder.path().join("seconder.toml");
        std::fs::write(&file, config).unwrap();
        let mut command = Command::new("sh");
        // Who writes too large a file is told so, instead of being killed.
        let script = "trap '' XFSZ; exec prlimit \"$1\" -- \"$2\" serve --log-format json --config \"$3\"";
        command.args(["-c", script, "sh", limit, env!("CARGO_BIN_EXE_seconder")]).arg(file).env_clear();
        command.env("PATH", "/usr/bin:/bin");
        let (server, url) = tokio::task::spawn_blocking(move || {
            let mut server = Running::start(command);
            let line: serde_json::Value = serde_json::from_str(&server.line("\"message\":\"listening\"")).unwrap();
            (server, format!("http://{}", line["address"].as_str().unwrap()))
        })
        .await
        .unwrap();
        let client = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap();
        let sender = Sender { client, url, secret: app.webhook_secret };
        Self { forge, server, folder, sender, sent: 0 }
    }

    /// A push, told by GitHub. Every one leaves something behind.
    fn push(&mut self) -> (String, String) {
        self.sent += 1;
        let commit = NewCommit::new(format!("Step {}", self.sent)).file("a", self.sent.to_string());
        self.forge.webhooks_to("http://127.0.0.1:1");
        self.forge.push(&self.forge.user("jo"), "acme/pay", "work", commit);
        let delivery = self.forge.deliveries().into_iter().rfind(|delivery| delivery.event == "push").unwrap();
        (delivery.guid, delivery.body)
    }

    async fn deliver(&self, push: &(String, String)) -> u16 {
        self.sender.deliver(push.clone()).await
    }

    async fn is_ready(&self) -> bool {
        self.sender.client.get(format!("{}/readyz", self.sender.url)).send().await.unwrap().status().is_success()
    }

    /// Changes a limit of the running server.
    fn now(&self, limit: &str) {
        let pid = self.server.id().to_string();
        assert!(Command::new("prlimit").args(["--pid", &pid, limit]).status().unwrap().success());
    }

    /// Bytes of the largest file of the database.
    fn largest_file(&self) -> u64 {
        let files = std::fs::read_dir(self.folder.path()).unwrap();
        files.map(|file| file.unwrap().metadata().unwrap().len()).max().unwrap()
    }

    /// Pulls the plug, and gives what is in the store.
    async fn stored(mut self) -> BTreeSet<String> {
        self.server.kill();
        let url = format!("sqlite:{}", self.folder.path().join("seconder.db").display());
        let mut database = SqliteConnection::connect(&url).await.unwrap();
        let guids: Vec<String> =
            sqlx::query_scalar("SELECT guid FROM delivery").fetch_all(&mut database).await.unwrap();
        guids.into_iter().collect()
    }
}

fn play(story: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(HANGS, story).await.expect("the story hangs") });
}

#[test]
fn with_a_full_disk_deliveries_are_refused_until_there_is_room_and_none_that_was_taken_is_lost() {
    play(async {
        let mut scarce = Scarce::begin("--fsize=unlimited:unlimited").await;
        let first = scarce.push();
        assert_eq!(scarce.deliver(&first).await, 202);
        scarce.now(&format!("--fsize={}:unlimited", scarce.largest_file() + 64 * 1024));
        let mut taken = BTreeSet::from([first.0]);
        let refused = loop {
            let push = scarce.push();
            match scarce.deliver(&push).await {
                202 => taken.insert(push.0),
                status => {
                    assert_eq!(status, 503);
                    break push;
                }
            };
        };
        assert!(taken.len() > 1);
        assert_eq!(scarce.deliver(&refused).await, 503);
        // What little room is left may do for a smaller write. Now there is none.
        scarce.now("--fsize=1:unlimited");
        while scarce.is_ready().await {}
        scarce.now("--fsize=unlimited:unlimited");
        while !scarce.is_ready().await {}
        assert_eq!(scarce.deliver(&refused).await, 202);
        taken.insert(refused.0);
        assert!(scarce.stored().await.is_superset(&taken));
    });
}

#[test]
fn with_few_open_files_many_deliveries_at_once_wait_for_their_turn_and_are_all_taken() {
    play(async {
        let mut scarce = Scarce::begin("--nofile=64:64").await;
        let pushes: Vec<_> = (0..300).map(|_| scarce.push()).collect();
        let send = |push: &(String, String)| {
            let (sender, push) = (scarce.sender.clone(), push.clone());
            async move { sender.deliver(push).await }
        };
        let statuses = pushes.iter().map(send).collect::<tokio::task::JoinSet<u16>>().join_all().await;
        assert!(statuses.iter().all(|status| *status == 202), "{statuses:?}");
        let taken: BTreeSet<String> = pushes.into_iter().map(|(guid, _)| guid).collect();
        assert!(scarce.stored().await.is_superset(&taken));
    });
}

/// A server for at most four connections, none of which may dawdle.
async fn narrow(router: Router, stop: &CancellationToken) -> (String, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let limits = Limits { connections: 4, idle: Duration::from_millis(100) };
    (address, tokio::spawn(serve(listener, router, limits, stop.clone())))
}

/// Connects, and says no more than this.
async fn says(address: &str, words: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(words.as_bytes()).await.unwrap();
    stream
}

async fn hears(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    // A connection that is closed with words unread is reset.
    let _ = stream.read_to_end(&mut text).await;
    String::from_utf8(text).unwrap()
}

#[test]
fn connections_that_say_nothing_or_never_come_to_the_point_make_room_for_others() {
    play(async {
        let stop = CancellationToken::new();
        let (address, server) = narrow(Router::new().route("/", get(async || "here")), &stop).await;
        let mut slow = Vec::new();
        for words in ["", "P", "PRI * HTTP/2.0", "GET / HTTP/1.1\r\nhost: a\r\nx-one: ", "GET / HTTP/1.1\r\n"] {
            slow.push(says(&address, words).await);
        }
        let mut quick = says(&address, "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
        assert!(hears(&mut quick).await.ends_with("here"));
        for mut one in slow {
            let heard = hears(&mut one).await;
            assert!(heard.is_empty() || heard.starts_with("HTTP/1.1 400 "), "{heard}");
        }
        // Nor may one be kept for later.
        let mut kept = says(&address, "GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
        assert!(hears(&mut kept).await.ends_with("here"));
        stop.cancel();
        server.await.unwrap();
    });
}

#[test]
fn who_gives_up_in_the_middle_of_a_request_leaves_its_place_to_others() {
    static BEGUN: Notify = Notify::const_new();
    static GIVEN_UP: Notify = Notify::const_new();
    /// Dropped with the answer that nobody waits for.
    struct Unanswered;
    impl Drop for Unanswered {
        fn drop(&mut self) {
            GIVEN_UP.notify_one();
        }
    }
    let never = async || {
        let _unanswered = Unanswered;
        BEGUN.notify_one();
        std::future::pending::<&'static str>().await
    };
    play(async {
        let stop = CancellationToken::new();
        let router = Router::new().route("/never", get(never)).route("/", get(async || "here"));
        let (address, server) = narrow(router, &stop).await;
        // More than there are places.
        for is_reset in [false, true, false, true, false, true] {
            let asker = says(&address, "GET /never HTTP/1.1\r\nhost: a\r\n\r\n").await;
            BEGUN.notified().await;
            if is_reset {
                asker.set_zero_linger().unwrap();
            }
            drop(asker);
            GIVEN_UP.notified().await;
        }
        let mut quick = says(&address, "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
        assert!(hears(&mut quick).await.ends_with("here"));
        stop.cancel();
        server.await.unwrap();
    });
}

#[test]
fn who_speaks_another_version_of_http_is_cut_off() {
    play(async {
        let stop = CancellationToken::new();
        let (address, server) = narrow(Router::new().route("/", get(async || "here")), &stop).await;
        // The preface, and settings: none. <https://www.rfc-editor.org/rfc/rfc9113#section-3.4>
        let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u{4}\0\0\0\0\0";
        assert_eq!(hears(&mut says(&address, preface).await).await, "");
        stop.cancel();
        server.await.unwrap();
    });
}

#[test]
fn an_answer_that_takes_its_time_is_waited_for_also_while_the_server_stops() {
    static GO: Notify = Notify::const_new();
    static BEGUN: Notify = Notify::const_new();
    let slowly = async || {
        BEGUN.notify_one();
        GO.notified().await;
        "done"
    };
    play(async {
        let stop = CancellationToken::new();
        let (address, server) = narrow(Router::new().route("/", get(slowly)), &stop).await;
        let mut asker = says(&address, "GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
        BEGUN.notified().await;
        // Somebody else is idle for so long that they are cut off, and a second time.
        for _ in 0..2 {
            assert_eq!(hears(&mut says(&address, "").await).await, "");
        }
        stop.cancel();
        GO.notify_one();
        assert!(hears(&mut asker).await.ends_with("done"));
        server.await.unwrap();
    });
}
