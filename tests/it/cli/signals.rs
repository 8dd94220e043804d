//! What signals do to a running server, and what it tells its supervisor.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixDatagram;

use super::process::{Running, seconder, text};
use super::serve::{configured, path, sandbox, serving};

#[test]
fn an_interrupt_ends_it_as_well() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _guard = runtime.enter();
    let github = runtime.block_on(sandbox());
    let folder = configured(Some(&github), |config| config);
    let (mut server, _) = serving(&github, folder.path(), "info");
    server.signal("INT");
    server.line("no new work is begun");
    assert_eq!(server.end().0, Some(0));
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _guard = runtime.enter();
    let github = runtime.block_on(sandbox());
    for (second, code) in [("TERM", 143), ("INT", 130)] {
        let folder = configured(Some(&github), |config| config);
        let (mut server, address) = serving(&github, folder.path(), "info");
        // Somebody in the middle of a request, who would keep it for some seconds.
        let mut slow = TcpStream::connect(&address).unwrap();
        let signature = "0".repeat(64);
        let headers =
            format!("x-github-event: push\r\nx-github-delivery: 1\r\nx-hub-signature-256: sha256={signature}\r\n");
        let request = format!(
            "POST /webhooks/github HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 100\r\n{headers}\r\n"
        );
        slow.write_all(request.as_bytes()).unwrap();
        // It waits for the body by now.
        slow.read_exact(&mut [0; 12]).unwrap();
        server.terminate();
        server.line("no new work is begun");
        server.signal(second);
        let (ended, said) = server.end();
        assert_eq!(ended, Some(code), "{said}");
        assert!(said.contains("stopping at once"), "{said}");
    }
}

#[test]
fn a_server_that_still_waits_for_its_database_can_be_stopped() {
    // It takes connections, and never says a word.
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://seconder:hunter2@{}/seconder", mute.local_addr().unwrap());
    let folder = configured(None, |config| {
        let (before, after) = config.split_once("url = \"sqlite:").unwrap();
        format!("{before}url = \"{url}\"{}", &after[after.find('"').unwrap() + 1..])
    });
    let server = Running::start(seconder(&["serve", "--config", &path(&folder), "--log-format", "json"]));
    let _connected = mute.accept().unwrap();
    server.terminate();
    let (code, said) = server.end();
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}

#[test]
fn a_hangup_makes_it_read_the_directory_at_once() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _guard = runtime.enter();
    let github = runtime.block_on(sandbox());
    let folder = configured(Some(&github), |config| config);
    let (mut server, _) = serving(&github, folder.path(), "info");
    let directory = folder.path().join("directory.yml");
    fs::write(&directory, "version: 1\ntiers: [junior, mid, senior]\n").unwrap();
    server.signal("HUP");
    server.line("as a signal asked");
    // One that makes no sense is said, and ends nothing.
    fs::write(&directory, "version: 1\ntiers: 7\n").unwrap();
    server.signal("HUP");
    server.line("as a signal asked");
    server.terminate();
    let (code, said) = server.end();
    assert_eq!(code, Some(0), "{said}");
    let place =
        |words: &str| said.lines().position(|line| line.contains(words)).unwrap_or_else(|| panic!("{words}: {said}"));
    assert!(place("the directory has changed") < place("as a signal asked"), "{said}");
    assert!(said.contains("the directory was not reloaded"), "{said}");
}

#[test]
fn systemd_is_told_when_it_is_ready_and_when_it_ends() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _guard = runtime.enter();
    let github = runtime.block_on(sandbox());
    let folder = configured(Some(&github), |config| config);
    let address = folder.path().join("notify");
    let socket = UnixDatagram::bind(&address).unwrap();
    // A word that never comes is a failure, not a wait without an end.
    socket.set_read_timeout(Some(std::time::Duration::from_mins(2))).unwrap();
    let mut command = seconder(&["serve", "--config", &path(&folder), "--log-format", "json"]);
    command.env("NOTIFY_SOCKET", &address);
    let server = Running::start(command);
    let told = || {
        let mut bytes = [0; 64];
        let length = socket.recv(&mut bytes).unwrap();
        text(&bytes[..length]).to_owned()
    };
    assert_eq!(told(), "READY=1");
    server.terminate();
    assert_eq!(told(), "STOPPING=1");
    assert_eq!(server.end().0, Some(0));
}
