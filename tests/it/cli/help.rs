//! What the command line says of itself, and the demo that proves it.

use super::process::{run, text};

#[track_caller]
fn helps(args: &[&str], says: &[&str]) {
    let output = run(args);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(text(&output.stderr), "");
    for words in says {
        assert!(text(&output.stdout).contains(words), "{words:?} is not in\n{}", text(&output.stdout));
    }
}

#[test]
fn every_command_explains_itself() {
    helps(&["--help"], &["A required check for AI-assisted changes", "serve", "demo", "detect"]);
    helps(&["serve", "--help"], &["Run the server", "--config <FILE>", "SECONDER_CONFIG", "--log", "Example:"]);
    helps(&["demo", "--help"], &["a sandbox GitHub on this machine", "--once", "Example:"]);
    helps(&["detect", "--help"], &["JSON Lines in, JSON Lines out", "Example:"]);
    helps(&["--version"], &[concat!("seconder ", env!("CARGO_PKG_VERSION"))]);
}

#[test]
fn wrong_usage_is_explained_and_exits_with_2() {
    for (args, says) in [
        (&[][..], "Usage: seconder"),
        (&["sevre"], "similar subcommand exists: 'serve'"),
        (&["serve"], "--config <FILE>"),
        (&["demo", "--once", "--pause", "1"], "cannot be used with"),
        (&["detect", "file"], "unexpected argument 'file'"),
    ] {
        let output = run(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(text(&output.stderr).contains(says), "{args:?}: {}", text(&output.stderr));
        assert_eq!(text(&output.stdout), "");
    }
}

#[test]
fn the_demo_ends_as_told() {
    let output = run(&["demo", "--once"]);
    let told = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{told}\n{}", text(&output.stderr));
    assert!(told.ends_with("Every step ended as told.\n"), "{told}");
    assert_eq!(told.matches("   refused").count(), 3);
    assert_eq!(told.matches("   green").count(), 1);
    assert_eq!(text(&output.stderr), "");
}
