//! Commits, files, contents.

use serde_json::{Value, json};

use super::time;
use crate::sandbox::git::{ChangeKind, Commit, FileChange, Stamp};
use crate::sandbox::repositories::Repository;
use crate::sandbox::world::World;

fn signature(stamp: &Stamp) -> Value {
    json!({ "name": stamp.name, "email": stamp.email, "date": time(stamp.at) })
}

impl World {
    /// `commit` of the REST API.
    pub(crate) fn commit_json(&self, repository: &Repository, sha: &str) -> Value {
        let Some(commit) = self.git.commit(sha) else { return Value::Null };
        let api = self.repository_api(repository);
        let html = format!("{}/{}", self.url, self.full_name(repository));
        let account = |stamp| self.accounts.of_stamp(stamp).map(|account| self.simple_user(account));
        let parents: Vec<Value> = commit
            .parents
            .iter()
            .map(|parent| json!({ "sha": parent, "url": format!("{api}/commits/{parent}"), "html_url": format!("{html}/commit/{parent}") }))
            .collect();
        json!({
            "sha": commit.sha,
            "node_id": format!("C_{}_{}", repository.id, commit.sha),
            "url": format!("{api}/commits/{}", commit.sha),
            "html_url": format!("{html}/commit/{}", commit.sha),
            "comments_url": format!("{api}/commits/{}/comments", commit.sha),
            "commit": Self::git_commit_json(&api, commit),
            "author": account(&commit.author),
            "committer": account(&commit.committer),
            "parents": parents,
        })
    }

    fn git_commit_json(api: &str, commit: &Commit) -> Value {
        json!({
            "author": signature(&commit.author),
            "committer": signature(&commit.committer),
            "message": commit.message,
            "tree": { "sha": commit.tree, "url": format!("{api}/git/trees/{}", commit.tree) },
            "url": format!("{api}/git/commits/{}", commit.sha),
            "comment_count": 0,
            "verification": {
                "verified": commit.signed,
                "reason": if commit.signed { "valid" } else { "unsigned" },
                "signature": null,
                "payload": null,
                "verified_at": commit.signed.then(|| time(commit.committer.at)),
            },
        })
    }

    /// A commit as push webhooks list it: with files, without parents.
    pub(crate) fn pushed_commit_json(&self, repository: &Repository, sha: &str) -> Value {
        let Some(commit) = self.git.commit(sha) else { return Value::Null };
        let person = |stamp: &Stamp| {
            let mut person = json!({ "name": stamp.name, "email": stamp.email, "date": time(stamp.at) });
            // GitHub leaves the key out where an address belongs to nobody.
            if let Some(account) = self.accounts.of_stamp(stamp) {
                person["username"] = json!(account.login);
            }
            person
        };
        let changes = self.git.diff(commit.parents.first().map(String::as_str), sha);
        let paths = |kinds: &[ChangeKind]| -> Vec<&str> {
            changes.iter().filter(|change| kinds.contains(&change.kind)).map(|change| change.path.as_str()).collect()
        };
        // Pushes know no renames: one file went and another came.
        let gone = changes.iter().filter_map(|change| change.previous_path.as_deref());
        let removed: Vec<&str> = paths(&[ChangeKind::Removed]).into_iter().chain(gone).collect();
        json!({
            "id": sha,
            "tree_id": commit.tree,
            "distinct": true,
            "message": commit.message,
            "timestamp": time(commit.committer.at),
            "url": format!("{}/{}/commit/{sha}", self.url, self.full_name(repository)),
            "author": person(&commit.author),
            "committer": person(&commit.committer),
            "added": paths(&[ChangeKind::Added, ChangeKind::Renamed]),
            "removed": removed,
            "modified": paths(&[ChangeKind::Modified]),
        })
    }

    /// `diff-entry`.
    pub(crate) fn file_json(&self, repository: &Repository, change: &FileChange, sha: &str) -> Value {
        let html = format!("{}/{}", self.url, self.full_name(repository));
        let status = match change.kind {
            ChangeKind::Added => "added",
            ChangeKind::Modified => "modified",
            ChangeKind::Removed => "removed",
            ChangeKind::Renamed => "renamed",
        };
        let mut json = json!({
            "sha": change.blob,
            "filename": change.path,
            "status": status,
            "additions": change.additions,
            "deletions": change.deletions,
            "changes": change.additions + change.deletions,
            "blob_url": format!("{html}/blob/{sha}/{}", change.path),
            "raw_url": format!("{html}/raw/{sha}/{}", change.path),
            "contents_url": format!("{}/contents/{}?ref={sha}", self.repository_api(repository), change.path),
        });
        if let Some(previous) = &change.previous_path {
            json["previous_filename"] = json!(previous);
        }
        json
    }

    /// An entry of a directory listing, or the head of a file's contents.
    pub(crate) fn entry_json(&self, repository: &Repository, path: &str, reference: &str, blob: Option<&str>) -> Value {
        let api = self.repository_api(repository);
        let html = format!("{}/{}", self.url, self.full_name(repository));
        let (kind, place, object) = if blob.is_some() { ("file", "blob", "blobs") } else { ("dir", "tree", "trees") };
        let sha = blob.map_or_else(|| "0".repeat(40), str::to_owned);
        let size = blob.and_then(|sha| self.git.blob(sha)).map_or(0, |text| text.len());
        let address = format!("{api}/contents/{path}?ref={reference}");
        let page = format!("{html}/{place}/{reference}/{path}");
        let git = format!("{api}/git/{object}/{sha}");
        json!({
            "type": kind,
            "size": size,
            "name": path.rsplit('/').next(),
            "path": path,
            "sha": sha,
            "url": address,
            "git_url": git,
            "html_url": page,
            "download_url": blob.map(|_| format!("{html}/raw/{reference}/{path}")),
            "_links": { "git": git, "html": page, "self": address },
        })
    }
}
