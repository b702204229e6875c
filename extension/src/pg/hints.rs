//! Where hot rows lie, remembered in shared memory: a hint saves an index look-up, and stays cheap
//! when an old snapshot keeps thousands of dead versions in the index. It is never the truth: the
//! reader checks that the row at the place is the one it wants and is visible.

use crate::pg::memory;
use crate::pg::table::Place;
use std::sync::atomic::{AtomicU64, Ordering};

/// Stands for the account itself where balances have their asset.
pub(crate) const ACCOUNT: u32 = 0;

/// One remembered place, shared by all keys that hash to it.
pub(crate) struct Hint(&'static AtomicU64);

impl Hint {
    /// The remembered place; any place of any row.
    pub(crate) fn place(&self) -> Place {
        Place(self.0.load(Ordering::Relaxed))
    }

    /// Remembers a place.
    pub(crate) fn set(&self, place: Place) {
        self.0.store(place.0, Ordering::Relaxed);
    }
}

/// The hint of an account's balance in an asset, or of the account. Both numbers count upwards, so
/// their bits are mixed; constants of SplitMix64's finalizer
/// (<https://prng.di.unimi.it/splitmix64.c>).
pub(crate) fn of(account: u64, asset: u32) -> Hint {
    let hints = memory::row_hints();
    let key = account.rotate_left(20) ^ u64::from(asset);
    let mixed = (key ^ (key >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    Hint(&hints[(mixed >> 32) as usize & (hints.len() - 1)])
}
