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

    fn forget(&mut self) {
        for row in self.rows.values_mut() {
            *row = Row { is_dirty: false, urgent: false, leased_until: None, token: row.token + 1, ..row.clone() };
        }
    }

    /// The row, if this claim still holds it.
    fn held(&mut self, claim: &Claim) -> Option<&mut Row> {
        let row = self.rows.get_mut(&claim.change.number)?;
        (row.token == claim.token && row.leased_until.is_some()).then_some(row)
    }
}

/// The store and its model, side by side.
struct Story {
    store: Store,
    model: Model,
    /// All claims ever made.
    claims: Vec<Claim>,
}

impl Story {
    async fn follow(store: Store, steps: Vec<Step>) {
        introduce(&store).await;
        let mut told = Self { store, model: Model::default(), claims: Vec::new() };
        for (index, step) in steps.into_iter().enumerate() {
            told.take(index, step).await;
            let dirty = told.model.rows.values().filter(|row| row.is_dirty).count();
            assert_eq!(told.store.dirty_count().await.unwrap(), dirty as u64);
            let next_due = told.store.next_due(at(told.model.now)).await.unwrap();
            assert_eq!(next_due, told.model.next_due().map(at));
        }
    }

    async fn take(&mut self, index: usize, step: Step) {
        let now = at(self.model.now);
        match step {
            Step::Mark { number, urgent } => {
                self.store.mark_dirty(&[Concern::Change(change(number))], urgent, now).await.unwrap();
                self.model.mark(number, urgent);
            }
            Step::Claim => self.claim().await,
            Step::Finish { claim } => self.finish(claim).await,
            Step::Renew { claim } => {
                let Some(claim) = self.chosen(claim) else { return };
                let end = self.model.now + 60;
                let renewed = self.store.renew(&claim, now, LEASE).await.unwrap();
                assert_eq!(renewed, self.model.held(&claim).map(|row| row.leased_until = Some(end)).is_some());
            }
            Step::Postpone { claim, seconds } => {
                let Some(claim) = self.chosen(claim) else { return };
                let due = self.model.now + seconds;
                let postponed = self.store.postpone(&claim, at(due), "later").await.unwrap();
                let expected = self.model.held(&claim).map(|row| {
                    *row = Row { due, attempts: row.attempts + 1, leased_until: None, ..row.clone() };
                });
                assert_eq!(postponed, expected.is_some());
            }
            Step::Wait { seconds } => self.model.now += seconds,
            Step::Forget => {
                self.store.forget_repository(&repo(1), at(9)).await.unwrap();
                let back = delivery(&format!("back {index}"), vec![], vec![]);
                self.store.receive(&back, now).await.unwrap();
                self.model.forget();
            }
        }
    }

    async fn claim(&mut self) {
        let claimed = self.store.claim(at(self.model.now), LEASE).await.unwrap();
        assert_eq!(claimed.as_ref().map(|claim| claim.change.number), self.model.next());
        let Some(claimed) = claimed else { return };
        let end = self.model.now + 60;
        let row = self.model.rows.get_mut(&claimed.change.number).unwrap();
        row.token += 1;
        row.leased_until = Some(end);
        let found = (claimed.token, claimed.generation, claimed.attempts, claimed.urgent);
        assert_eq!(found, (row.token, row.generation, row.attempts, row.urgent));
        self.claims.push(claimed);
    }

    async fn finish(&mut self, claim: usize) {
        let Some(claim) = self.chosen(claim) else { return };
        let due = self.model.now;
        let finished = self.store.finish(&claim, at(due)).await.unwrap();
        let expected = self.model.held(&claim).map_or(Finish::Lost, |row| {
            let is_dirty = row.generation != claim.generation;
            let urgent = row.urgent && is_dirty;
            *row = Row { is_dirty, urgent, due, attempts: 0, leased_until: None, ..row.clone() };
            if is_dirty { Finish::DirtyAgain } else { Finish::Clean }
        });
        assert_eq!(finished, expected);
    }

    fn chosen(&self, claim: usize) -> Option<Claim> {
        self.claims.get(claim.checked_rem(self.claims.len())?).cloned()
    }
}

/// Runs stories of random steps, each on a database of its own.
fn run(cases: u32, open: impl Fn(&tokio::runtime::Runtime) -> (Store, Option<tempfile::TempDir>)) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(steps in prop::collection::vec(step(), 1..60))| {
        let (store, _folder) = open(&runtime);
        runtime.block_on(async {
            Story::follow(store.clone(), steps).await;
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
