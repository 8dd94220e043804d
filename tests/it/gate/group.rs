//! What a merge group holds: the queue says so, and git has to agree.

use seconder::gate::change::Commit;
use seconder::gate::group::{Doubt, Entry, Group, Member};
use seconder::gate::head::{HeadVerdict, MemberVerdict};
use seconder::gate::ids::CommitSha;
use seconder::gate::policy::Mode;
use seconder::gate::verdict::Outcome;

use super::case::{case, commit, linked, sha};

/// A commit by `jo`, on these parents.
fn of(name: &str, parents: &[&str]) -> Commit {
    Commit {
        sha: sha(name),
        parents: parents.iter().map(|parent| sha(parent)).collect(),
        message: format!("Write {name}"),
        ..commit(linked("jo"))
    }
}

/// A commit that the forge made and signed.
fn made(name: &str, parents: &[&str]) -> Commit {
    Commit { committed_via_web: true, ..of(name, parents) }
}

/// What another commit is on other parents.
fn copy(name: &str, parents: &[&str], original: &Commit) -> Commit {
    Commit { message: original.message.clone(), author: original.author.clone(), ..of(name, parents) }
}

fn entry(number: i64, group_head: &str) -> Entry {
    Entry { number, group_head: Some(sha(group_head)) }
}

fn group(head: &str, commits: &[&Commit], queue: Vec<Entry>) -> Group {
    Group { head: sha(head), commits: commits.iter().map(|commit| (*commit).clone()).collect(), queue }
}

struct Pull {
    number: i64,
    head: CommitSha,
    commits: Vec<Commit>,
}

fn pull(number: i64, commits: &[&Commit]) -> Pull {
    let commits: Vec<Commit> = commits.iter().map(|commit| (*commit).clone()).collect();
    Pull { number, head: commits.last().expect("a commit").sha.clone(), commits }
}

fn doubts(group: &Group, pulls: &[&Pull]) -> Vec<(Option<i64>, Doubt)> {
    let member = |pull: &&Pull| (pull.number, pull.head.clone(), pull.commits.clone());
    let owned: Vec<_> = pulls.iter().map(member).collect();
    let members: Vec<Member<'_>> =
        owned.iter().map(|(number, head, commits)| Member { number: *number, head, commits }).collect();
    group.doubts(&members)
}

fn stray(name: &str) -> Vec<(Option<i64>, Doubt)> {
    vec![(None, Doubt::Stray { commit: sha(name) })]
}

#[test]
fn a_merge_commit_for_each_change_is_what_a_queue_makes() {
    let (a, b) = (of("a", &["base"]), of("b", &["base"]));
    let (first, second) = (made("m1", &["base", "a"]), made("m2", &["m1", "b"]));
    let whole = group("m2", &[&a, &b, &first, &second], vec![entry(1, "m1"), entry(2, "m2"), entry(3, "m3")]);
    assert_eq!(whole.members(), Ok(vec![1, 2]));
    assert_eq!(doubts(&whole, &[&pull(1, &[&a]), &pull(2, &[&b])]), []);
    // Once the first is merged, the second answers for itself.
    let rest = group("m2", &[&b, &second], vec![entry(2, "m2"), entry(3, "m3")]);
    assert_eq!(rest.members(), Ok(vec![2]));
    assert_eq!(doubts(&rest, &[&pull(2, &[&b])]), []);
    // One commit may be made for several.
    let together = group("m2", &[&a, &b, &first, &second], vec![entry(1, "m2"), entry(2, "m2")]);
    assert_eq!(together.members(), Ok(vec![1, 2]));
    assert_eq!(doubts(&together, &[&pull(1, &[&a]), &pull(2, &[&b])]), []);
}

#[test]
fn a_commit_that_the_queue_does_not_know_has_no_members() {
    let (a, merge) = (of("a", &["base"]), made("m1", &["base", "a"]));
    let queue = vec![entry(2, "m2"), Entry { number: 1, group_head: None }];
    assert_eq!(group("m1", &[&a, &merge], queue).members(), Err(Doubt::NotQueued));
}

#[test]
fn a_change_that_was_pushed_to_is_not_what_the_group_holds() {
    let (a, more) = (of("a", &["base"]), of("more", &["a"]));
    let merge = made("m1", &["base", "a"]);
    let whole = group("m1", &[&a, &merge], vec![entry(1, "m1")]);
    assert_eq!(doubts(&whole, &[&pull(1, &[&a, &more])]), [(Some(1), Doubt::Moved)]);
    let other = of("other", &["base"]);
    assert_eq!(doubts(&whole, &[&pull(1, &[&other])]), [(Some(1), Doubt::Moved)]);
}

#[test]
fn squashes_and_copies_are_what_a_queue_makes() {
    let (a, b) = (of("a", &["base"]), of("b", &["a"]));
    let change = pull(1, &[&a, &b]);
    let squash = made("s", &["main"]);
    assert_eq!(doubts(&group("s", &[&squash], vec![entry(1, "s")]), &[&change]), []);
    let (a2, b2) = (copy("a2", &["main"], &a), copy("b2", &["a2"], &b));
    let copies = group("b2", &[&a2, &b2], vec![entry(1, "b2")]);
    assert_eq!(doubts(&copies, &[&change]), []);
    // A merge from the base is left out when a change is rebased.
    let update = of("u", &["b", "main"]);
    assert_eq!(doubts(&copies, &[&pull(1, &[&a, &b, &update])]), []);
}

#[test]
fn any_other_commit_is_foreign() {
    let (a, b) = (of("a", &["base"]), of("b", &["a"]));
    let change = pull(1, &[&a, &b]);
    let queue = || vec![entry(1, "m")];
    // Below what was made for the change, whoever made it.
    for below in [made("x", &["base"]), of("x", &["base"])] {
        let merge = made("m", &["x", "b"]);
        assert_eq!(doubts(&group("m", &[&a, &b, &below, &merge], queue()), &[&change]), stray("x"));
        let squash = made("m", &["x"]);
        assert_eq!(doubts(&group("m", &[&below, &squash], queue()), &[&change]), stray("x"));
    }
    // Beside it.
    let (beside, merge) = (of("x", &["base"]), made("m", &["base", "b"]));
    assert_eq!(doubts(&group("m", &[&a, &b, &beside, &merge], queue()), &[&change]), stray("x"));
    // A merge of three, one that the forge did not make, and a squash that it did not sign.
    let octopus = made("m", &["base", "b", "x"]);
    assert_eq!(doubts(&group("m", &[&a, &b, &beside, &octopus], queue()), &[&change]), stray("m"));
    assert_eq!(doubts(&group("m", &[&a, &b, &of("m", &["base", "b"])], queue()), &[&change]), stray("m"));
    assert_eq!(doubts(&group("m", &[&of("m", &["base"])], queue()), &[&change]), stray("m"));
    // Copies that are too many, too few, or of another author.
    let (a2, b2) = (copy("a2", &["main"], &a), copy("m", &["a2"], &b));
    let c2 = of("c2", &["main"]);
    let a3 = copy("a2", &["c2"], &a);
    assert_eq!(doubts(&group("m", &[&c2, &a3, &b2], queue()), &[&change]), stray("c2"));
    assert_eq!(doubts(&group("m", &[&copy("m", &["main"], &b)], queue()), &[&change]), stray("m"));
    let foreign = Commit { author: linked("eve"), ..a2 };
    assert_eq!(doubts(&group("m", &[&foreign, &b2], queue()), &[&change]), stray("a2"));
}

#[test]
fn a_change_whose_commit_is_not_on_the_way_is_not_taken_for_granted() {
    let (a, b) = (of("a", &["base"]), of("b", &["base"]));
    let (side, merge) = (made("m1", &["base", "a"]), made("m2", &["base", "b"]));
    // What the queue made for #1 hangs beside, on the change's own side of #2's merge.
    let odd = group("m2", &[&a, &b, &side, &merge], vec![entry(1, "m1"), entry(2, "m2")]);
    assert!(!doubts(&odd, &[&pull(1, &[&a]), &pull(2, &[&b])]).is_empty());
    // A group that is a change's own commit: the queue makes commits of its own.
    let own = group("a", &[&a], vec![entry(1, "a")]);
    assert!(!doubts(&own, &[&pull(1, &[&a])]).is_empty());
}

#[test]
fn the_verdict_of_a_group_is_the_worst_of_its_members_at_the_heads_that_were_queued() {
    let of = |queued: &str, doubt: Option<Doubt>| {
        let member = MemberVerdict { verdict: case().verdict(), mode: Mode::Enforce, queued: sha(queued), doubt };
        HeadVerdict::of_group(sha("group"), vec![member], Vec::new()).expect("a member")
    };
    assert_eq!(of("head", None).outcome(), Outcome::Pass);
    assert_eq!(of("before", None).outcome(), Outcome::Error);
    assert_eq!(of("head", Some(Doubt::NotOpen)).outcome(), Outcome::Error);
    // An open change on the group's commit counts as well, and only for that commit.
    let member = MemberVerdict { verdict: case().verdict(), mode: Mode::Enforce, queued: sha("head"), doubt: None };
    let beside = HeadVerdict::of_group(sha("group"), vec![member], vec![(case().verdict(), Mode::Enforce)]);
    assert_eq!(beside.expect("a member").outcome(), Outcome::Error);
    assert_eq!(HeadVerdict::of_group(sha("group"), Vec::new(), Vec::new()), None);
}
