use seconder::gate::contributors::{Contribution, Role, Who};
use seconder::gate::people::{Standing, Tier};
use seconder::store::{Remembered, Store};

use super::*;

on_both!(
    nothing_is_remembered_at_first,
    levels_only_rise,
    evidence_follows_commit_tree_and_branch,
    evidence_in_one_commit_does_not_taint_its_neighbours,
    a_description_sticks_to_the_head_and_its_tree,
    contributors_follow_commit_tree_and_branch,
    nothing_crosses_repositories,
    standings_are_those_first_seen,
    thousands_of_commits_are_remembered,
);

async fn record(store: &Store, decision: &Decision) {
    let lease = hold(store, &decision.head, decision.decided_at).await;
    store.record(decision, &lease).await.unwrap();
    store.unlock_head(&lease).await.unwrap();
}

/// What change 8, which shares nothing but these keys, remembers of others.
async fn recall(store: &Store, commits: &[(char, char)], branch_name: &str) -> Remembered {
    let keys = MemoryKeys { branch: branch(branch_name), ..keys(commits) };
    store.remembered(&change(8), &keys).await.unwrap()
}

fn described() -> Evidence {
    Evidence { channel: Channel::Body, place: Place::Body { line: 1 }, ..trailer('a') }
}

fn contributor(role: Role, who: Who) -> Contribution {
    Contribution { who, role }
}

async fn nothing_is_remembered_at_first(store: Store) {
    introduce(&store).await;
    assert_eq!(recall(&store, &[('a', 'b')], "feature").await, Remembered::default());
}

async fn levels_only_rise(store: Store) {
    for (given, remembered) in [
        (Level::Unknown, Level::None),
        (Level::Assisted, Level::Assisted),
        (Level::None, Level::Assisted),
        (Level::Autonomous, Level::Autonomous),
        (Level::Unknown, Level::Autonomous),
        (Level::Assisted, Level::Autonomous),
    ] {
        record(&store, &Decision { level: given, ..decision(7, at(1)) }).await;
        let found = store.remembered(&change(7), &keys(&[('f', 'e')])).await.unwrap().level;
        assert_eq!(found, remembered, "after {given:?}");
    }
    assert_eq!(recall(&store, &[('a', 'b')], "feature").await.level, Level::None, "a level is the change's own");
}

async fn evidence_follows_commit_tree_and_branch(store: Store) {
    let evidence = vec![trailer('1')];
    let memory_keys = Some(keys(&[('1', '2'), ('a', 'b')]));
    record(&store, &Decision { evidence: evidence.clone(), memory_keys, ..decision(7, at(1)) }).await;
    for (commits, name, why) in [
        ([('1', 'f')], "other", "its commit"),
        ([('f', '2')], "other", "its tree: only the message was amended"),
        ([('a', 'f')], "other", "the head that holds it"),
        ([('f', 'b')], "other", "the head's tree: commits were squashed"),
        ([('f', 'e')], "feature", "its branch"),
    ] {
        assert_eq!(recall(&store, &commits, name).await.evidence, evidence, "{why}");
    }
    assert_eq!(recall(&store, &[('f', 'e')], "other").await.evidence, []);
    let renamed = MemoryKeys { branch: branch("renamed"), ..keys(&[('f', 'e')]) };
    assert_eq!(store.remembered(&change(7), &renamed).await.unwrap().evidence, evidence, "the change itself");
}

async fn evidence_in_one_commit_does_not_taint_its_neighbours(store: Store) {
    let memory_keys = Some(keys(&[('1', '2'), ('3', '4'), ('a', 'b')]));
    record(&store, &Decision { evidence: vec![trailer('3')], memory_keys, ..decision(7, at(1)) }).await;
    assert_eq!(recall(&store, &[('1', '2')], "other").await.evidence, []);
}

async fn a_description_sticks_to_the_head_and_its_tree(store: Store) {
    let memory_keys = Some(keys(&[('1', '2'), ('a', 'b')]));
    record(&store, &Decision { evidence: vec![described()], memory_keys, ..decision(7, at(1)) }).await;
    for commits in [[('a', 'f')], [('f', 'b')]] {
        assert_eq!(recall(&store, &commits, "other").await.evidence, [described()]);
    }
    // The commit below may be the head of another change, on which this one was stacked.
    assert_eq!(recall(&store, &[('1', '2')], "other").await.evidence, []);
    // Found again with other evidence, it is told once.
    let evidence = vec![described(), trailer('a')];
    record(&store, &Decision { evidence, ..decision(7, at(2)) }).await;
    assert_eq!(recall(&store, &[('a', 'b')], "feature").await.evidence.len(), 2);
}

async fn contributors_follow_commit_tree_and_branch(store: Store) {
    let contributors = BTreeSet::from([
        contributor(Role::Opener, Who::Account(account(10))),
        contributor(Role::Author, Who::Email("5f".repeat(32))),
        contributor(Role::Pusher, Who::Unknown),
    ]);
    let memory_keys = Some(keys(&[('1', '2'), ('a', 'b')]));
    record(&store, &Decision { contributors: contributors.clone(), memory_keys, ..decision(7, at(1)) }).await;
    for (commits, name) in [([('a', 'f')], "other"), ([('f', 'b')], "other"), ([('f', 'e')], "feature")] {
        assert_eq!(recall(&store, &commits, name).await.contributors, contributors);
    }
    for strange in [[('f', 'e')], [('1', '2')]] {
        assert_eq!(recall(&store, &strange, "other").await.contributors, BTreeSet::new());
    }
    store.forget_branch(&repo(1), &branch("feature")).await.unwrap();
    assert_eq!(recall(&store, &[('f', 'e')], "feature").await.contributors, BTreeSet::new(), "its work was merged");
    assert_eq!(recall(&store, &[('a', 'f')], "other").await.contributors, contributors);
    let fork = MemoryKeys { branch: HeadBranch { name: "feature".into(), repo: Some(repo(2)) }, ..keys(&[('f', 'e')]) };
    let found = store.remembered(&change(8), &fork).await.unwrap();
    assert_eq!(found.contributors, BTreeSet::new(), "a fork's branch of that name is another branch");
}

async fn nothing_crosses_repositories(store: Store) {
    let contributors = BTreeSet::from([contributor(Role::Pusher, Who::Unknown)]);
    record(&store, &Decision { evidence: vec![trailer('a')], contributors, ..decision(7, at(1)) }).await;
    let elsewhere = ChangeKey { repo: repo(2), number: 7 };
    let found = store.remembered(&elsewhere, &keys(&[('a', 'b')])).await.unwrap();
    assert_eq!(found, Remembered::default());
}

async fn standings_are_those_first_seen(store: Store) {
    let standing = |rank, rule: &str| Standing {
        tier: Tier::Rank(rank),
        rule: rule.into(),
        groups: BTreeSet::from(["sre".to_owned()]),
        training: BTreeSet::new(),
    };
    record(&store, &Decision { first_seen: vec![(WordId::Review(1), standing(0, "title"))], ..decision(7, at(1)) })
        .await;
    let promoted = vec![(WordId::Review(1), standing(2, "group")), (WordId::Comment(1), standing(2, "group"))];
    record(&store, &Decision { first_seen: promoted, ..decision(7, at(2)) }).await;
    let found = store.remembered(&change(7), &keys(&[])).await.unwrap().first_seen;
    let expected = [(WordId::Review(1), standing(0, "title")), (WordId::Comment(1), standing(2, "group"))];
    assert_eq!(found.into_iter().collect::<Vec<_>>(), expected);
    assert!(recall(&store, &[('a', 'b')], "feature").await.first_seen.is_empty());
}

async fn thousands_of_commits_are_remembered(store: Store) {
    let commit =
        |n: u32| (format!("{n:040x}").parse().unwrap(), Some(format!("{:040x}", n + 100_000).parse().unwrap()));
    let memory_keys = Some(MemoryKeys { commits: (1..=3000).map(commit).collect(), ..keys(&[]) });
    let contributors = BTreeSet::from([contributor(Role::Opener, Who::Account(account(10)))]);
    let all = Decision { evidence: vec![described()], contributors, memory_keys, ..decision(7, at(1)) };
    record(&store, &all).await;
    let found = store.remembered(&change(8), all.memory_keys.as_ref().unwrap()).await.unwrap();
    assert_eq!((found.evidence.len(), found.contributors.len()), (1, 1));
    let one = MemoryKeys { commits: vec![commit(3000)], branch: branch("other"), ..keys(&[]) };
    assert_eq!(store.remembered(&change(8), &one).await.unwrap().evidence, [described()]);
}
