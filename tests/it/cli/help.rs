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
    helps(&["detect", "--help"], &["JSON Lines in, JSON Lines out", "Examples:"]);
    helps(&["--version"], &[concat!("seconder ", env!("CARGO_PKG_VERSION"))]);
}

/// Every command that has none below it, with the words that lead to it.
fn leaves(command: &clap::Command, path: &[String], found: &mut Vec<(Vec<String>, clap::Command)>) {
    let mut below = command.get_subcommands().filter(|inner| inner.get_name() != "help").peekable();
    if below.peek().is_none() {
        found.push((path.to_owned(), command.clone()));
    }
    for inner in below {
        let path = [path, &[inner.get_name().to_owned()]].concat();
        leaves(inner, &path, found);
    }
}

/// The example's own words, without what a shell does around it.
fn examples(help: &str) -> Vec<Vec<String>> {
    let lines = help.lines().map(|line| line.trim().trim_start_matches("Example: "));
    let ours = lines
        .filter_map(|line| line.find("seconder ").filter(|at| *at == 0 || line.contains('|')).map(|at| &line[at..]));
    let words = |line: &str| shlex::split(line).unwrap_or_else(|| panic!("not a shell's line: {line}"));
    let is_shell = |word: &String| ["<", ">", "|", "&&"].contains(&word.as_str());
    ours.map(|line| words(line).into_iter().take_while(|word| !is_shell(word)).collect()).collect()
}

#[test]
fn every_command_says_what_it_does_and_shows_an_example_that_it_takes() {
    let mut found = Vec::new();
    leaves(&seconder::cli::command(), &[], &mut found);
    assert!(found.len() >= 10, "{found:?}");
    for (path, command) in found {
        let about = command.get_about().unwrap_or_else(|| panic!("{path:?} does not say what it does")).to_string();
        assert!(about.len() > 10, "{path:?}: {about}");
        let help = command.get_after_help().unwrap_or_else(|| panic!("{path:?} shows no example")).to_string();
        let examples = examples(&help);
        let of_this: Vec<_> = examples.iter().filter(|words| words[1..].starts_with(&path)).collect();
        assert!(!of_this.is_empty(), "{path:?} shows no example of itself: {help}");
        for words in examples {
            let taken = seconder::cli::command().try_get_matches_from(&words);
            assert!(taken.is_ok(), "{words:?}: {}", taken.unwrap_err());
        }
    }
}

#[test]
fn every_option_is_described() {
    let mut found = Vec::new();
    leaves(&seconder::cli::command(), &[], &mut found);
    for (path, command) in found {
        for argument in command.get_arguments() {
            assert!(argument.get_help().is_some(), "{path:?}: {} is not described", argument.get_id());
        }
    }
}

#[test]
fn wrong_usage_is_explained_and_exits_with_2() {
    for (args, says) in [
        (&[][..], "Usage: seconder"),
        (&["sevre"], "similar subcommand exists: 'serve'"),
        (&["serve"], "--config <FILE>"),
        (&["demo", "--once", "--pause", "1"], "cannot be used with"),
        (&["detect", "file"], "unexpected argument 'file'"),
        (&["policy"], "Usage: seconder policy"),
        (&["policy", "check"], "<FILE>"),
        (&["policy", "check", "p.yml", "--level", "repo"], "invalid value 'repo'"),
        (&["policy", "check", "p.yml", "--tiers", "a", "--directory", "d.yml"], "cannot be used with"),
        (&["directory", "check"], "no directory file is named"),
        (&["directory", "lookup", "ana"], "no directory file is named"),
        (&["schema", "polisy"], "a similar value exists: 'policy'"),
        (&["completions"], "<SHELL>"),
        (&["man", "polisy"], "there is no command `polisy`"),
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
