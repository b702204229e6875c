//! Facts about this backend's session and transaction.

use pgrx::pg_sys;

/// Microseconds since 2000-01-01 UTC, now.
pub(crate) fn now() -> i64 {
    // SAFETY: reads the clock.
    unsafe { pg_sys::GetCurrentTimestamp() }
}

/// Whether this server replays another's log.
pub(crate) fn in_recovery() -> bool {
    // SAFETY: reads shared state.
    unsafe { pg_sys::RecoveryInProgress() }
}

/// Refuses transactions that read by an old snapshot: matching works on the present.
pub(crate) fn require_read_committed() {
    // SAFETY: a plain global of this backend.
    if unsafe { pg_sys::XactIsoLevel } > pg_sys::XACT_READ_COMMITTED as i32 {
        pgrx::ereport!(
            ERROR,
            pgrx::PgSqlErrorCode::ERRCODE_INVALID_TRANSACTION_STATE,
            "trading needs isolation level READ COMMITTED",
            "Orders match against the book as it is now, not as a snapshot saw it."
        );
    }
}

/// Refuses where nothing can be written.
pub(crate) fn require_writable(what: &std::ffi::CStr) {
    // SAFETY: they raise an error or return.
    unsafe {
        pg_sys::PreventCommandIfReadOnly(what.as_ptr());
        pg_sys::PreventCommandIfParallelMode(what.as_ptr());
    }
}

/// Makes what this command wrote visible to the next one.
pub(crate) fn advance_command() {
    // SAFETY: allowed in volatile functions outside parallel mode, which was refused before.
    unsafe { pg_sys::CommandCounterIncrement() };
}

/// Runs `write`. Where another transaction took the same key at the same time (a client order id
/// used in two markets at once, an account's first balance in an asset), the transaction may be
/// repeated, and will then see what the other one wrote.
pub(crate) fn repeat_on_unique_violation(write: impl FnOnce()) {
    let write = std::panic::AssertUnwindSafe(write);
    pgrx::PgTryBuilder::new(|| {
        let write = write;
        (write.0)();
    })
    .catch_when(pgrx::PgSqlErrorCode::ERRCODE_UNIQUE_VIOLATION, |_| {
        serialization_failure("another transaction wrote the same key")
    })
    .execute();
}

/// Raises a serialization failure: the caller's transaction may be repeated and can succeed.
pub(crate) fn serialization_failure(message: &'static str) -> ! {
    pgrx::ereport!(
        ERROR,
        pgrx::PgSqlErrorCode::ERRCODE_T_R_SERIALIZATION_FAILURE,
        message,
        "Repeat the transaction."
    );
}
