//! The book against the model: a million random operations, everything compared after each.

use std::collections::BTreeSet;

use engine::command::Outcome;
use engine::facts::Facts;
use engine::model::{Operation, Pair, World};
use engine::random::Random;
use engine::reject::Reject;

/// Operations in a session; sessions are short because worlds are small.
const OPERATIONS: usize = 500;
/// Sessions in each of the six worlds.
const SESSIONS: u64 = 400;

/// What random operations came across.
#[derive(Default)]
struct Coverage {
    operations: usize,
    rejects: BTreeSet<Reject>,
    outcomes: BTreeSet<String>,
}

impl Coverage {
    fn note(&mut self, outcome: &Result<Outcome, Reject>, facts: &Facts) {
        match outcome {
            Err(reject) => drop(self.rejects.insert(*reject)),
            Ok(Outcome::Order(status)) => drop(self.outcomes.insert(format!("{:?}", status.state))),
            Ok(Outcome::Repeated(_)) => drop(self.outcomes.insert("Repeated".into())),
            Ok(Outcome::CancelledAll { .. }) => drop(self.outcomes.insert("CancelledAll".into())),
            Ok(Outcome::Replaced { .. }) => drop(self.outcomes.insert("Replaced".into())),
        }
        for update in &facts.updates {
            self.outcomes.insert(format!("{:?}", update.change));
        }
    }
}

fn run_session(world: &World, seed: u64, coverage: &mut Coverage) {
    let mut pair = Pair::new(world);
    let mut bytes = Random::new(seed).bytes();
    let mut history: Vec<Operation> = Vec::new();
    for _ in 0..OPERATIONS {
        let operation = world.decode(&mut bytes).expect("the stream is endless");
        history.push(operation);
        match pair.apply(&operation) {
            Ok(Some((outcome, facts))) => coverage.note(&outcome, &facts),
            Ok(None) => {}
            Err(_) => {
                let (shortest, difference) = shorten(world, history);
                panic!("seed {seed}, shortened to {shortest:#?}\n{difference}");
            }
        }
    }
    coverage.operations += OPERATIONS;
}

/// Leaves out of a failing history whatever it also fails without.
fn shorten(world: &World, mut history: Vec<Operation>) -> (Vec<Operation>, String) {
    let failure = |history: &[Operation]| {
        let mut pair = Pair::new(world);
        history
            .iter()
            .find_map(|operation| pair.apply(operation).err())
    };
    let mut difference = failure(&history).expect("it failed before");
    let mut at = 0;
    while at < history.len() {
        let left_out = history.remove(at);
        match failure(&history) {
            Some(still) => difference = still,
            None => {
                history.insert(at, left_out);
                at += 1;
            }
        }
    }
    (history, difference)
}

fn run_world(index: usize) -> Coverage {
    let world = &World::all()[index];
    let mut coverage = Coverage::default();
    for session in 0..SESSIONS {
        run_session(world, (index as u64) << 32 | session, &mut coverage);
    }
    coverage
}

#[test]
fn book_and_model_agree_after_every_operation() {
    let mut all = Coverage::default();
    for world in 0..World::all().len() {
        let mut coverage = run_world(world);
        all.operations += coverage.operations;
        all.rejects.append(&mut coverage.rejects);
        all.outcomes.append(&mut coverage.outcomes);
    }
    assert!(all.operations >= 1_000_000, "{} operations", all.operations);

    let given_by_embedder = [
        Reject::RequestExpired,
        Reject::AccessRevoked,
        Reject::UnknownMarket,
        Reject::UnknownAccount,
        Reject::AccountFrozen,
        Reject::KycRequired,
        Reject::RiskDenied,
        Reject::InvalidClientOrderId,
        Reject::PriceOffTick,
        Reject::QuantityOffLot,
        Reject::OrderNotOpen,
    ];
    let expected = Reject::ALL
        .iter()
        .copied()
        .filter(|r| !given_by_embedder.contains(r));
    assert_eq!(all.rejects, expected.collect());
    let outcomes = [
        "Cancelled",
        "Cancelled(CancelAll)",
        "Cancelled(Replaced)",
        "Cancelled(Requested)",
        "CancelledAll",
        "Expired",
        "Expired(SelfTrade)",
        "Expired(Unfilled)",
        "Filled",
        "Open",
        "Reduced",
        "Repeated",
        "Replaced",
    ];
    assert_eq!(all.outcomes, outcomes.map(String::from).into());
}
