//! Named places at which a test ends a process, as a power cut would. Without the variable they do
//! nothing; operators never set it.

use std::sync::OnceLock;

/// The variable that names the place.
pub const FAULT_POINT: &str = "EXCHANGE_FAULT_POINT";

static CHOSEN: OnceLock<Option<String>> = OnceLock::new();

/// Ends the process at once, without a word to anybody, where [`FAULT_POINT`] names this place.
pub fn fault_point(name: &str) {
    let chosen = CHOSEN.get_or_init(|| std::env::var(FAULT_POINT).ok());
    if chosen.as_deref() == Some(name) {
        std::process::abort();
    }
}
