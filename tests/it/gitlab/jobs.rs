//! Commits that jobs test: GitLab's own merges of a head, and what only looks like one.

use seconder::gate::ids::{CommitSha, Host, OwnerId, RepoId};
use seconder::gate::witnessed::SeenRepository;
use serde_json::json;

use super::members::client;
use crate::github::script::Script;

fn sha(digit: char) -> CommitSha {
    digit.to_string().repeat(40).parse().unwrap()
}

/// Whether the commit `b` is taken for GitLab's merge of the head `a` of change 7, if its pipeline ran on this ref and its
/// parents are these.
async fn is_merge(reference: &str, source: &str, parents: &[char]) -> bool {
    let script = Script::start().await;
    let pipeline = json!({ "id": 1, "sha": sha('b'), "ref": reference, "source": source, "status": "running" });
    let parents: Vec<CommitSha> = parents.iter().map(|digit| sha(*digit)).collect();
    let commit = json!({ "id": sha('b'), "parent_ids": parents, "message": "Merge", "title": "Merge" });
    script.then(200, &[], &json!([pipeline])).then(200, &[], &commit);
    let host: Host = "gitlab.example".parse().unwrap();
    let repo = SeenRepository {
        repo: RepoId::new(host.clone(), 3),
        owner: OwnerId::new(host, 2),
        name: "acme/pay".to_owned(),
        installation: 2,
        default_branch: Some("main".to_owned()),
        is_public: None,
    };
    client(&script).is_merge_of(&repo, 7, &sha('b'), &sha('a')).await.unwrap()
}

#[tokio::test]
async fn gitlabs_own_merge_of_the_head_is_one() {
    assert!(is_merge("refs/merge-requests/7/merge", "merge_request_event", &['c', 'a']).await);
    assert!(is_merge("refs/merge-requests/7/train", "merge_request_event", &['c', 'a']).await);
}

#[tokio::test]
async fn a_merge_of_an_earlier_head_is_none() {
    assert!(!is_merge("refs/merge-requests/7/merge", "merge_request_event", &['c', 'd']).await);
    assert!(!is_merge("refs/merge-requests/7/merge", "merge_request_event", &['a', 'd']).await);
    assert!(!is_merge("refs/merge-requests/7/merge", "merge_request_event", &['a']).await);
}

#[tokio::test]
async fn a_pushed_commit_that_has_the_head_for_its_second_parent_is_none() {
    // The next head, which somebody made to look like a merge.
    assert!(!is_merge("refs/merge-requests/7/head", "merge_request_event", &['c', 'a']).await);
    assert!(!is_merge("fix", "push", &['c', 'a']).await);
    // Nor is a pipeline of another change, nor one that somebody set off on a ref of that name.
    assert!(!is_merge("refs/merge-requests/8/merge", "merge_request_event", &['c', 'a']).await);
    assert!(!is_merge("refs/merge-requests/7/merge", "external", &['c', 'a']).await);
}
