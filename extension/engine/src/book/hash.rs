//! Where a key's search begins in a hash table with linear probing.

/// The home cell of `key` in a table of `cells` (less than 2^32). Keys count upwards, so their bits
/// are mixed (the finalizer of SplitMix64, <https://prng.di.unimi.it/splitmix64.c>).
#[inline]
pub(super) fn home(key: u64, cells: usize) -> usize {
    let mixed = (key ^ (key >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (((mixed >> 32) * cells as u64) >> 32) as usize
}

/// The cell after `cell`, round the end.
#[inline]
pub(super) fn after(cell: usize, cells: usize) -> usize {
    if cell + 1 == cells { 0 } else { cell + 1 }
}

/// Whether an entry whose search begins at `home` and which lies in `cell` is still found when it
/// moves to `hole`, an earlier cell of the same run: whether `home` is not after `hole`.
#[inline]
pub(super) fn may_fill(hole: usize, home: usize, cell: usize) -> bool {
    if hole <= cell {
        home <= hole || home > cell
    } else {
        home <= hole && home > cell
    }
}
