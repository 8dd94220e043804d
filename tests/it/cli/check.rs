//! `seconder check`: what the gate would ask of a range of commits, without a server.

use std::path::Path;

use serde_json::Value;

use super::process::{seconder, text};
use crate::local::{NewCommit, Repository};

const CLAUDE: &str = "Co-Authored-By: Claude <noreply@anthropic.com>";

/// jo is a junior, ana a senior.
const DIRECTORY: &str = "version: 1
tiers: [junior, mid, senior, principal]
people:
  - { id: jo, accounts: [github.com/1], emails: [jo@acme.dev] }
  - { id: ana, accounts: [github.com/4], emails: [ana@acme.dev], groups: [seniors] }
  - { id: mia, accounts: [{ host: github.com, login: mia }], emails: [mia@acme.dev], groups: [seniors] }
  - { id: git, accounts: [gitlab.example.com/7], emails: [git@acme.dev], groups: [seniors] }
groups: [{ id: seniors, vouched: true }]
tier_rules: [{ id: group, groups: [seniors], tier: senior }]
";

/// A repository with a base, and a directory beside it.
fn repository() -> Repository {
    let repository = Repository::new();
    repository.commit(&NewCommit::new("Begin").file("README", "pay\n"));
    std::fs::write(repository.beside("d.yml"), DIRECTORY).unwrap();
    repository.git(&["branch", "base"]);
    repository
}

fn assisted(author: &str) -> NewCommit {
    NewCommit::new(format!("Retry\n\n{CLAUDE}\n")).by(author).file("src/retry.rs", "// retry\n")
}

const JO: &str = "jo <jo@acme.dev>";
const ANA: &str = "ana <ana@acme.dev>";

struct Said {
    code: i32,
    out: String,
    err: String,
}

fn run(folder: &Path, line: &str, variables: &[(&str, &str)]) -> Said {
    let words = shlex::split(&format!("check {line}")).unwrap();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let output = seconder(&words).current_dir(folder).envs(variables.iter().copied()).output().unwrap();
    Said {
        code: output.status.code().unwrap(),
        out: text(&output.stdout).to_owned(),
        err: text(&output.stderr).to_owned(),
    }
}

/// The verdict on what is between `base` and the current branch, with the directory.
fn verdict(repository: &Repository, line: &str) -> (i32, Value) {
    let line = format!("base..HEAD --directory ../d.yml --format json {line}");
    let said = run(repository.path(), &line, &[]);
    assert_eq!(said.err, "");
    (said.code, serde_json::from_str(&said.out).unwrap())
}

#[track_caller]
fn refuses(said: &Said, words: &str) {
    assert_eq!((said.code, said.out.as_str()), (2, ""), "{}", said.err);
    assert!(said.err.contains(words), "{}", said.err);
}

#[test]
fn an_assisted_commit_by_a_junior_needs_a_second_person() {
    let repository = repository();
    repository.commit(&assisted(JO));
    let said = run(repository.path(), "base..HEAD --directory ../d.yml --opener 1", &[]);
    assert_eq!((said.code, said.err.as_str()), (1, ""));
    for words in [
        "claude: Co-Authored-By: Claude",
        "Needs 1 approval for ai-needs-senior",
        "ask a qualifying reviewer who had no part in this change",
        "The base (",
        ") holds no policy of the repository",
        "who pushed the commits",
        "This check is advisory",
    ] {
        assert!(said.out.contains(words), "{words:?} is not in\n{}", said.out);
    }
    assert!(!said.out.contains("/seconder approve"), "nobody here hears commands:\n{}", said.out);
}

#[test]
fn an_assisted_commit_by_a_senior_needs_nobody() {
    let repository = repository();
    repository.commit(&assisted(ANA));
    let (code, said) = verdict(&repository, "--opener 4");
    assert_eq!((code, &said["needs_somebody"], &said["level"]), (0, &false.into(), &"assisted".into()));
    // A name in a commit vouches for nobody, and can only lower what the opener's account vouches for.
    assert_eq!(verdict(&repository, "").0, 1, "nobody says who opens it");
    assert_eq!(verdict(&repository, "--opener 1").0, 1, "a junior opens it");
    repository.commit(&NewCommit::new("More").by(JO).file("src/more.rs", "// more\n"));
    assert_eq!(verdict(&repository, "--opener 4").0, 1, "a junior wrote a part");
}

#[test]
fn an_opener_may_be_named_by_login() {
    let repository = repository();
    repository.commit(&assisted("mia <mia@acme.dev>"));
    assert_eq!(verdict(&repository, "--opener mia").0, 0);
    assert_eq!(verdict(&repository, "--opener nobody").0, 1);
    refuses(&run(repository.path(), "base --opener 'a b'", &[]), "neither a login nor a number");
}

#[test]
fn without_signs_of_ai_nobody_is_needed() {
    let repository = repository();
    repository.commit(&NewCommit::new("Retry").file("src/retry.rs", "// retry\n"));
    let said = run(repository.path(), "base", &[]);
    assert_eq!((said.code, said.err.as_str()), (0, ""));
    assert!(said.out.contains("No sign of AI was found. That proves nothing"), "{}", said.out);
    assert!(said.out.contains("No directory is given"), "{}", said.out);
}

#[test]
fn the_policy_on_the_base_counts_not_the_one_on_the_head() {
    let policy = |mode: &str| format!("version: 1\nrules:\n  - name: two\n    require: {{ approvals: {mode} }}\n");
    let repository = Repository::new();
    repository.commit(&NewCommit::new("Begin").file(".github/seconder.yml", &policy("2")));
    std::fs::write(repository.beside("d.yml"), DIRECTORY).unwrap();
    repository.git(&["branch", "base"]);
    repository.commit(&NewCommit::new("Weaken").by(ANA).file(".github/seconder.yml", "version: 1\n"));
    let (code, said) = verdict(&repository, "--opener 4");
    assert_eq!(code, 1);
    let rules: Vec<&str> =
        said["verdict"]["rules"].as_array().unwrap().iter().filter_map(|rule| rule["name"].as_str()).collect();
    assert!(rules.contains(&"two"), "{rules:?}");
    assert!(said["remarks"].to_string().contains("The range changes the policy. The one on the base"), "{said}");
    assert!(said["policy"].to_string().contains(".github/seconder.yml"));
    // In its place, a file that the command line names.
    std::fs::write(repository.beside("p.yml"), policy("1")).unwrap();
    let (_, said) = verdict(&repository, "--opener 4 --policy ../p.yml");
    assert!(said["policy"].to_string().contains("../p.yml") && !said["policy"].to_string().contains(".github"));
}

#[test]
fn a_policy_that_cannot_be_used_is_no_pass() {
    let repository = Repository::new();
    repository.commit(&NewCommit::new("Begin").file(".github/seconder.yml", "version: 1\nrulse: []\n"));
    std::fs::write(repository.beside("d.yml"), DIRECTORY).unwrap();
    repository.git(&["branch", "base"]);
    repository.commit(&NewCommit::new("Retry").by(ANA).file("a", "b"));
    let (code, said) = verdict(&repository, "--opener 4");
    assert_eq!((code, &said["outcome"]), (1, &"error".into()));
    assert!(said["check"]["summary"].as_str().unwrap().contains("rulse"), "{said}");
}

#[test]
fn a_change_may_not_break_the_policy() {
    let repository = repository();
    repository.commit(&NewCommit::new("Break").by(ANA).file(".github/seconder.yml", "version: 1\nrulse: []\n"));
    let (code, said) = verdict(&repository, "--opener 4");
    assert_eq!((code, &said["outcome"]), (1, &"error".into()));
}

#[test]
fn branch_labels_and_description_are_looked_at() {
    let repository = repository();
    repository.commit(&NewCommit::new("Retry").file("a", "b"));
    let tools = |line: &str| {
        let (code, said) = verdict(&repository, line);
        let found = said["evidence"].as_array().unwrap().iter().map(|piece| piece["tool"].as_str().unwrap().to_owned());
        (code, found.collect::<Vec<_>>())
    };
    assert_eq!(tools("--opener 1"), (0, vec![]));
    assert_eq!(tools("--opener 1 --branch codex/retry"), (1, vec!["codex".to_owned()]));
    assert_eq!(tools("--opener 1 --label ai-assisted --label bug"), (1, vec!["unspecified".to_owned()]));
    std::fs::write(repository.beside("body.md"), "This PR was written with Cursor.\n").unwrap();
    assert_eq!(tools("--opener 1 --body-file ../body.md"), (1, vec!["cursor".to_owned()]));
}

#[test]
fn a_declared_no_beside_a_trailer_is_a_contradiction_that_is_shown() {
    let repository = repository();
    repository.commit(&assisted(JO));
    std::fs::write(repository.beside("body.md"), "## AI usage\n\nNo AI was used.\n").unwrap();
    let (code, said) = verdict(&repository, "--opener 1 --body-file ../body.md");
    assert_eq!((code, &said["verdict"]["is_contradicted"]), (1, &true.into()));
    assert!(said["check"]["summary"].as_str().unwrap().to_lowercase().contains("declare"), "{said}");
}

#[test]
fn a_note_on_a_commit_counts() {
    let repository = repository();
    let commit = repository.commit(&NewCommit::new("Retry").file("a", "b"));
    assert_eq!(verdict(&repository, "--opener 1").0, 0);
    let note = "a\n  0123456789abcdef 1-1\n---\n{\n  \"schema_version\": \"authorship/3.0.0\",\n  \"base_commit_sha\": \"\",\n  \
        \"prompts\": {\n    \"0123456789abcdef\": {\n      \"agent_id\": { \"tool\": \"claude\", \"id\": \"x\", \"model\": \"claude-opus-4-6\" },\n      \
        \"human_author\": null, \"messages\": [], \"total_additions\": 1, \"total_deletions\": 0, \"accepted_lines\": 1, \"overriden_lines\": 0\n    }\n  }\n}\n";
    repository.note("ai", &commit, note);
    let (code, said) = verdict(&repository, "--opener 1");
    assert_eq!((code, &said["commits"][0]["evidence"][0]["channel"]), (1, &"note".into()), "{said}");
}

#[test]
fn tools_of_ones_own_count() {
    let repository = repository();
    repository.commit(&NewCommit::new("Retry\n\nAcme-Coder: session 12").file("a", "b"));
    let ours = "version: 1\ntools: [{ id: acme, name: Acme, url: 'https://acme.example', sources: ['https://acme.example'], \
        trailers: [{ key: acme-coder }], samples: { positive: [{ line: 'Acme-Coder: 1' }], negative: [{ line: 'Coder: 1' }] } }]\n";
    std::fs::write(repository.beside("ours.yml"), ours).unwrap();
    assert_eq!(verdict(&repository, "--opener 1").0, 0);
    assert_eq!(verdict(&repository, "--opener 1 --agents ../ours.yml").0, 1);
}

#[test]
fn what_the_base_holds_already_is_no_part_of_the_change() {
    let repository = repository();
    repository.git(&["checkout", "--quiet", "-b", "work"]);
    repository.commit(&NewCommit::new("Retry").by(ANA).file("a", "b"));
    repository.git(&["checkout", "--quiet", "base"]);
    repository.commit(&assisted(JO));
    repository.git(&["checkout", "--quiet", "work"]);
    repository.merge("base", &NewCommit::new("Merge base").by(ANA));
    let (code, said) = verdict(&repository, "--opener 4");
    assert_eq!((code, said["commits"].as_array().unwrap().len()), (0, 2), "{said}");
    assert_eq!(said["level"], "none");
}

#[test]
fn a_clone_that_was_cut_off_is_refused_with_the_remedy() {
    let repository = repository();
    repository.commit(&assisted(JO));
    repository.commit(&NewCommit::new("More").file("c", "d"));
    let from = format!("file://{}", repository.path().display());
    repository.git(&["clone", "--quiet", "--depth", "2", &from, "../cut"]);
    let said = run(&repository.beside("cut"), "HEAD~1..HEAD", &[]);
    refuses(&said, "fetch-depth: 0");
    assert!(said.err.contains("GIT_DEPTH: 0") && said.err.contains("git fetch --unshallow"));
}

#[test]
fn a_range_that_means_nothing_is_refused() {
    let repository = repository();
    repository.commit(&assisted(JO));
    let refused = |line: &str, words: &str| refuses(&run(repository.path(), line, &[]), words);
    refused("nowhere..HEAD", "`nowhere` names no commit here");
    refused("..HEAD", "names no base");
    refused("HEAD..base", "the head is in the base already");
    refused("HEAD", "the head is in the base already");
    refused("", "name the range, such as origin/main..HEAD");
    refused("'$(id)..HEAD'", "names no commit");
    refused("base --repository ../nothing", "there is no such folder");
}

#[test]
fn outside_of_ci_it_is_compared_with_where_the_clone_came_from() {
    let repository = repository();
    let from = format!("file://{}", repository.path().display());
    repository.git(&["clone", "--quiet", &from, "../clone"]);
    let clone = repository.beside("clone");
    let mut git = crate::local::repository::git(&clone);
    let made = git.args(["commit", "--quiet", "--allow-empty", "-m", "Retry", "-m", CLAUDE]).status().unwrap();
    assert!(made.success());
    let said = run(&clone, "--format json", &[]);
    let said: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((&said["commits"][0]["subject"], &said["level"]), (&"Retry".into(), &"assisted".into()));
}

/// A recorded event, told of this repository's commits.
fn event(repository: &Repository, name: &str, base: &str) -> (std::path::PathBuf, Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/github/webhooks").join(name);
    let mut event: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    event["pull_request"]["base"]["sha"] = repository.git(&["rev-parse", base]).into();
    event["pull_request"]["head"]["sha"] = repository.git(&["rev-parse", "HEAD"]).into();
    let told = repository.beside("event.json");
    std::fs::write(&told, event.to_string()).unwrap();
    (told, event)
}

#[test]
fn github_actions_tells_what_the_change_is() {
    let repository = repository();
    repository.commit(&NewCommit::new("Retry").file("a", "b"));
    let (path, mut event) = event(&repository, "pull_request.opened.1.json", "base");
    let directory = format!("{DIRECTORY}tenants: [{}]\n", event["repository"]["owner"]["login"].as_str().unwrap());
    std::fs::write(repository.beside("d.yml"), directory.replace("tenants: [", "tenants: [github.com/")).unwrap();
    let job = |event: &Value, line: &str| {
        std::fs::write(&path, event.to_string()).unwrap();
        let variables = [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_EVENT_PATH", path.to_str().unwrap()),
        ];
        let said = run(repository.path(), &format!("--format json {line}"), &variables);
        assert_eq!(said.err, "");
        (said.code, serde_json::from_str::<Value>(&said.out).unwrap())
    };
    let (code, said) = job(&event, "--directory ../d.yml");
    assert_eq!((code, &said["ci"]), (0, &"GitHub Actions".into()));
    assert_eq!(said["base"].as_str().unwrap(), repository.git(&["rev-parse", "base"]));
    // An agent's branch, the description and labels count; so does who opened it.
    event["pull_request"]["head"]["ref"] = "claude/retry".into();
    assert_eq!(job(&event, "--directory ../d.yml").0, 1);
    event["pull_request"]["user"] = serde_json::json!({ "login": "ana", "id": 4, "type": "User" });
    let (code, said) = job(&event, "--directory ../d.yml");
    assert_eq!(code, 1, "jo wrote the commit: {said}");
    event["pull_request"]["head"]["ref"] = "retry".into();
    event["pull_request"]["body"] = "Generated with [Claude Code](https://claude.com/claude-code)".into();
    assert_eq!(job(&event, "").1["evidence"][0]["channel"], "body");
    assert_eq!(job(&event, "--no-ci base").1["ci"], Value::Null);
    // Whoever pushed counts where the event says so.
    event["action"] = "synchronize".into();
    event["sender"] = serde_json::json!({ "login": "jo", "id": 1, "type": "User" });
    let (_, said) = job(&event, "--directory ../d.yml");
    assert!(said["verdict"]["contributions"].to_string().contains("github.com/1"), "{said}");
}

#[test]
fn gitlab_tells_what_the_change_is() {
    let repository = repository();
    repository.commit(&NewCommit::new("Retry").by("git <git@acme.dev>").file("a", "b"));
    let (base, head) = (repository.git(&["rev-parse", "base"]), repository.git(&["rev-parse", "HEAD"]));
    let variables = [
        ("GITLAB_CI", "true"),
        ("CI_SERVER_HOST", "gitlab.example.com"),
        ("CI_MERGE_REQUEST_IID", "12"),
        ("CI_MERGE_REQUEST_DIFF_BASE_SHA", &base),
        ("CI_COMMIT_SHA", &head),
        ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
        ("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "devin/retry"),
        ("CI_MERGE_REQUEST_DESCRIPTION", "AI usage: yes, Cursor"),
        ("CI_MERGE_REQUEST_DESCRIPTION_IS_TRUNCATED", "true"),
        ("CI_MERGE_REQUEST_LABELS", "bug,ai-assisted"),
        ("GITLAB_USER_LOGIN", "git"),
        ("GITLAB_USER_ID", "7"),
    ];
    let said = run(repository.path(), "--format json --directory ../d.yml --owner gitlab.example.com/acme", &variables);
    assert_eq!(said.err, "");
    let (code, said): (i32, Value) = (said.code, serde_json::from_str(&said.out).unwrap());
    let channels: Vec<&str> =
        said["evidence"].as_array().unwrap().iter().filter_map(|piece| piece["channel"].as_str()).collect();
    for channel in ["branch", "declaration", "label"] {
        assert!(channels.contains(&channel), "{channels:?}");
    }
    assert_eq!((code, &said["ci"], &said["level"]), (0, &"GitLab CI".into(), &"assisted".into()), "{said}");
    assert!(said["remarks"].to_string().contains("only the beginning of the description"));
}

#[test]
fn an_event_that_cannot_be_read_is_no_pass() {
    let repository = repository();
    repository.commit(&assisted(JO));
    let job = |path: &str| run(repository.path(), "base", &[("GITHUB_ACTIONS", "true"), ("GITHUB_EVENT_PATH", path)]);
    refuses(&job("/no/such/file"), "GITHUB_EVENT_PATH");
    std::fs::write(repository.beside("event.json"), "{\"pull_request\": 3}").unwrap();
    refuses(&job(repository.beside("event.json").to_str().unwrap()), "GITHUB_EVENT_PATH");
}

#[test]
fn hostile_words_reach_no_runner_and_no_terminal() {
    let repository = repository();
    let message = "::error::pwned\n##[error]pwned %0A::set-output name=a::b\n\n\u{1b}[31m\u{202e}Made-with: Cursor ##[x]\r\n\n\
        ::add-mask::x\nAssisted-by: Claude ::stop-commands::x\n";
    repository.commit(&NewCommit::new(message).file("a", "b"));
    let summary = repository.beside("summary.md");
    std::fs::write(&summary, "").unwrap();
    let variables = [("GITHUB_STEP_SUMMARY", summary.to_str().unwrap())];
    let line = "base --no-ci --branch 'claude/x\n::error::y' --label '::warning::z' --opener 1 --format github";
    let said = run(repository.path(), line, &variables);
    assert_eq!((said.code, said.err.as_str()), (1, ""));
    assert!(
        !said.out.contains("##[") && !said.out.contains('\u{1b}') && !said.out.contains('\u{202e}'),
        "{}",
        said.out
    );
    let commands: Vec<&str> = said.out.lines().filter(|line| line.trim_start().starts_with("::")).collect();
    let [stop, resume, error] = commands.as_slice() else { panic!("{commands:?}") };
    let token = stop.strip_prefix("::stop-commands::").unwrap();
    assert_eq!((token.len(), *resume), (32, format!("::{token}::").as_str()));
    assert!(error.starts_with("::error title=Seconder::Needs 1 approval"), "{error}");
    let summary = std::fs::read_to_string(&summary).unwrap();
    assert!(summary.starts_with("## Needs 1 approval") && summary.contains("This check is advisory"), "{summary}");
    for line in run(repository.path(), "base --opener 1", &[]).out.lines() {
        assert!(!line.trim_start().starts_with("::") && !line.contains("##["), "{line}");
    }
}
