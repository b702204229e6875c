//! How many orders each account placed in the current window, and for how much: what risk rules
//! compare with. In shared memory, because a row an account would cost an order more than all its
//! rules. A restart begins every window anew, which refuses nobody.
//!
//! What a transaction added is given back when it, or the savepoint around it, is rolled back.

use crate::pg::memory;
use engine::order::{AssetId, Atoms, MarketId};
use pgrx::pg_sys;
use std::cell::{RefCell, UnsafeCell};
use std::sync::atomic::{AtomicU32, Ordering};

/// Looks at a lock before its holder, who needs some nanoseconds, is let run first.
const SPINS: u32 = 100;

/// What is counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct Key {
    pub(crate) account: u64,
    pub(crate) window_seconds: u32,
    /// What is counted: see [`ORDERS`], [`notional_in`], [`linked_trades_in`].
    pub(crate) what: u32,
}

/// Orders are counted, in all markets.
pub(crate) const ORDERS: u32 = 0;

/// Notional in an asset is summed.
pub(crate) fn notional_in(asset: AssetId) -> u32 {
    asset & !LINKED
}

/// Trades with linked accounts are counted, in a market.
pub(crate) fn linked_trades_in(market: MarketId) -> u32 {
    market | LINKED
}

/// Tells numbers of markets from those of assets, which are positive 32-bit integers in SQL.
const LINKED: u32 = 1 << 31;

/// What was added in a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Total {
    /// Orders, or trades.
    pub(crate) count: u64,
    pub(crate) amount: Atoms,
}

#[derive(Clone, Copy)]
#[repr(C)]
struct Counter {
    key: Key,
    /// 0: the counter is free.
    database: u32,
    reserved: u32,
    /// Number of the window: time since 1970 divided by its length.
    window: i64,
    count: u64,
    /// Low half first: 128 bits would ask for another alignment.
    amount: [u64; 2],
}

/// A group of counters that a key may be in, with its lock. All zero: free and unlocked.
#[repr(C, align(64))]
pub(crate) struct Counters {
    lock: AtomicU32,
    counters: UnsafeCell<[Counter; Counters::EACH]>,
}

// SAFETY: the counters are touched under the lock only.
unsafe impl Sync for Counters {}

#[derive(Clone, Copy)]
struct Added {
    key: Key,
    window: i64,
    amount: Atoms,
}

thread_local! {
    // What this transaction added: a backend is one thread.
    static ADDED: RefCell<Vec<Added>> = const { RefCell::new(Vec::new()) };
}

/// Adds one and an amount to a counter, and returns what the window has then.
pub(crate) fn add(key: Key, window: i64, amount: Atoms) -> Total {
    let added = Added {
        key,
        window,
        amount,
    };
    ADDED.with_borrow_mut(|all| all.push(added));
    group(&key).with(|counters| {
        let counter = find(counters, &key, window);
        counter.count += 1;
        let total = joined(counter.amount).saturating_add(amount);
        counter.amount = halves(total);
        Total {
            count: counter.count,
            amount: total,
        }
    })
}

/// What the window has.
pub(crate) fn read(key: Key, window: i64) -> Total {
    group(&key).with(|counters| {
        let is_it = |c: &&Counter| is_of(c, &key) && c.window >= window;
        let found = counters.iter().find(is_it);
        found.map_or(Total::default(), |counter| Total {
            count: counter.count,
            amount: joined(counter.amount),
        })
    })
}

/// How much this transaction has added so far, for [`give_back`].
pub(crate) fn mark() -> usize {
    ADDED.with_borrow(Vec::len)
}

/// Takes off what was added since the mark. A window that is over stays as it is.
pub(crate) fn give_back(mark: usize) {
    ADDED.with_borrow_mut(|all| {
        for added in all.drain(mark..).rev() {
            group(&added.key).with(|counters| {
                let is_it = |c: &&mut Counter| is_of(c, &added.key) && c.window == added.window;
                if let Some(counter) = counters.iter_mut().find(is_it) {
                    counter.count = counter.count.saturating_sub(1);
                    let rest = joined(counter.amount).saturating_sub(added.amount);
                    counter.amount = halves(rest);
                }
            });
        }
    });
}

/// The transaction is committed: what it added stays.
pub(crate) fn keep() {
    ADDED.with_borrow_mut(Vec::clear);
}

impl Counters {
    /// Counters in a group.
    pub(crate) const EACH: usize = 4;

    /// Works on the counters under the lock. Nothing in between can raise an error or wait; should
    /// the process be killed right there, Postgres makes all shared memory anew.
    fn with<T>(&self, work: impl FnOnce(&mut [Counter]) -> T) -> T {
        let mut spins = 0;
        while self
            .lock
            .compare_exchange_weak(0, 1, Ordering::Acquire, Ordering::Relaxed)
            .is_err()
        {
            spins += 1;
            if spins % SPINS == 0 {
                std::thread::yield_now();
            }
            std::hint::spin_loop();
        }
        // SAFETY: the lock keeps everybody else out; any bytes are valid counters.
        let result = work(unsafe { &mut *self.counters.get() });
        self.lock.store(0, Ordering::Release);
        result
    }
}

fn database() -> u32 {
    // SAFETY: a plain global of this backend.
    unsafe { pg_sys::MyDatabaseId }.to_u32()
}

fn is_of(counter: &Counter, key: &Key) -> bool {
    counter.key == *key && counter.database == database()
}

/// The group of a key; constants of SplitMix64's finalizer as in `hints`.
fn group(key: &Key) -> &'static Counters {
    let groups = memory::counters();
    let word = key.account.rotate_left(24)
        ^ (u64::from(key.window_seconds) << 8)
        ^ u64::from(key.what)
        ^ (u64::from(database()) << 40);
    let mixed = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    &groups[(mixed >> 32) as usize & (groups.len() - 1)]
}

/// The key's counter, in this window or a later one. Where it has none, it gets a free one, or the
/// one that counted least.
fn find<'a>(counters: &'a mut [Counter], key: &Key, window: i64) -> &'a mut Counter {
    let found = counters.iter().position(|counter| is_of(counter, key));
    let place = found.unwrap_or_else(|| {
        let order = |counter: &Counter| match counter.database {
            0 => 0,
            _ => counter.count + 1,
        };
        let least = (0..counters.len()).min_by_key(|&place| order(&counters[place]));
        least.unwrap_or(0)
    });
    let counter = &mut counters[place];
    if found.is_none() || counter.window < window {
        *counter = Counter {
            key: *key,
            database: database(),
            reserved: 0,
            window,
            count: 0,
            amount: [0; 2],
        };
    }
    counter
}

fn joined(halves: [u64; 2]) -> Atoms {
    Atoms::from(halves[0]) | Atoms::from(halves[1]) << 64
}

fn halves(amount: Atoms) -> [u64; 2] {
    [amount as u64, (amount >> 64) as u64]
}
