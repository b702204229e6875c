//! A fast hash for the maps of one batch, which are small and short-lived: collisions that somebody
//! might choose cost him one batch of at most 4,096 commands.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map of one batch.
pub(crate) type BatchMap<K, V> = HashMap<K, V, BuildHasherDefault<IntegerHasher>>;

/// Multiplies and folds each word; the constant is 2^64 divided by the golden ratio (Knuth, TAOCP
/// volume 3, section 6.4).
#[derive(Default)]
pub(crate) struct IntegerHasher(u64);

impl Hasher for IntegerHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u32(&mut self, word: u32) {
        self.write_u64(u64::from(word));
    }

    fn write_u64(&mut self, word: u64) {
        let mixed = (self.0 ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = mixed ^ (mixed >> 32);
    }
}
