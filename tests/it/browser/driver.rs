//! A headless Chromium, driven through Debian's `chromedriver` over the `WebDriver` protocol
//! (<https://www.w3.org/TR/webdriver2/>), and through it over Chromium's own protocol.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

const INSTALL: &str = "the pages are tested in a real browser: apt-get install chromium chromium-driver";

/// How long the browser may take for one answer before it is taken to hang. No test depends on it.
const ANSWERS_WITHIN: Duration = Duration::from_mins(2);

/// How often the accessibility tree is looked at before it is taken as it is.
const MOST_LOOKS: usize = 300;

/// The key that moves the focus on (`WebDriver`, "keyboard actions").
const TAB: &str = "\u{e004}";

/// A browser with one window.
pub(super) struct Browser {
    http: reqwest::Client,
    session: String,
    driver: Child,
    /// Kept open: it would die of speaking to nobody.
    _said: BufReader<ChildStdout>,
    _profile: TempDir,
}

impl Browser {
    pub(super) async fn start() -> Self {
        let profile = tempfile::tempdir().unwrap();
        let driver = Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut driver = driver.unwrap_or_else(|error| panic!("chromedriver: {error}; {INSTALL}"));
        let mut said = BufReader::new(driver.stdout.take().unwrap());
        let port = port(&mut said);
        let http = reqwest::Client::builder().no_proxy().timeout(ANSWERS_WITHIN).build().unwrap();
        let url = format!("http://127.0.0.1:{port}/session");
        let asked = json!({ "capabilities": { "alwaysMatch": {
            "goog:loggingPrefs": { "browser": "ALL" },
            "goog:chromeOptions": { "args": arguments(profile.path()) },
        } } });
        let answer = http.post(&url).json(&asked).send().await.unwrap().json::<Value>().await.unwrap();
        let Some(id) = answer["value"]["sessionId"].as_str() else { panic!("no browser: {answer}; {INSTALL}") };
        Self { session: format!("{url}/{id}"), http, driver, _said: said, _profile: profile }
    }

    async fn post(&self, command: &str, body: Value) -> Value {
        let call = self.http.post(format!("{}/{command}", self.session)).json(&body);
        let answer = call.send().await.unwrap().json::<Value>().await.unwrap();
        assert!(answer["value"]["error"].is_null(), "{command}: {answer}");
        answer["value"].clone()
    }

    /// A command of Chromium's own protocol (<https://chromedevtools.github.io/devtools-protocol/>).
    pub(super) async fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.post("goog/cdp/execute", json!({ "cmd": command, "params": parameters })).await
    }

    pub(super) async fn open(&self, url: &str) {
        self.post("url", json!({ "url": url })).await;
    }

    /// What a function body gives in the page. It runs beside the page's own policy, which allows no script.
    pub(super) async fn ask(&self, body: &str) -> Value {
        self.post("execute/sync", json!({ "script": body, "args": [] })).await
    }

    /// Everything that the browser complained of since the last question.
    pub(super) async fn complaints(&self) -> Vec<Value> {
        let log = self.post("se/log", json!({ "type": "browser" })).await;
        log.as_array().unwrap().clone()
    }

    /// A window of this size, in this colour scheme.
    pub(super) async fn look(&self, width: u32, height: u32, scheme: &str) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.devtools("Emulation.setDeviceMetricsOverride", size).await;
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": features })).await;
    }

    pub(super) async fn press_tab(&self) {
        let keys = json!([{ "type": "keyDown", "value": TAB }, { "type": "keyUp", "value": TAB }]);
        self.post("actions", json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": keys }] })).await;
    }

    /// What assistive technology is told: role, name and level of everything that is not ignored. The browser builds it
    /// little by little: it is whole once it stays as it is.
    pub(super) async fn accessibility(&self) -> Vec<(String, String, Option<i64>)> {
        let mut before = Vec::new();
        for _ in 0..MOST_LOOKS {
            let now = self.accessibility_now().await;
            let has = |landmark: &str| now.iter().any(|(role, ..)| role == landmark);
            if now == before && has("banner") && has("main") && has("contentinfo") {
                return now;
            }
            before = now;
        }
        before
    }

    async fn accessibility_now(&self) -> Vec<(String, String, Option<i64>)> {
        let tree = self.devtools("Accessibility.getFullAXTree", json!({})).await;
        let nodes = tree["nodes"].as_array().unwrap().iter().filter(|node| node["ignored"] != true);
        let level = |node: &Value| {
            let properties = node["properties"].as_array()?;
            properties.iter().find(|one| one["name"] == "level")?["value"]["value"].as_i64()
        };
        let text = |value: &Value| value["value"].as_str().unwrap_or_default().to_owned();
        nodes.map(|node| (text(&node["role"]), text(&node["name"]), level(node))).collect()
    }

    /// A picture of the whole page, as PNG in Base64.
    pub(super) async fn picture(&self) -> String {
        let shot = self.devtools("Page.captureScreenshot", json!({ "captureBeyondViewport": true })).await;
        shot["data"].as_str().unwrap().to_owned()
    }

    /// Closes the window, so that the browser ends by itself.
    pub(super) async fn close(self) {
        let _ = self.http.delete(&self.session).send().await;
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn arguments(profile: &Path) -> Vec<String> {
    let flags = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--no-proxy-server",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--hide-scrollbars",
    ];
    let profile = format!("--user-data-dir={}", profile.display());
    flags.into_iter().map(str::to_owned).chain([profile]).collect()
}

/// The port that the driver says it took. What it was asked for, which it says first, is none.
fn port(said: &mut BufReader<ChildStdout>) -> u16 {
    let told = said.lines().map_while(Result::ok).find_map(|line| {
        let (_, port) = line.rsplit_once("on port ")?;
        port.trim_end_matches('.').parse().ok().filter(|port| *port != 0)
    });
    told.unwrap_or_else(|| panic!("chromedriver does not start; {INSTALL}"))
}
