//! What it is shipped in: an image, a compose file and a systemd unit. No engine runs here, so what they say is held to
//! what the program takes and to what its build reads.

pub(crate) mod ci;
mod commit;
mod compose;
mod image;
mod unit;

use std::io;
use std::path::Path;

use seconder::config::Config;

pub(super) const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn text(path: &str) -> String {
    std::fs::read_to_string(Path::new(ROOT).join(path)).unwrap()
}

/// The configuration that a supervisor's variables make of `packaging/seconder.toml`. Each secret is its file's name.
fn configured(variables: &[(String, String)]) -> Config {
    let read = |path: &Path| match path.to_str().unwrap() {
        "/etc/seconder/seconder.toml" => Ok(text("packaging/seconder.toml").into_bytes()),
        secret if secret.starts_with("/run/") => Ok(secret.rsplit('/').next().unwrap().into()),
        _ => Err(io::ErrorKind::NotFound.into()),
    };
    Config::load_with(Path::new("/etc/seconder/seconder.toml"), variables.to_vec(), &read).unwrap()
}

/// These arguments are ones that the program takes.
#[track_caller]
fn takes(arguments: &[&str]) {
    let output = crate::cli::process::seconder(arguments).arg("--help").output().unwrap();
    assert!(output.status.success(), "{arguments:?}");
}
