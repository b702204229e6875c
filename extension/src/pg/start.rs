//! What happens when Postgres loads the library.

use crate::pg::{constraints, memory, transaction};
use pgrx::pg_sys;

/// Registers hooks and callbacks. Shared memory can only be had in the postmaster, by
/// `shared_preload_libraries`; loaded otherwise, the functions say so when called.
pub(crate) fn register() {
    // SAFETY: a plain global of this process.
    if unsafe { pg_sys::process_shared_preload_libraries_in_progress } {
        memory::register();
    }
    transaction::register();
    constraints::register();
}
