//! The GitHub Action and the GitLab job: no runner is here, so what they say is held to the forms that forges take, to rules
//! against injected commands, and to what the program takes.

use serde_json::Value;

use super::{takes, text};

fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap()
}

/// Every string in a value, with the keys that lead there.
fn strings(value: &Value, path: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) => found.push((path.to_owned(), text.clone())),
        Value::Array(all) => all.iter().for_each(|one| strings(one, path, found)),
        Value::Object(all) => all.iter().for_each(|(key, one)| strings(one, &format!("{path}/{key}"), found)),
        _ => {}
    }
}

/// What is wrong with a script: an expression is put into it before a shell reads it, so whoever chooses a branch's name
/// chooses what is run.
fn injected(value: &Value) -> Option<String> {
    let mut all = Vec::new();
    strings(value, "", &mut all);
    let is_script = |path: &str| path.ends_with("/run") || path.ends_with("/script");
    let bad = all.iter().find(|(path, text)| is_script(path) && text.contains("${{"));
    bad.map(|(path, _)| format!("{path} holds an expression"))
}

/// What is wrong with a workflow that documentation shows.
pub(crate) fn workflow(text: &str) -> Option<String> {
    let workflow = match serde_saphyr::from_str::<Value>(text) {
        Ok(workflow) => workflow,
        Err(error) => return Some(error.to_string()),
    };
    let events = workflow["on"].to_string();
    if events.contains("pull_request_target") || !events.contains("pull_request") {
        return Some("it does not run on pull_request".to_owned());
    }
    if workflow["permissions"] != serde_json::json!({ "contents": "read" }) {
        return Some("it may do more than read".to_owned());
    }
    let steps = workflow["jobs"].as_object().unwrap().values().flat_map(|job| job["steps"].as_array().unwrap());
    let steps: Vec<&Value> = steps.collect();
    let is_pinned = |uses: &str| {
        let commit = uses.rsplit_once('@').map_or("", |(_, commit)| commit);
        commit == "COMMIT" || (commit.len() == 40 && commit.bytes().all(|c| c.is_ascii_hexdigit()))
    };
    let uses = |step: &&Value| step["uses"].as_str().map(str::to_owned);
    if let Some(loose) = steps.iter().filter_map(uses).find(|uses| !is_pinned(uses)) {
        return Some(format!("{loose} is not pinned to a commit"));
    }
    let checkout = steps.iter().find(|step| uses(step).is_some_and(|uses| uses.starts_with("actions/checkout@")))?;
    if checkout["with"]["fetch-depth"] != 0 || checkout["with"]["persist-credentials"] != false {
        return Some("the checkout is shallow, or leaves its token behind".to_owned());
    }
    let inputs = yaml(&super::text("action.yml"))["inputs"].clone();
    let given = steps.iter().filter(|step| uses(step).is_some_and(|uses| uses.contains("/seconder@")));
    let given = given.filter_map(|step| step["with"].as_object()).flat_map(|with| with.keys());
    if let Some(unknown) = given.into_iter().find(|key| inputs.get(key).is_none()) {
        return Some(format!("the action has no input `{unknown}`"));
    }
    injected(&workflow)
}

/// What is wrong with a pipeline that documentation shows.
pub(crate) fn pipeline(text: &str) -> Option<String> {
    let wrong = serde_saphyr::from_str::<Value>(text).err().map(|error| error.to_string());
    wrong.or_else(|| (!text.contains("packaging/gitlab-ci.yml")).then(|| "it does not include the template".to_owned()))
}

#[test]
fn the_action_is_one() {
    let action = yaml(&text("action.yml"));
    let keys: Vec<&str> = action.as_object().unwrap().keys().map(String::as_str).collect();
    assert!(keys.iter().all(|key| ["name", "description", "inputs", "runs"].contains(key)), "{keys:?}");
    assert_eq!(action["runs"]["using"], "composite");
    for (name, input) in action["inputs"].as_object().unwrap() {
        assert!(input["description"].is_string() && input["default"] == "", "{name}");
    }
    for step in action["runs"]["steps"].as_array().unwrap() {
        assert!(step["shell"] == "bash" && step["run"].is_string(), "{step}");
        assert!(step.get("uses").is_none(), "what it uses would have to be pinned");
    }
    assert_eq!(injected(&action), None);
}

#[test]
fn an_expression_in_a_script_is_found() {
    let bad = yaml("runs: { steps: [{ run: 'echo ${{ github.head_ref }}', env: { A: '${{ x }}' } }] }");
    assert!(injected(&bad).is_some());
    let good = yaml("runs: { steps: [{ run: 'echo $A', env: { A: '${{ github.head_ref }}' } }] }");
    assert_eq!(injected(&good), None);
}

#[test]
fn every_input_of_the_action_reaches_the_program() {
    let action = yaml(&text("action.yml"));
    let step = &action["runs"]["steps"][1];
    let script = step["run"].as_str().unwrap();
    for name in action["inputs"].as_object().unwrap().keys() {
        let variable = format!("INPUT_{}", name.to_uppercase());
        assert_eq!(step["env"][&variable], format!("${{{{ inputs.{name} }}}}"));
        assert!(script.contains(&format!("${variable}")), "{name}");
        if name != "range" {
            assert!(script.contains(&format!("--{name}=$INPUT_")), "{name}");
            takes(&["check", &format!("--{name}=x")]);
        }
    }
    takes(&["check", "--format=github"]);
    assert!(script.contains("check \"${arguments[@]}\""));
}

#[test]
fn both_build_what_the_lock_file_names_with_the_compiler_that_it_needs() {
    let manifest: toml::Table = text("Cargo.toml").parse().unwrap();
    let compiler = manifest["package"]["rust-version"].as_str().unwrap();
    let action = text("action.yml");
    assert!(action.contains(&format!("rustup toolchain install {compiler} ")));
    assert!(action.contains(&format!("cargo +{compiler} install --locked --path \"$GITHUB_ACTION_PATH\"")));
    let job = yaml(&text("packaging/gitlab-ci.yml"));
    assert_eq!(job["seconder"]["image"], format!("rust:{compiler}-bookworm"));
    assert!(job["seconder"]["script"][0].as_str().unwrap().contains("cargo install --locked --git"));
}

#[test]
fn the_job_runs_on_merge_requests_with_all_of_the_history() {
    let job = &yaml(&text("packaging/gitlab-ci.yml"))["seconder"];
    assert_eq!(job["variables"]["GIT_DEPTH"], "0");
    assert_eq!(job["rules"][0]["if"], "$CI_PIPELINE_SOURCE == \"merge_request_event\"");
    // A variable of this name would be taken for a key of the server's configuration.
    let names: Vec<&String> = job["variables"].as_object().unwrap().keys().collect();
    assert!(names.iter().all(|name| !name.contains("__")), "{names:?}");
    takes(&["check", "--directory=x", "--agents=x"]);
}
