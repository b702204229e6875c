//! A seeded stream of numbers for tests and benches; never for decisions of the engine.

/// SplitMix64 by Sebastiano Vigna, <https://prng.di.unimi.it/splitmix64.c>.
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
}

impl Random {
    /// The same seed gives the same stream.
    pub fn new(seed: u64) -> Random {
        Random { state: seed }
    }

    /// A number below `bound`, which is positive; as good as even for the small bounds of tests.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// An endless stream of bytes.
    pub fn bytes(mut self) -> impl Iterator<Item = u8> {
        std::iter::repeat_with(move || self.next_u64().to_le_bytes()).flatten()
    }
}
