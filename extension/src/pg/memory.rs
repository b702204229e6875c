//! Shared memory: the directory of books, the books, the hints of rows, the counters of risk rules.
//!
//! It starts zeroed, also after a crash, when Postgres makes it anew; a book is therefore built
//! from the tables when it is first touched. Contents of a book are guarded by its market's lock.

use crate::pg::counters::Counters;
use crate::settings;
use engine::book::{AccountSlot, BranchSlot, Header, Layout, LevelSlot, Memory, OrderSlot};
use pgrx::{pg_guard, pg_sys};
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, Ordering};

/// A line of the directory. Claimed under the directory lock, never given up before a restart.
#[repr(C)]
struct Entry {
    /// Database that the book belongs to; 0: the line is free.
    database: AtomicU32,
    /// Its number there.
    market: AtomicU32,
    /// File of the table that the book was built from; 0: not built.
    built_from: AtomicU32,
    reserved: AtomicU32,
}

/// Byte offsets of the parts of one book.
struct Parts {
    layout: Layout,
    orders: usize,
    levels: usize,
    branches: usize,
    order_index: usize,
    accounts: usize,
    bytes: usize,
}

static BASE: AtomicPtr<u8> = AtomicPtr::new(std::ptr::null_mut());
static mut PREVIOUS_REQUEST_HOOK: pg_sys::shmem_request_hook_type = None;
static mut PREVIOUS_STARTUP_HOOK: pg_sys::shmem_startup_hook_type = None;

const NAME: &std::ffi::CStr = c"exchange";
/// Parts start on cache lines.
const ALIGN: usize = 64;

fn parts() -> Parts {
    let layout = Layout::new(settings::max_open_orders());
    let mut end = size_of::<Header>().next_multiple_of(ALIGN);
    let mut place = |bytes: usize| {
        let start = end;
        end = (end + bytes).next_multiple_of(ALIGN);
        start
    };
    let orders = place(layout.orders * size_of::<OrderSlot>());
    let levels = place(layout.levels * size_of::<LevelSlot>());
    let branches = place(layout.branches * size_of::<BranchSlot>());
    let order_index = place(layout.order_index * size_of::<u32>());
    let accounts = place(layout.accounts * size_of::<AccountSlot>());
    Parts {
        layout,
        orders,
        levels,
        branches,
        order_index,
        accounts,
        bytes: end,
    }
}

fn directory_bytes() -> usize {
    (settings::max_markets() * size_of::<Entry>()).next_multiple_of(ALIGN)
}

fn hints_bytes() -> usize {
    (settings::row_hints() * size_of::<AtomicU64>()).next_multiple_of(ALIGN)
}

fn counters_bytes() -> usize {
    (settings::risk_counters() / Counters::EACH * size_of::<Counters>()).next_multiple_of(ALIGN)
}

/// What lies before the books.
fn small_parts_bytes() -> usize {
    directory_bytes() + hints_bytes() + counters_bytes()
}

fn total_bytes() -> usize {
    small_parts_bytes() + settings::max_markets() * parts().bytes + ALIGN
}

/// Shared memory that one book takes, in bytes.
pub(crate) fn book_bytes() -> usize {
    parts().bytes
}

/// Asks for the memory. Only while Postgres loads `shared_preload_libraries`.
pub(crate) fn register() {
    // SAFETY: hooks are set before any backend exists; the previous ones are called first.
    unsafe {
        PREVIOUS_REQUEST_HOOK = pg_sys::shmem_request_hook;
        pg_sys::shmem_request_hook = Some(request);
        PREVIOUS_STARTUP_HOOK = pg_sys::shmem_startup_hook;
        pg_sys::shmem_startup_hook = Some(start);
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn request() {
    // SAFETY: called by Postgres in the one place where requests are allowed.
    unsafe {
        if let Some(previous) = PREVIOUS_REQUEST_HOOK {
            previous();
        }
        pg_sys::RequestAddinShmemSpace(total_bytes());
        pg_sys::RequestNamedLWLockTranche(NAME.as_ptr(), 1);
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn start() {
    // SAFETY: called by Postgres once shared memory exists, in the postmaster; backends inherit the
    // mapping. A new segment is zeroed here, because Postgres does not promise it.
    unsafe {
        if let Some(previous) = PREVIOUS_STARTUP_HOOK {
            previous();
        }
        let mut found = false;
        let base = pg_sys::ShmemInitStruct(NAME.as_ptr(), total_bytes(), &mut found).cast::<u8>();
        if !found {
            std::ptr::write_bytes(base, 0, small_parts_bytes() + ALIGN);
        }
        BASE.store(base.add(base.align_offset(ALIGN)), Ordering::Relaxed);
    }
}

/// Where our memory starts.
fn base() -> *mut u8 {
    let base = BASE.load(Ordering::Relaxed);
    if base.is_null() {
        pgrx::ereport!(
            ERROR,
            pgrx::PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
            "the exchange extension is not in shared_preload_libraries",
            "Add 'exchange' to shared_preload_libraries and restart the server."
        );
    }
    base
}

fn directory() -> &'static [Entry] {
    // SAFETY: the segment holds `max_markets` entries from its start; they are atomics, valid when
    // zero, and stay for the life of the process.
    unsafe { std::slice::from_raw_parts(base().cast::<Entry>(), settings::max_markets()) }
}

/// The hints (`pg::hints`): one word each, read and written whole.
pub(crate) fn row_hints() -> &'static [AtomicU64] {
    // SAFETY: the hints follow the directory, aligned by `ALIGN`; atomics, valid when zero.
    unsafe {
        let start = base().add(directory_bytes()).cast::<AtomicU64>();
        std::slice::from_raw_parts(start, settings::row_hints())
    }
}

/// The counters (`pg::counters`), in groups that have a lock each.
pub(crate) fn counters() -> &'static [Counters] {
    // SAFETY: the counters follow the hints, aligned by `ALIGN`; valid when zero.
    unsafe {
        let start = base()
            .add(directory_bytes() + hints_bytes())
            .cast::<Counters>();
        std::slice::from_raw_parts(start, settings::risk_counters() / Counters::EACH)
    }
}

/// The slot of the market's book in this database, claimed where it has none yet.
pub(crate) fn slot(market: u32) -> usize {
    // SAFETY: a plain global of this backend.
    let database = unsafe { pg_sys::MyDatabaseId }.to_u32();
    let is_ours = |entry: &Entry| {
        entry.database.load(Ordering::Acquire) == database
            && entry.market.load(Ordering::Relaxed) == market
    };
    if let Some(slot) = directory().iter().position(is_ours) {
        return slot;
    }
    // SAFETY: the tranche was requested at start with one lock; an error releases it.
    let lock = unsafe {
        let lock = &raw mut (*pg_sys::GetNamedLWLockTranche(NAME.as_ptr())).lock;
        pg_sys::LWLockAcquire(lock, pg_sys::LWLockMode::LW_EXCLUSIVE);
        lock
    };
    let free = |entry: &Entry| entry.database.load(Ordering::Relaxed) == 0;
    let slot = directory().iter().position(is_ours).or_else(|| {
        let slot = directory().iter().position(free)?;
        directory()[slot].market.store(market, Ordering::Relaxed);
        directory()[slot]
            .database
            .store(database, Ordering::Release);
        Some(slot)
    });
    // SAFETY: taken above.
    unsafe { pg_sys::LWLockRelease(lock) };
    slot.unwrap_or_else(|| {
        pgrx::ereport!(
            ERROR,
            pgrx::PgSqlErrorCode::ERRCODE_CONFIGURATION_LIMIT_EXCEEDED,
            format!("no free book for market {market}"),
            "Raise exchange.max_markets and restart the server."
        );
    })
}

/// The file that the book in `slot` was built from; 0: it is not built.
pub(crate) fn built_from(slot: usize) -> u32 {
    directory()[slot].built_from.load(Ordering::Relaxed)
}

/// Says that the book in `slot` agrees with the table in `file`.
pub(crate) fn set_built_from(slot: usize, file: u32) {
    directory()[slot].built_from.store(file, Ordering::Relaxed);
}

/// Says that the book in `slot` must be built anew before its next use.
pub(crate) fn forget(slot: usize) {
    set_built_from(slot, 0);
}

/// The memory of the book in `slot`. Callers hold the market's lock: exclusively to change it,
/// shared to read it; and have at most one such loan at a time.
pub(crate) fn lend(slot: usize) -> Memory<'static> {
    let parts = parts();
    assert!(slot < settings::max_markets(), "book slot out of range");
    // SAFETY: `total_bytes` has room for `max_markets` books after the small parts; the parts
    // are disjoint and aligned; every bit pattern is a valid value of these integer structs; the
    // market's lock keeps other processes out.
    unsafe {
        let book = base().add(small_parts_bytes() + slot * parts.bytes);
        Memory {
            header: &mut *book.cast::<Header>(),
            orders: slice(book.add(parts.orders), parts.layout.orders),
            levels: slice(book.add(parts.levels), parts.layout.levels),
            branches: slice(book.add(parts.branches), parts.layout.branches),
            order_index: slice(book.add(parts.order_index), parts.layout.order_index),
            accounts: slice(book.add(parts.accounts), parts.layout.accounts),
        }
    }
}

/// # Safety
/// `start` is aligned for `T` and has `length` of them, which nobody else uses.
unsafe fn slice<T>(start: *mut u8, length: usize) -> &'static mut [T] {
    // SAFETY: promised by the caller.
    unsafe { std::slice::from_raw_parts_mut(start.cast::<T>(), length) }
}
