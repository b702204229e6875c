//! Where a key's search begins in a hash table with linear probing.

/// Cells in a block: see [`home`].
pub(super) const BLOCK: usize = 16;

/// The home cell of `key` in a table of `cells` (at least one block, less than 2^32). Keys count
/// upwards and neighbours are used together, so sixteen consecutive keys share a block of cells,
/// and with it the cache; the number of the block is mixed (the finalizer of SplitMix64,
/// <https://prng.di.unimi.it/splitmix64.c>).
#[inline]
pub(super) fn home(key: u64, cells: usize) -> usize {
    let block = key / BLOCK as u64;
    let mixed = (block ^ (block >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let blocks = (cells / BLOCK) as u64;
    let first = (((mixed >> 32) * blocks) >> 32) as usize * BLOCK;
    first + key as usize % BLOCK
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
