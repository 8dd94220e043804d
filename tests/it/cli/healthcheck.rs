//! `seconder healthcheck`.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use super::process::{run, seconder, text};
use super::serve::{configured, path, sandbox, serving};

#[track_caller]
fn says(args: &[&str], code: i32, out: &str, err: &str) {
    let output = run(&[&["healthcheck"], args].concat());
    assert_eq!(output.status.code(), Some(code), "{args:?}: {output:?}");
    assert!(text(&output.stdout).starts_with(out) && out.is_empty() == output.stdout.is_empty(), "{output:?}");
    assert!(text(&output.stderr).contains(err) && err.is_empty() == output.stderr.is_empty(), "{output:?}");
}

#[test]
fn a_server_that_is_ready_is_told_from_one_that_is_not() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _guard = runtime.enter();
    let github = runtime.block_on(sandbox());
    let folder = configured(Some(&github), |config| config);
    let (server, address) = serving(&github, folder.path(), "info");
    let url = format!("http://{address}/readyz");
    says(&["--url", &url], 0, "ready\n", "");
    // The configuration says where it listens; on all addresses means on this one, too.
    let port = address.rsplit_once(':').unwrap().1;
    let config = fs::read_to_string(path(&folder)).unwrap().replacen("127.0.0.1:0", &format!("0.0.0.0:{port}"), 1);
    fs::write(path(&folder), config).unwrap();
    says(&["--config", &path(&folder)], 0, "ready\n", "");
    let from_environment = seconder(&["healthcheck"]).env("SECONDER_CONFIG", path(&folder)).output().unwrap();
    assert_eq!(from_environment.status.code(), Some(0));
    // What is asked for by name comes before what the environment says.
    let named = seconder(&["healthcheck", "--url", &url]).env("SECONDER_CONFIG", "nowhere.toml").output().unwrap();
    assert_eq!(named.status.code(), Some(0));
    server.terminate();
    assert_eq!(server.end().0, Some(0));
    says(&["--url", &url], 1, "not ready: Connection refused", "");
}

#[test]
fn a_server_whose_store_takes_no_writes_is_not_ready() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/readyz", listener.local_addr().unwrap());
    let answering = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        // The request is there once its first bytes are.
        stream.read_exact(&mut [0; 12]).unwrap();
        stream.write_all(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n").unwrap();
    });
    says(&["--url", &url], 1, "not ready: the server answers 503", "");
    answering.join().unwrap();
}

#[test]
fn wrong_usage_exits_with_2() {
    says(&["--url", "nowhere"], 2, "", "--url: \"nowhere\" is not an address");
    says(&["--url", "file:///etc/passwd"], 2, "", "--url: must begin with http:// or https://");
    says(&["--config", "nowhere.toml"], 2, "", "--config: cannot read nowhere.toml");
    let folder = configured(None, |config| config);
    says(&["--config", &path(&folder)], 2, "", "server.listen: the port is chosen anew at every start");
}
