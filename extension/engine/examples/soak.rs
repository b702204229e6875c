//! The book against the model for as long as wanted, from seeds, on stable Rust.
//!
//! `cargo run --release -p engine --example soak [seconds] [first seed]`

use std::time::{Duration, Instant};

use engine::model::{Pair, World};
use engine::random::Random;

/// Operations in a session.
const OPERATIONS: u64 = 2_000;

fn main() {
    let number = |at: usize, default: u64| {
        std::env::args()
            .nth(at)
            .map_or(default, |text| text.parse().expect("a number"))
    };
    let (seconds, first_seed) = (number(1, 60), number(2, 1));
    let worlds = World::all();
    let start = Instant::now();
    let mut operations = 0;
    for seed in first_seed.. {
        if start.elapsed() >= Duration::from_secs(seconds) {
            println!("{operations} operations, no difference; next seed {seed}");
            return;
        }
        for (index, world) in worlds.iter().enumerate() {
            let mut pair = Pair::new(world);
            let mut bytes = Random::new(seed).bytes();
            for nth in 1..=OPERATIONS {
                let operation = world.decode(&mut bytes).expect("the stream is endless");
                if let Err(difference) = pair.apply(&operation) {
                    panic!(
                        "world {index}, seed {seed}, operation {nth}, {operation:?}: {difference}"
                    );
                }
            }
            operations += OPERATIONS;
        }
    }
}
