//! Whole histories whose deliveries come in any order, twice, or late because they were lost at first: the check says in
//! the end what the history alone says.

use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use seconder::sandbox::Outcome;

use crate::history::History;
use crate::world::{REPOSITORY, Scene, World};

/// Changes that are open at the same time.
const OPEN: usize = 5;

/// Things that happen before any of them is told.
const UNTOLD: usize = 25;

async fn tell(s: &mut Scene, seed: u64) {
    s.expect_refusals();
    let mut random = StdRng::seed_from_u64(seed);
    let mut history = History::begin(&s.forge, &[REPOSITORY, "acme/web"], seed);
    s.quiet().await;
    for _ in 0..3 {
        let told_before = s.forge.deliveries().len();
        s.forge.faults().hold_webhooks();
        for _ in 0..UNTOLD {
            if history.lives.len() < OPEN && random.random_bool(0.3) || !history.go_on() {
                history.open();
            }
        }
        s.forge.faults().release_webhooks(|order| {
            order.shuffle(&mut random);
            let told = random.random_range(order.len() / 2..=order.len());
            order.truncate(told);
            let twice: Vec<usize> = order.iter().copied().filter(|_| random.random_bool(0.2)).collect();
            order.extend(twice);
        });
        s.quiet().await;
        let told = s.forge.deliveries().into_iter().skip(told_before);
        let mut lost: Vec<u64> = told.filter(|one| one.outcome == Outcome::Pending).map(|one| one.id).collect();
        lost.shuffle(&mut random);
        for delivery in lost {
            s.forge.redeliver(delivery);
        }
        s.quiet().await;
        let wrong: Vec<String> = history.lives.iter().filter_map(|life| history.wrong(life)).collect();
        assert!(wrong.is_empty(), "seed {seed}: {wrong:#?}");
    }
}

#[test]
fn any_order_of_deliveries_comes_to_the_same_verdict() {
    for seed in 0..5 {
        World::new().run(async |s| tell(s, seed).await);
    }
}

#[test]
fn any_order_of_deliveries_comes_to_the_same_verdict_on_postgres() {
    for seed in 5..8 {
        World::new().on_github().on_postgres().run(async |s| tell(s, seed).await);
    }
}
