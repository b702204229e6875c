//! Threads that hash passwords: apart from those that answer, and behind them where the machine
//! is busy, so that many logins at once slow nobody else down.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::{io, thread};

use tokio::sync::oneshot;

/// How far behind: beside a busy thread of the usual niceness (0) they get a tenth of a core, so
/// that logins go on then, too.
const NICENESS: i32 = 10;

type Job = Box<dyn FnOnce() + Send>;

/// The threads; the clones share them. They end after the last one's work.
#[derive(Clone, Debug)]
pub(super) struct Hashers {
    jobs: Sender<Job>,
}

impl Hashers {
    /// So many threads.
    pub(super) fn start(threads: usize) -> io::Result<Self> {
        let (jobs, waiting) = channel();
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..threads {
            let waiting = waiting.clone();
            let builder = thread::Builder::new().name("hasher".to_owned());
            builder.spawn(move || work(&waiting))?;
        }
        Ok(Hashers { jobs })
    }

    /// Does the work on one of the threads; `None` where it panicked. The work is done also where
    /// nobody waits for it any more. How much may wait is the caller's to bound.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        let job = Box::new(move || {
            // Nobody may wait any more.
            let _ = answer.send(work());
        });
        self.jobs.send(job).ok()?;
        answered.await.ok()
    }
}

fn work(waiting: &Mutex<Receiver<Job>>) {
    // On Linux this concerns the calling thread alone.
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::warn!("passwords are hashed at the priority of everything else: {error}");
    }
    loop {
        let next = waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .recv();
        let Ok(job) = next else {
            return;
        };
        // The panic's message was printed, and whoever waits is told.
        let _ = catch_unwind(AssertUnwindSafe(job));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_told_and_the_thread_goes_on() {
        let hashers = Hashers::start(1).expect("a thread");
        let failed: Option<()> = hashers.run(|| panic!("on purpose")).await;
        assert!(failed.is_none());
        assert_eq!(hashers.run(|| 1 + 1).await, Some(2));
    }

    #[tokio::test]
    async fn hashing_is_behind_everything_else() {
        let niceness = || rustix::process::getpriority_process(None);
        let own = niceness().expect("a number");
        let hashers = Hashers::start(1).expect("a thread");
        let its = hashers.run(niceness).await.expect("an answer");
        assert_eq!(its.expect("a number"), NICENESS.max(own));
        assert_eq!(niceness().expect("a number"), own);
    }
}
