//! What the program says of itself to people, editors and shells.

use std::io::Write as _;
use std::process::{Command, Stdio};

use super::files::Files;
use super::process::{run, text};

#[test]
fn the_version_names_all_that_a_bug_report_needs() {
    let about = Files::new(&[]).json("version");
    assert_eq!(about["v"], 1);
    assert_eq!(about["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(about["catalogue"]["digest"].as_str().unwrap().len(), 64);
    let migrations = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite")).unwrap().count();
    assert_eq!(about["migrations"], migrations);
    let said = text(&run(&["version"]).stdout).to_owned();
    let first = text(&run(&["--version"]).stdout).to_owned();
    assert!(said.starts_with(&first), "{first} is not how this begins: {said}");
    let commit = about["commit"].as_str().map_or_else(String::new, |commit| format!(" ({commit})"));
    assert_eq!(first, format!("seconder {}{commit}\n", env!("CARGO_PKG_VERSION")));
    for key in ["target", "features", "formats", "catalogue", "migrations"] {
        assert!(said.contains(&format!("\n{key} ")), "{key}: {said}");
    }
}

#[test]
fn every_shell_gets_a_script() {
    for (shell, words) in [
        ("bash", "complete -F _seconder"),
        ("zsh", "#compdef seconder"),
        ("fish", "complete -c seconder"),
        ("elvish", "edit:completion"),
        ("powershell", "Register-ArgumentCompleter"),
    ] {
        let output = run(&["completions", shell]);
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
        assert!(text(&output.stdout).contains(words), "{shell}");
    }
}

#[test]
fn bash_understands_its_script() {
    let script = run(&["completions", "bash"]).stdout;
    let mut bash = Command::new("bash").arg("-n").stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    bash.stdin.take().unwrap().write_all(&script).unwrap();
    let output = bash.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
}

#[test]
fn every_command_has_a_manual_page() {
    let page = |words: &[&str]| {
        let output = run(&[&["man"], words].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        text(&output.stdout).to_owned()
    };
    assert!(page(&[]).contains(".TH seconder 1"));
    assert!(page(&["policy", "check"]).contains("seconder\\-policy\\-check \\- Tell what is wrong"));
}

#[test]
fn schemas_are_printed_as_they_are_committed() {
    for (kind, file) in [
        ("policy", "policy.schema.json"),
        ("directory", "directory.schema.json"),
        ("agents", "agents.schema.json"),
        ("config", "seconder.schema.json"),
    ] {
        let committed = std::fs::read_to_string(format!("{}/config/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        let output = run(&["schema", kind]);
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), committed.as_str()), "{kind}");
    }
}

#[test]
fn every_example_names_its_schema_to_editors() {
    for (example, line) in [
        ("policy.yml", "# yaml-language-server: $schema=./policy.schema.json"),
        ("directory.yml", "# yaml-language-server: $schema=./directory.schema.json"),
        ("agents.yml", "# yaml-language-server: $schema=./agents.schema.json"),
        ("seconder.toml", "#:schema ./seconder.schema.json"),
    ] {
        let text = std::fs::read_to_string(format!("{}/config/{example}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        assert_eq!(text.lines().next(), Some(line));
        let schema = line.rsplit_once("./").unwrap().1;
        assert!(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config").join(schema).exists());
    }
}
