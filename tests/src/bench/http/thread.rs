//! A thread of its own for a load whose tasks are so short that waking other threads for them would
//! cost more than they do.

use anyhow::{Context, Result};
use tokio::runtime::Builder;

/// Runs a load on a new thread, and returns what it gives.
pub async fn run_alone<T, F, L>(load: L) -> Result<T>
where
    T: Send + 'static,
    F: Future<Output = Result<T>>,
    L: FnOnce() -> F + Send + 'static,
{
    let running = tokio::task::spawn_blocking(move || {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(load())
    });
    running.await.context("the load panicked")?
}
