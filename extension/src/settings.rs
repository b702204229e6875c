//! The settings of the extension. All of them size shared memory, so they need a restart.

use pgrx::guc::{GucContext, GucFlags, GucRegistry, GucSetting};

static MAX_MARKETS: GucSetting<i32> = GucSetting::<i32>::new(16);
static MAX_OPEN_ORDERS: GucSetting<i32> = GucSetting::<i32>::new(131_072);
static ROW_HINTS: GucSetting<i32> = GucSetting::<i32>::new(1_048_576);
static RISK_COUNTERS: GucSetting<i32> = GucSetting::<i32>::new(131_072);

/// How many books shared memory holds, over all databases of the cluster.
pub(crate) fn max_markets() -> usize {
    MAX_MARKETS.get() as usize
}

/// How many open orders one book holds.
pub(crate) fn max_open_orders() -> u32 {
    MAX_OPEN_ORDERS.get() as u32
}

/// How many places of balance and account rows are remembered; a power of two.
pub(crate) fn row_hints() -> usize {
    (ROW_HINTS.get() as usize).next_power_of_two()
}

/// How many counters of risk rules are kept, over all databases; a power of two.
pub(crate) fn risk_counters() -> usize {
    (RISK_COUNTERS.get() as usize).next_power_of_two()
}

/// Declares the settings to Postgres.
pub(crate) fn register() {
    GucRegistry::define_int_guc(
        c"exchange.max_markets",
        c"Books that shared memory holds, over all databases.",
        c"Each takes memory for exchange.max_open_orders, touched only as it fills.",
        &MAX_MARKETS,
        1,
        4096,
        GucContext::Postmaster,
        GucFlags::default(),
    );
    GucRegistry::define_int_guc(
        c"exchange.max_open_orders",
        c"Open orders that one book holds.",
        c"A full book rejects orders that would rest with BOOK_FULL.",
        &MAX_OPEN_ORDERS,
        16,
        16_777_216,
        GucContext::Postmaster,
        GucFlags::default(),
    );
    GucRegistry::define_int_guc(
        c"exchange.row_hints",
        c"Balance and account rows whose place in the table is remembered.",
        c"A hint saves an index lookup and is verified at each use; rounded up to a power of two.",
        &ROW_HINTS,
        1024,
        1 << 26,
        GucContext::Postmaster,
        GucFlags::default(),
    );
    GucRegistry::define_int_guc(
        c"exchange.risk_counters",
        c"Counters of orders and notional that risk rules compare with.",
        c"One an account and counting rule; a power of two. Where too few, the idlest begin anew.",
        &RISK_COUNTERS,
        1024,
        1 << 24,
        GucContext::Postmaster,
        GucFlags::default(),
    );
}
