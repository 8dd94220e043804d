use jiff::Timestamp;

use super::*;
use crate::gate::change::HeadBranch;
use crate::gate::ids::{ChangeKey, CommitSha, RepoId};
use crate::gate::plan::Published;
use crate::gate::witnessed::SeenChange;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn sha(digit: &str) -> CommitSha {
    digit.repeat(40).parse().unwrap()
}

/// A change that waits, just as it was left: in the list, on record, and as published.
fn left_alone() -> (OpenChange, KnownChange, Publication) {
    let key = ChangeKey { repo: RepoId::new("github.com".parse().unwrap(), 7), number: 1 };
    let head_branch = HeadBranch { name: "work".to_owned(), repo: None };
    let change = SeenChange {
        key: key.clone(),
        state: ChangeState::Open,
        head: sha("a"),
        before: None,
        head_branch: head_branch.clone(),
        base_branch: "main".to_owned(),
        stack_base: None,
        pusher: None,
    };
    let published = Published {
        check_run_id: 9,
        conclusion: Some(Conclusion::ActionRequired),
        title: None,
        external_id: Some("digest".to_owned()),
    };
    let known = KnownChange {
        key,
        state: ChangeState::Open,
        head: sha("a"),
        head_branch,
        base_branch: "main".to_owned(),
        stack_base: None,
        read_at: at(600),
    };
    let ours = Publication {
        check_run_id: Some(9),
        digest: "digest".to_owned(),
        conclusion: Conclusion::ActionRequired,
        state: PublicationState::Standing,
        at: at(600),
    };
    (OpenChange { change, published: Some(published), updated_at: at(0) }, known, ours)
}

#[track_caller]
fn looked_at(alter: impl FnOnce(&mut OpenChange, &mut KnownChange, &mut Publication)) {
    let (mut open, mut known, mut ours) = left_alone();
    alter(&mut open, &mut known, &mut ours);
    assert!(is_needed(&open, Some(&known), Some(&ours)));
}

#[test]
fn what_is_as_we_left_it_is_left_alone() {
    let (open, known, ours) = left_alone();
    assert!(!is_needed(&open, Some(&known), Some(&ours)));
}

#[test]
fn what_we_never_read_or_published_is_looked_at() {
    let (open, known, ours) = left_alone();
    assert!(is_needed(&open, None, Some(&ours)));
    assert!(is_needed(&open, Some(&known), None));
    looked_at(|open, _, _| open.published = None);
}

#[test]
fn what_moved_is_looked_at() {
    looked_at(|open, _, _| open.change.head = sha("b"));
    looked_at(|open, _, _| open.change.base_branch = "release".to_owned());
    looked_at(|_, known, _| known.state = ChangeState::Closed);
    looked_at(|open, _, _| open.updated_at = at(601));
    // A forge's clock may be behind ours.
    looked_at(|open, _, _| open.updated_at = at(590));
}

#[test]
fn a_check_that_is_not_as_we_left_it_is_looked_at() {
    let alter = |alter: fn(&mut Published)| looked_at(|open, _, _| alter(open.published.as_mut().unwrap()));
    alter(|published| published.conclusion = None);
    alter(|published| published.external_id = Some("another".to_owned()));
    alter(|published| published.external_id = None);
    looked_at(|_, _, ours| ours.state = PublicationState::Intended);
    looked_at(|_, _, ours| ours.conclusion = Conclusion::Success);
}

#[test]
fn a_pass_is_always_looked_at() {
    looked_at(|open, _, ours| {
        open.published.as_mut().unwrap().conclusion = Some(Conclusion::Success);
        ours.conclusion = Conclusion::Success;
    });
}
