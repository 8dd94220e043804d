//! Changes whose pages are looked at.

use std::path::Path;

use base64::Engine as _;
use seconder::sandbox::{NewCommit, Opinion};

use super::driver::Browser;
use crate::world::{Change, REPOSITORY, Scene, World, claude};

/// Where the pages are.
pub(super) struct Stage {
    pass: String,
    waiting: String,
    held: String,
    error: String,
    pub(super) hostile: String,
    nothing: String,
}

/// Every page, with a name.
pub(super) fn pages(stage: &Stage) -> Vec<(&'static str, String)> {
    vec![
        ("pass", stage.pass.clone()),
        ("waiting", stage.waiting.clone()),
        ("held", stage.held.clone()),
        ("error", stage.error.clone()),
        ("hostile", stage.hostile.clone()),
        ("error-404", stage.nothing.clone()),
    ]
}

/// Sets the stage, opens a browser, and plays.
#[expect(clippy::needless_pass_by_value, reason = "stories are written where they are played")]
pub(super) fn staged(play: impl AsyncFn(&Stage, &Browser)) {
    World::new().second_account("jo", "jo-at-work").private().shows_tiers().on_github().run(async |s| {
        let stage = set(s).await;
        let browser = Browser::start().await;
        play(&stage, &browser).await;
        browser.close().await;
    });
}

async fn set(s: &Scene) -> Stage {
    let waiting = waiting(s).await;
    let pass =
        s.change("sam").commit(&claude("Tell customers why a payment failed")).branch("claude/tell").open().await;
    s.approve("mia", &pass).await;
    s.approve("kim", &pass).await;
    let held = s.change("jo").titled("Keep card numbers out of the log").open().await;
    s.approve("ana", &held).await;
    s.say("lee", &held, "/seconder hold The old log files still have them").await;
    s.review("kim", &held, Opinion::RequestChanges, None).await;
    let hostile = hostile(s).await;
    let bad = NewCommit::new("Ask for more")
        .file(".github/seconder.yml", "version: 1\nrules:\n  - name: it\n    requires: {}\n");
    let error = s.change("jo").with(bad).titled("Ask for two approvals").open().await;
    let at = |change: &Change| format!("{}{}", s.url, s.page_link(change));
    Stage {
        pass: at(&pass),
        waiting: at(&waiting),
        held: at(&held),
        error: at(&error),
        hostile: at(&hostile),
        nothing: format!("{}/changes/github.com/acme/pay/1", s.url),
    }
}

/// Much happened to it, and it still waits.
async fn waiting(s: &Scene) -> Change {
    let change = s
        .change("jo")
        .commit(&claude("Retry failed payments"))
        .body("Payments fail now and then.\n\n🤖 Generated with [Claude Code](https://claude.com/claude-code)\n")
        .branch("claude/retry-failed-payments")
        .open()
        .await;
    s.approve("ana", &change).await;
    s.push("jo", &change, "Retry three times").await;
    s.approve("sam", &change).await;
    s.approve("mia", &change).await;
    s.approve("jo-at-work", &change).await;
    s.forge.advance(jiff::SignedDuration::from_mins(6));
    s.say("sam", &change, "/seconder not-assisted I wrote all of it by hand").await;
    s.say("jo", &change, "/seconder why").await;
    change
}

/// What somebody might write to break the page.
async fn hostile(s: &Scene) -> Change {
    let script = "<script>window.hacked = 1</script><img src=x onerror=window.hacked=2>";
    let long = "w".repeat(3_000);
    let message = format!(
        "{script}\n\n\u{202e}desrever\u{0}\u{1b}[31mred\u{200b}\n\nCo-Authored-By: Claude {script}\u{202e} <noreply@anthropic.com>\n\
         Assisted-by: Claude {long}\n"
    );
    let title = format!("{script}\u{202e}\"'`javascript:alert(1) {}", "x".repeat(150));
    let body =
        format!("{script}\n[x](javascript:alert(1))\n\n🤖 Generated with [Claude Code](https://claude.com/{long})\n");
    let change = s.change("jo").commit(&message).titled(&title).body(&body).branch("claude/\"'><b>x").open().await;
    s.say("kim", &change, &format!("/seconder hold {script}\u{202e}{long}")).await;
    s.say("ana", &change, &format!("/seconder {script}")).await;
    assert_eq!(change.repository, REPOSITORY);
    change
}

/// Takes a picture, where pictures are wanted.
pub(super) async fn keep_picture(browser: &Browser, name: &str, width: u32, scheme: &str) {
    let Some(folder) = std::env::var_os("SECONDER_SCREENSHOTS") else { return };
    let png = base64::engine::general_purpose::STANDARD.decode(browser.picture().await).unwrap();
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(Path::new(&folder).join(format!("{name}-{width}-{scheme}.png")), png).unwrap();
}
