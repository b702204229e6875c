//! Waiting until the write-ahead log is safe.

use pgrx::pg_sys;

/// Waits until everything that is visible now is flushed to disk, and replicated where synchronous
/// standbys are set and the session's `synchronous_commit` asks for it.
pub(crate) fn wait_for_visible() {
    // SAFETY: these functions take and return plain values and may be called at any time in a
    // backend. On a standby what is visible was flushed before it was replayed.
    unsafe {
        if pg_sys::RecoveryInProgress() {
            return;
        }
        wait_for(end_of_log(
            pg_sys::GetXLogInsertRecPtr(),
            pg_sys::wal_segment_size as u64,
        ));
    }
}

/// Where the log really ends. The next record's position lies behind the header of a page on which
/// nothing is written yet; there is nothing to flush of that page. Sizes of the headers: a page's
/// and a segment's first, `SizeOfXLogShortPHD` and `SizeOfXLogLongPHD` in `xlog_internal.h`.
fn end_of_log(next_record: u64, segment_size: u64) -> u64 {
    const PAGE_HEADER: u64 = 24;
    const SEGMENT_HEADER: u64 = 40;
    if next_record % segment_size == SEGMENT_HEADER {
        next_record - SEGMENT_HEADER
    } else if next_record % u64::from(pg_sys::XLOG_BLCKSZ) == PAGE_HEADER {
        next_record - PAGE_HEADER
    } else {
        next_record
    }
}

/// Waits for the commit record that this session wrote last.
pub(crate) fn wait_for_last_commit() {
    // SAFETY: as above; the global is this backend's own.
    unsafe { wait_for(pg_sys::XactLastCommitEnd) };
}

/// # Safety
/// Not in recovery.
unsafe fn wait_for(position: u64) {
    if position == 0 {
        return;
    }
    // SAFETY: plain values; the caller is not in recovery.
    unsafe {
        pg_sys::XLogFlush(position);
        // It watches for cancels by itself and must not be interrupted otherwise.
        pg_sys::InterruptHoldoffCount += 1;
        pg_sys::SyncRepWaitForLSN(position, true);
        pg_sys::InterruptHoldoffCount -= 1;
    }
}
