//! The memory of a book: plain integers in slices that the embedder lends.
//!
//! Nothing here points anywhere: links are slot numbers, and slot 0 of every table is never used,
//! so that 0 means "none" and zeroed memory is an empty book.

use super::hash::BLOCK;

/// What every market keeps once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C, align(8))]
pub struct Header {
    /// Number of the last fact.
    pub(crate) sequence: u64,
    /// Price of the last trade; 0 before the first.
    pub(crate) last_price_ticks: u64,
    /// Open orders.
    pub(crate) open: u32,
    /// By side: the best level.
    pub(crate) best: [u32; 2],
    /// By side: the root of the price tree, tagged (see `levels`).
    pub(crate) root: [u32; 2],
    /// Which order slots are free.
    pub(crate) free_orders: Free,
    /// Which level slots are free.
    pub(crate) free_levels: Free,
    /// Which branch slots are free.
    pub(crate) free_branches: Free,
    pub(crate) padding: u32,
}

/// A table's free slots: a chain of given-back ones, then all that were never used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct Free {
    /// The slot given back last.
    pub(crate) head: u32,
    /// Slots `1..=used` were used at least once.
    pub(crate) used: u32,
}

/// A resting order, on a cache line of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C, align(64))]
pub struct OrderSlot(pub(crate) OrderEntry);

/// A resting order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct OrderEntry {
    /// The order's name; 0 in a free slot.
    pub(crate) sequence: u64,
    /// Its owner.
    pub(crate) account: u64,
    /// What is still open.
    pub(crate) remaining_lots: u64,
    /// The embedder's row hint.
    pub(crate) row: u64,
    /// The level it stands in.
    pub(crate) level: u32,
    /// Next in the level, later in time. In a free slot: the next free slot.
    pub(crate) next: u32,
    /// Previous in the level, earlier in time.
    pub(crate) previous: u32,
    /// The owner's next younger order.
    pub(crate) younger: u32,
    /// The owner's next older order.
    pub(crate) older: u32,
    /// Fee rate as maker.
    pub(crate) maker_ppm: u32,
    /// Fee rate as taker; kept for whoever reads the order back.
    pub(crate) taker_ppm: u32,
    pub(crate) padding: u32,
}

/// All orders of one side at one price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C, align(8))]
pub struct LevelSlot {
    /// The price; 0 in a free slot.
    pub(crate) price_ticks: u64,
    /// Sum of what is open, low and high half.
    pub(crate) quantity: [u64; 2],
    /// The oldest order. In a free slot: the next free slot.
    pub(crate) head: u32,
    /// The youngest order.
    pub(crate) tail: u32,
    /// How many orders.
    pub(crate) orders: u32,
    /// The next better level.
    pub(crate) better: u32,
    /// The next worse level.
    pub(crate) worse: u32,
    /// The branch above; 0 when it is the root.
    pub(crate) parent: u32,
    /// 0 buy, 1 sell.
    pub(crate) side: u32,
    pub(crate) padding: u32,
}

/// An inner node of a price tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C, align(8))]
pub struct BranchSlot {
    /// Links by the value of the bit. In a free slot the first is the next free slot.
    pub(crate) children: [u32; 2],
    /// The branch above; 0 when it is the root.
    pub(crate) parent: u32,
    /// The bit of the price that decides; above it all prices below agree.
    pub(crate) bit: u32,
}

/// An account with open orders; a cell of a hash table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C, align(8))]
pub struct AccountSlot {
    /// The account.
    pub(crate) account: u64,
    /// Its oldest order.
    pub(crate) oldest: u32,
    /// Its youngest order.
    pub(crate) youngest: u32,
    /// How many it has; 0 in an empty cell.
    pub(crate) orders: u32,
    pub(crate) padding: u32,
}

/// How many elements each table of a book needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Elements of [`Memory::orders`].
    pub orders: usize,
    /// Elements of [`Memory::levels`].
    pub levels: usize,
    /// Elements of [`Memory::branches`].
    pub branches: usize,
    /// Elements of [`Memory::order_index`].
    pub order_index: usize,
    /// Elements of [`Memory::accounts`].
    pub accounts: usize,
}

impl Layout {
    /// Most orders a book may be made for: a bit of a link is a tag.
    pub const MAX_ORDERS: u32 = (1 << 30) - 1;

    /// Tables for `max_orders` open orders, which is capped at [`Layout::MAX_ORDERS`]. There are as
    /// many levels, branches and accounts as orders, so that only the orders can run out.
    pub fn new(max_orders: u32) -> Layout {
        let orders = max_orders.min(Self::MAX_ORDERS) as usize;
        Layout {
            orders: orders + 1,
            levels: orders + 1,
            branches: orders + 1,
            // Hash tables: whole blocks, and an empty cell always ends a search.
            order_index: (orders * 2 + 1).next_multiple_of(BLOCK),
            accounts: (orders + orders / 2 + 1).next_multiple_of(BLOCK),
        }
    }

    /// Bytes of all tables and the header together.
    pub fn bytes(&self) -> usize {
        size_of::<Header>()
            + self.orders * size_of::<OrderSlot>()
            + self.levels * size_of::<LevelSlot>()
            + self.branches * size_of::<BranchSlot>()
            + self.order_index * size_of::<u32>()
            + self.accounts * size_of::<AccountSlot>()
    }
}

/// Memory lent to a [`Book`](crate::book::Book), with table sizes as [`Layout`] says.
#[derive(Debug)]
pub struct Memory<'a> {
    /// The header.
    pub header: &'a mut Header,
    /// Resting orders.
    pub orders: &'a mut [OrderSlot],
    /// Price levels.
    pub levels: &'a mut [LevelSlot],
    /// Inner nodes of the price trees.
    pub branches: &'a mut [BranchSlot],
    /// Hash table from an order's name to its slot.
    pub order_index: &'a mut [u32],
    /// Hash table of accounts with open orders.
    pub accounts: &'a mut [AccountSlot],
}

/// Memory on the heap, for tests, benches and replay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedMemory {
    header: Header,
    orders: Vec<OrderSlot>,
    levels: Vec<LevelSlot>,
    branches: Vec<BranchSlot>,
    order_index: Vec<u32>,
    accounts: Vec<AccountSlot>,
}

impl OwnedMemory {
    /// An empty book's memory.
    pub fn new(max_orders: u32) -> OwnedMemory {
        let layout = Layout::new(max_orders);
        OwnedMemory {
            header: Header::default(),
            orders: vec![OrderSlot::default(); layout.orders],
            levels: vec![LevelSlot::default(); layout.levels],
            branches: vec![BranchSlot::default(); layout.branches],
            order_index: vec![0; layout.order_index],
            accounts: vec![AccountSlot::default(); layout.accounts],
        }
    }

    /// Lends all of it.
    pub fn lend(&mut self) -> Memory<'_> {
        Memory {
            header: &mut self.header,
            orders: &mut self.orders,
            levels: &mut self.levels,
            branches: &mut self.branches,
            order_index: &mut self.order_index,
            accounts: &mut self.accounts,
        }
    }
}
