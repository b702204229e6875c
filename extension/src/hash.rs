//! A fast hash for small integer keys that no attacker chooses freely: our own account numbers.

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
        bytes.iter().for_each(|&b| self.write_u64(u64::from(b)));
    }

    fn write_u32(&mut self, word: u32) {
        self.write_u64(u64::from(word));
    }

    fn write_u64(&mut self, word: u64) {
        let mixed = (self.0 ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = mixed ^ (mixed >> 32);
    }
}
