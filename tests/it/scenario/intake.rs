//! Strangers send a lot, slowly, and without a signature.

use seconder::sandbox::Outcome;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::world::{Scene, World};

const LARGEST: usize = 25 * 1024 * 1024;

/// The headers of a delivery, and not a byte of its body.
async fn begun(s: &Scene, headers: &str) -> TcpStream {
    let address = s.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request =
        format!("POST /webhooks/github HTTP/1.1\r\nhost: {address}\r\ncontent-length: {LARGEST}\r\n{headers}\r\n");
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
fn large_bodies_wait_for_room_and_small_ones_find_it() {
    World::new().run(async |s| {
        let mut answers = tokio::task::JoinSet::new();
        for _ in 0..6 {
            let mut stream = begun(s, &plausible()).await;
            answers.spawn(async move { answer(&mut stream).await });
        }
        // Five of them hold what there is, and dawdle. For the sixth there is no room.
        let first = answers.join_next().await.unwrap().unwrap();
        assert!(first.starts_with("http/1.1 503"), "{first}");
        assert!(first.contains("retry-after: ") && first.contains("too many deliveries are under way"), "{first}");
        let change = s.assisted_change().await;
        s.expect_held(&change, "Needs 1 approval");
        assert!(s.github.deliveries().iter().all(|one| one.outcome == Outcome::Answered(202)));
    });
}
