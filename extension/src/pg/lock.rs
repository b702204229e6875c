//! The market lock: a heavyweight lock that Postgres itself releases at the end of the transaction.
//!
//! It lives in the advisory lock space under a class of its own, so it shows in `pg_locks`, takes
//! part in deadlock detection and cannot collide with anybody's `pg_advisory_lock`.

use pgrx::pg_sys;

/// `pg_locks.objsubid` of market locks; SQL's own advisory locks use 1 and 2.
const CLASS: u16 = 3;

fn tag(market: u32) -> pg_sys::LOCKTAG {
    pg_sys::LOCKTAG {
        // SAFETY: reads a plain global that is set before any function of ours can run.
        locktag_field1: unsafe { pg_sys::MyDatabaseId }.to_u32(),
        locktag_field2: 0,
        locktag_field3: market,
        locktag_field4: CLASS,
        locktag_type: pg_sys::LockTagType::LOCKTAG_ADVISORY as u8,
        locktag_lockmethodid: pg_sys::USER_LOCKMETHOD as u8,
    }
}

/// Waits until no other transaction writes or reads the market's book, and keeps them out until the
/// end of this transaction. Locks of several markets are taken in ascending order of number.
pub(crate) fn exclusive(market: u32) {
    // SAFETY: the tag outlives the call; the lock is owned by the current resource owner.
    unsafe { pg_sys::LockAcquire(&tag(market), pg_sys::ExclusiveLock as i32, false, false) };
}

/// Keeps writers of the market's book out until [`SharedLock::release`], or the end of the
/// transaction at the latest.
pub(crate) fn shared(market: u32) -> SharedLock {
    // SAFETY: as in `exclusive`.
    unsafe { pg_sys::LockAcquire(&tag(market), pg_sys::ShareLock as i32, false, false) };
    SharedLock { market }
}

/// A reader's lock on a book.
pub(crate) struct SharedLock {
    market: u32,
}

impl SharedLock {
    /// Lets writers in again before the transaction ends.
    pub(crate) fn release(self) {
        // SAFETY: the lock was taken by `shared` in this transaction and not released since.
        unsafe { pg_sys::LockRelease(&tag(self.market), pg_sys::ShareLock as i32, false) };
    }
}
