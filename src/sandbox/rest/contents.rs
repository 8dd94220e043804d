//! What lies in a repository: files, trees, comparisons, and the log of ref updates.

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::checks::commit;
use super::{here, page, repository};
use crate::sandbox::git::directory;
use crate::sandbox::http::{Answer, Ask, Refusal, Reply};
use crate::sandbox::repositories::Activity;
use crate::sandbox::shapes::extend;
use crate::sandbox::world::World;

/// Commits on one page of a comparison when no page is asked for.
const COMPARED_COMMITS: usize = 250;
/// Files of a comparison.
const COMPARED_FILES: usize = 300;

/// base64 as GitHub sends it: in lines of 60.
fn encode(text: &str) -> String {
    let encoded = STANDARD.encode(text);
    let lines = encoded.as_bytes().chunks(60).flat_map(|line| line.iter().copied().chain([b'\n']));
    lines.map(char::from).collect()
}

pub(super) fn get(world: &mut World, ask: &Ask) -> Reply {
    let id = repository(world, ask, "contents", false)?;
    let home = here(world, id)?;
    let reference = ask.asked("ref").unwrap_or("HEAD").to_owned();
    // A missing ref is a missing file here, not an invalid request.
    let sha = commit(world, id, &reference).map_err(|_| Refusal::not_found())?;
    let files = world.git.files_at(&sha);
    let path = ask.at("path").trim_matches('/');
    if let Some(blob) = files.get(path) {
        let text = world.git.blob(blob).cloned().unwrap_or_default();
        let mut body = world.entry_json(home, path, &reference, Some(blob));
        extend(&mut body, json!({ "encoding": "base64", "content": encode(&text) }));
        return Answer::ok(body);
    }
    let entries = directory(&files, path);
    if entries.is_empty() {
        return Err(Refusal::not_found());
    }
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
    Answer::ok(
        entries
            .into_iter()
            .map(|(name, blob)| world.entry_json(home, &below(name), &reference, blob.map(String::as_str)))
            .collect(),
    )
}

pub(super) fn compare(world: &mut World, ask: &Ask) -> Reply {
    let id = repository(world, ask, "contents", false)?;
    let home = here(world, id)?;
    let (base, head) = ask.at("basehead").split_once("...").ok_or_else(Refusal::not_found)?;
    let end = |name: &str| commit(world, id, name.rsplit_once(':').map_or(name, |(_, branch)| branch));
    let (base, head) = (end(base).map_err(|_| Refusal::not_found())?, end(head).map_err(|_| Refusal::not_found())?);
    let merge_base = world.git.merge_base(&base, &head).ok_or_else(Refusal::not_found)?;
    if ask.accept == "application/vnd.github.diff" {
        return compared_text(world, &merge_base, &head);
    }
    let ahead = world.git.between(&base, &head);
    let behind = world.git.between(&head, &base).len();
    let status = match (ahead.len(), behind) {
        (0, 0) => "identical",
        (_, 0) => "ahead",
        (0, _) => "behind",
        _ => "diverged",
    };
    let files: Vec<Value> = world
        .git
        .diff(Some(&merge_base), &head)
        .iter()
        .take(COMPARED_FILES)
        .map(|file| world.file_json(home, file, &head))
        .collect();
    let html = format!("{}/{}/compare/{base}...{head}", world.url, world.full_name(home));
    let body = json!({
        "url": format!("{}/compare/{base}...{head}", world.repository_api(home)),
        "html_url": html,
        "permalink_url": html,
        "diff_url": format!("{html}.diff"),
        "patch_url": format!("{html}.patch"),
        "base_commit": world.commit_json(home, &base),
        "merge_base_commit": world.commit_json(home, &merge_base),
        "status": status,
        "ahead_by": ahead.len(),
        "behind_by": behind,
        "total_commits": ahead.len(),
        "files": files,
    });
    compared_page(world, ask, id, &ahead, body)
}

/// The difference as text, or that it is too large: GitHub shows none with more than so many files.
fn compared_text(world: &World, from: &str, to: &str) -> Reply {
    if world.git.diff(Some(from), to).len() > COMPARED_FILES {
        let words = "Sorry, the diff exceeded the maximum number of files (300).";
        return Err(Refusal::new(StatusCode::NOT_ACCEPTABLE, words));
    }
    Answer::text("application/vnd.github.diff; charset=utf-8", world.git.patch(from, to))
}

/// Puts the commits asked for into a comparison: 250 of them, or a page.
fn compared_page(world: &World, ask: &Ask, id: u64, ahead: &[String], mut body: Value) -> Reply {
    let home = here(world, id)?;
    let shape = |sha: &String| world.commit_json(home, sha);
    if ask.asked("page").is_none() && ask.asked("per_page").is_none() {
        body["commits"] = ahead.iter().take(COMPARED_COMMITS).map(shape).collect();
        return Answer::ok(body);
    }
    super::paged(ask, ahead, shape, |commits| {
        body["commits"] = Value::Array(commits);
        // Files come with the first page only.
        if ask.asked("page").is_some_and(|page| page != "1") {
            body["files"] = json!([]);
        }
        body
    })
}

pub(super) fn activity(world: &mut World, ask: &Ask) -> Reply {
    let id = repository(world, ask, "contents", false)?;
    let full = |name: &str| if name.starts_with("refs/") { name.to_owned() } else { format!("refs/heads/{name}") };
    let reference = ask.asked("ref").map(full);
    let mut found: Vec<&Activity> = here(world, id)?
        .activity
        .iter()
        .filter(|one| reference.as_ref().is_none_or(|wanted| *wanted == one.reference))
        .filter(|one| ask.asked("activity_type").is_none_or(|kind| kind == one.kind))
        .filter(|one| ask.asked("actor").is_none_or(|actor| world.login(one.actor).eq_ignore_ascii_case(actor)))
        .collect();
    if ask.asked("direction") != Some("asc") {
        found.reverse();
    }
    page(ask, &found, |one| world.activity_json(one))
}

pub(super) fn reference(world: &mut World, ask: &Ask) -> Reply {
    let id = repository(world, ask, "contents", false)?;
    let home = here(world, id)?;
    let name = format!("refs/{}", ask.at("ref"));
    let sha = home.refs.get(&name).ok_or_else(Refusal::not_found)?;
    let api = world.repository_api(home);
    Answer::ok(json!({
        "ref": name,
        "node_id": format!("REF_{}_{name}", home.id),
        "url": format!("{api}/git/{name}"),
        "object": { "type": "commit", "sha": sha, "url": format!("{api}/git/commits/{sha}") },
    }))
}

pub(super) fn tree(world: &mut World, ask: &Ask) -> Reply {
    let id = repository(world, ask, "contents", false)?;
    let home = here(world, id)?;
    let asked = ask.at("tree_sha");
    let sha = match commit(world, id, asked) {
        Ok(sha) => world.git.commit(&sha).map(|commit| commit.tree.clone()).unwrap_or_default(),
        Err(_) => asked.to_owned(),
    };
    let files = world.git.tree(&sha).ok_or_else(Refusal::not_found)?;
    let api = world.repository_api(home);
    let entry = |path: &str, blob: Option<&String>| {
        let (mode, kind) = if blob.is_some() { ("100644", "blob") } else { ("040000", "tree") };
        let sha = blob.cloned().unwrap_or_else(|| "0".repeat(40));
        let size = blob.and_then(|blob| world.git.blob(blob)).map_or(0, |text| text.len());
        json!({ "path": path, "mode": mode, "type": kind, "sha": sha, "size": size, "url": format!("{api}/git/{kind}s/{sha}") })
    };
    let entries: Vec<Value> = if ask.asked("recursive").is_some() {
        files.iter().map(|(path, blob)| entry(path, Some(blob))).collect()
    } else {
        directory(files, "").into_iter().map(|(name, blob)| entry(name, blob)).collect()
    };
    Answer::ok(json!({ "sha": sha, "url": format!("{api}/git/trees/{sha}"), "truncated": false, "tree": entries }))
}

pub(super) fn blob(world: &mut World, ask: &Ask) -> Reply {
    let id = repository(world, ask, "contents", false)?;
    let home = here(world, id)?;
    let sha = ask.at("file_sha");
    let text = world.git.blob(sha).ok_or_else(Refusal::not_found)?;
    Answer::ok(json!({
        "sha": sha,
        "node_id": format!("B_{sha}"),
        "size": text.len(),
        "url": format!("{}/git/blobs/{sha}", world.repository_api(home)),
        "encoding": "base64",
        "content": encode(text),
    }))
}
