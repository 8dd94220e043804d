//! `seconder check` beside the server: told the same, they say the same.

use serde_json::Value;

use crate::cli::process::seconder;
use crate::local::{NewCommit, Repository};
use crate::world::{World, claude};

/// Everybody of a usual story.
const PEOPLE: [(&str, &str); 7] = [
    ("jo", "junior"),
    ("sam", "junior"),
    ("mia", "mid"),
    ("kim", "senior"),
    ("ana", "senior"),
    ("lee", "senior"),
    ("pat", "principal"),
];

fn directory() -> String {
    let people = PEOPLE.iter().zip(1..).map(|((login, tier), number)| {
        format!("- {{ id: {login}, accounts: [github.com/{number}], emails: [{login}@acme.dev], attributes: {{ tier: {tier} }} }}\n")
    });
    let rules = ["mid", "senior", "principal"]
        .map(|tier| format!("- {{ id: {tier}, attribute: tier, matches: {tier}, tier: {tier} }}\n"));
    let people: String = people.collect();
    format!("version: 1\ntiers: [junior, mid, senior, principal]\npeople:\n{people}tier_rules:\n{}", rules.concat())
}

/// What `seconder check` says of such a change: whether it passes, and its title.
fn checked(opener: &str, message: &str, branch: &str, body: &str) -> (bool, String) {
    let repository = Repository::new();
    repository.commit(&NewCommit::new("Begin").file("README", "pay\n"));
    repository.git(&["branch", "base"]);
    let author = format!("{opener} <{opener}@acme.dev>");
    repository.commit(&NewCommit::new(message).by(&author).file("src/file_0.rs", "// retry\n"));
    std::fs::write(repository.beside("d.yml"), directory()).unwrap();
    std::fs::write(repository.beside("body.md"), body).unwrap();
    let number = PEOPLE.iter().position(|(login, _)| *login == opener).unwrap() + 1;
    let mut command = seconder(&["check", "base", "--format=json", "--directory=../d.yml", "--body-file=../body.md"]);
    command.args(["--branch", branch, "--opener", &number.to_string()]).current_dir(repository.path());
    let output = command.output().unwrap();
    assert_eq!(std::str::from_utf8(&output.stderr), Ok(""));
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    (output.status.code() == Some(0), said["check"]["title"].as_str().unwrap().to_owned())
}

#[test]
fn it_says_what_the_check_of_the_server_says() {
    World::new().run(async |s| {
        let messages = ["Retry".to_owned(), claude("Retry"), "Retry\n\nAssisted-by: Cursor".to_owned()];
        let bodies = ["It retries.", "## AI usage\n\nNo AI was used.", "This PR was written with Codex."];
        let mut told = 0;
        for opener in ["jo", "ana"] {
            for (message, body) in messages.iter().zip(bodies) {
                told += 1;
                let branch = if told % 4 == 0 { format!("claude/x-{told}") } else { format!("work/{told}") };
                let change = s.change(opener).branch(&branch).body(body).commit(message).open().await;
                let check = s.check(&change);
                let server = (check.conclusion.as_deref() == Some("success"), check.title.clone().unwrap());
                assert_eq!(checked(opener, message, &branch, body), server, "{opener} {branch}: {message}\n{body}");
            }
        }
    });
}
