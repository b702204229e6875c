//! Operations, not bytes: the book against the model, everything compared after each.

#![no_main]

use engine::model::{Pair, World};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((first, rest)) = input.split_first() else {
        return;
    };
    let worlds = World::all();
    let world = &worlds[usize::from(*first) % worlds.len()];
    let mut pair = Pair::new(world);
    let mut bytes = rest.iter().copied();
    while let Some(operation) = world.decode(&mut bytes) {
        if let Err(difference) = pair.apply(&operation) {
            panic!("{operation:?}: {difference}");
        }
    }
});
