//! Named places at which a test ends a process, as a power cut would, or lets it stand still while
//! something else dies. Without the variables they do nothing; operators never set them.

use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// The variable that names the place where the process ends.
pub const FAULT_POINT: &str = "EXCHANGE_FAULT_POINT";
/// The variable that names the place where it stands still, once, until somebody lets it go on.
pub const STOP_POINT: &str = "EXCHANGE_STOP_POINT";

static CHOSEN: OnceLock<[Option<String>; 2]> = OnceLock::new();
static HAS_STOPPED: AtomicBool = AtomicBool::new(false);

/// Ends the process at once, without a word to anybody, where [`FAULT_POINT`] names this place, and
/// stops it where [`STOP_POINT`] does.
pub fn fault_point(name: &str) {
    let chosen = CHOSEN.get_or_init(|| [FAULT_POINT, STOP_POINT].map(|it| std::env::var(it).ok()));
    let [end, stop] = chosen.each_ref().map(|it| it.as_deref() == Some(name));
    if end || (stop && !HAS_STOPPED.swap(true, Ordering::Relaxed) && !stand_still()) {
        std::process::abort();
    }
}

/// Whether it stood still, and was let go on.
fn stand_still() -> bool {
    let own = std::process::id().to_string();
    // It is stopped before the command's end can be seen.
    Command::new("kill")
        .args(["-s", "STOP", &own])
        .status()
        .is_ok_and(|ended| ended.success())
}
