//! Strangers send a lot, slowly, and without a signature.

use seconder::sandbox::Outcome;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::world::{Scene, World};

const LARGEST: usize = 25 * 1024 * 1024;

/// The headers of a delivery, and not a byte of its body.
async fn begun(s: &Scene, headers: &str) -> TcpStream {
    asked(s, &format!("content-length: {LARGEST}\r\n{headers}")).await
}

/// A request with these headers.
async fn asked(s: &Scene, headers: &str) -> TcpStream {
    let address = s.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("POST /webhooks/github HTTP/1.1\r\nhost: {address}\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// Headers that look genuine.
fn plausible() -> String {
    let signature = "0".repeat(64);
    format!("x-hub-signature-256: sha256={signature}\r\nx-github-event: push\r\nx-github-delivery: 1\r\n")
}

/// The beginning of the answer.
async fn answer(stream: &mut TcpStream) -> String {
    let mut text = vec![0; 4096];
    let length = stream.read(&mut text).await.unwrap();
    String::from_utf8_lossy(&text[..length]).to_lowercase()
}

#[test]
fn a_request_without_a_signature_is_refused_before_its_body_is_read() {
    World::new().run(async |s| {
        for (headers, status) in [
            (String::new(), "401"),
            ("x-hub-signature-256: sha256=abc\r\n".to_owned(), "401"),
            (plausible().replace("x-github-event: push\r\n", ""), "400"),
            (plausible().replace("x-github-delivery: 1\r\n", ""), "400"),
        ] {
            let told = answer(&mut begun(s, &headers).await).await;
            assert!(told.starts_with(&format!("http/1.1 {status}")), "{headers:?}: {told}");
        }
    });
}

#[test]
fn bodies_that_are_announced_and_never_come_take_up_no_room() {
    World::new().run(async |s| {
        // Together they announce ten times as much as there is room for.
        let mut silent = Vec::new();
        for _ in 0..50 {
            silent.push(begun(s, &plausible()).await);
        }
        let change = s.assisted_change().await;
        s.expect_held(&change, "Needs 1 approval");
        assert!(s.forge.deliveries().iter().all(|one| one.outcome == Outcome::Answered(202)));
    });
}

#[test]
fn a_body_that_stops_coming_is_given_up_on() {
    World::new().run(async |s| {
        let mut stream = begun(s, &plausible()).await;
        stream.write_all(b"{\"action\": ").await.unwrap();
        let told = answer(&mut stream).await;
        assert!(told.starts_with("http/1.1 408") && told.contains("did not come; send it again"), "{told}");
    });
}

#[test]
fn a_body_that_does_not_say_how_long_it_is_or_is_too_long_is_refused_before_it_is_read() {
    World::new().run(async |s| {
        for (length, status, says) in [
            (String::new(), "411", "has no content-length"),
            ("transfer-encoding: chunked\r\n".to_owned(), "411", "has no content-length"),
            (format!("content-length: {}\r\n", LARGEST + 1), "413", "larger than any"),
        ] {
            let told = answer(&mut asked(s, &format!("{length}{}", plausible())).await).await;
            assert!(told.starts_with(&format!("http/1.1 {status}")) && told.contains(says), "{length:?}: {told}");
        }
    });
}
