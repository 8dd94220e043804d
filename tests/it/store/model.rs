//! The dirty set against a model of it that is simple enough to be seen to be right.

use std::collections::BTreeMap;

use proptest::prelude::*;
use seconder::gate::witnessed::Concern;
use seconder::store::{Claim, Finish, Store};

use super::*;

#[derive(Debug, Clone)]
enum Step {
    Mark {
        number: i64,
        urgent: bool,
    },
    Claim,
    /// The n-th claim ever made, current or long lost.
    Finish {
        claim: usize,
    },
    Renew {
        claim: usize,
    },
    Postpone {
        claim: usize,
        seconds: i64,
    },
    Wait {
        seconds: i64,
    },
    Forget,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1..4_i64, any::<bool>()).prop_map(|(number, urgent)| Step::Mark { number, urgent }),
        4 => Just(Step::Claim),
        3 => any::<usize>().prop_map(|claim| Step::Finish { claim }),
        1 => any::<usize>().prop_map(|claim| Step::Renew { claim }),
        2 => (any::<usize>(), 0..90_i64).prop_map(|(claim, seconds)| Step::Postpone { claim, seconds }),
        2 => (0..70_i64).prop_map(|seconds| Step::Wait { seconds }),
        1 => Just(Step::Forget),
    ]
}

#[derive(Debug, Default, Clone)]
struct Row {
    is_dirty: bool,
    generation: i64,
    urgent: bool,
    due: i64,
    attempts: i64,
    leased_until: Option<i64>,
    token: i64,
}

#[derive(Debug, Default)]
struct Model {
    now: i64,
    rows: BTreeMap<i64, Row>,
}

impl Model {
    fn mark(&mut self, number: i64, urgent: bool) {
        let now = self.now;
        let row = self.rows.entry(number).or_default();
        if !row.is_dirty {
            row.due = now;
        }
        row.is_dirty = true;
        row.generation += 1;
        row.urgent |= urgent;
    }

    fn next(&self) -> Option<i64> {
        let free =
            |row: &Row| row.is_dirty && row.due <= self.now && row.leased_until.is_none_or(|end| end <= self.now);
        let due = self.rows.iter().filter(|(_, row)| free(row));
        due.min_by_key(|(number, row)| (!row.urgent, row.due, **number)).map(|(number, _)| *number)
    }

    fn next_due(&self) -> Option<i64> {
        let dirty = self.rows.values().filter(|row| row.is_dirty);
        dirty.map(|row| row.due.max(row.leased_until.unwrap_or(row.due)).max(self.now)).min()
    }

    /// The row, if this claim still holds it.
    fn held(&mut self, claim: &Claim) -> Option<&mut Row> {
        let row = self.rows.get_mut(&claim.change.number)?;
        (row.token == claim.token && row.leased_until.is_some()).then_some(row)
    }
}

async fn follow(store: Store, steps: Vec<Step>) {
    introduce(&store).await;
    let mut model = Model::default();
    let mut claims: Vec<Claim> = Vec::new();
    for (index, step) in steps.into_iter().enumerate() {
        let now = at(model.now);
        let chosen = |claim: usize| claims.get(claim.checked_rem(claims.len()).unwrap_or(0)).cloned();
        match step {
            Step::Mark { number, urgent } => {
                store.mark_dirty(&[Concern::Change(change(number))], urgent, now).await.unwrap();
                model.mark(number, urgent);
            }
            Step::Claim => {
                let claimed = store.claim(now, LEASE).await.unwrap();
                let expected = model.next();
                assert_eq!(claimed.as_ref().map(|claim| claim.change.number), expected);
                if let Some(claimed) = claimed {
                    let (end, row) = (model.now + 60, model.rows.get_mut(&claimed.change.number).unwrap());
                    row.token += 1;
                    row.leased_until = Some(end);
                    let found = (claimed.token, claimed.generation, claimed.attempts, claimed.urgent);
                    assert_eq!(found, (row.token, row.generation, row.attempts, row.urgent));
                    claims.push(claimed);
                }
            }
            Step::Finish { claim } => {
                let Some(claim) = chosen(claim) else { continue };
                let finished = store.finish(&claim, now).await.unwrap();
                let due = model.now;
                let expected = model.held(&claim).map_or(Finish::Lost, |row| {
                    let is_dirty = row.generation != claim.generation;
                    let urgent = row.urgent && is_dirty;
                    *row = Row { is_dirty, urgent, due, attempts: 0, leased_until: None, ..row.clone() };
                    if is_dirty { Finish::DirtyAgain } else { Finish::Clean }
                });
                assert_eq!(finished, expected);
            }
            Step::Renew { claim } => {
                let Some(claim) = chosen(claim) else { continue };
                let renewed = store.renew(&claim, now, LEASE).await.unwrap();
                let end = model.now + 60;
                assert_eq!(renewed, model.held(&claim).map(|row| row.leased_until = Some(end)).is_some());
            }
            Step::Postpone { claim, seconds } => {
                let Some(claim) = chosen(claim) else { continue };
                let due = model.now + seconds;
                let postponed = store.postpone(&claim, at(due), "later").await.unwrap();
                let expected = model.held(&claim).map(|row| {
                    *row = Row { due, attempts: row.attempts + 1, leased_until: None, ..row.clone() };
                });
                assert_eq!(postponed, expected.is_some());
            }
            Step::Wait { seconds } => model.now += seconds,
            Step::Forget => {
                store.forget_repository(&repo(1)).await.unwrap();
                let guid = format!("back {index}");
                store.receive(&delivery(&guid, vec![], vec![]), now).await.unwrap();
                for row in model.rows.values_mut() {
                    *row =
                        Row { is_dirty: false, urgent: false, leased_until: None, token: row.token + 1, ..row.clone() };
                }
            }
        }
        let dirty = model.rows.values().filter(|row| row.is_dirty).count();
        assert_eq!(store.dirty_count().await.unwrap(), dirty as u64);
        assert_eq!(store.next_due(at(model.now)).await.unwrap(), model.next_due().map(at));
    }
}

/// Runs stories of random steps, each on a database of its own.
fn run(cases: u32, open: impl Fn(&tokio::runtime::Runtime) -> (Store, Option<tempfile::TempDir>)) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(steps in prop::collection::vec(step(), 1..60))| {
        let (store, _folder) = open(&runtime);
        runtime.block_on(async {
            follow(store.clone(), steps).await;
            store.close().await;
        });
    });
}

#[test]
fn sqlite_does_what_the_model_does() {
    run(48, |runtime| {
        let (store, folder) = runtime.block_on(sqlite());
        (store, Some(folder))
    });
}

#[test]
fn postgres_does_what_the_model_does() {
    run(16, |runtime| (runtime.block_on(postgres()), None));
}
