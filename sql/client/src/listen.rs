//! The doorbell: a connection of its own that listens, comes back when it is lost, and then says
//! that everything must be read again.
//!
//! Rings are merged, so that a slow reader costs a bounded set of stream numbers and no queue.

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::BoxFuture;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_postgres::{AsyncMessage, NoTls};

use crate::config::Config;
use crate::error::{ConfigError, Effect, Error};
use crate::events::{Message, messages_after};
use crate::pool::Pool;
use crate::retry::Backoff;

/// The channel; the payload is a stream's number.
pub const CHANNEL: &str = "exchange_events";
/// Rings of more streams than this are merged into one for all.
const MAX_PENDING: usize = 1024;
/// Messages that [`follow`] reads at once.
const PAGE: i32 = 1000;

/// What the doorbell says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ring {
    /// Look at this stream.
    Stream(i32),
    /// Look at every stream: listening has just begun, or begun again, and rings may be lost.
    Everything,
}

#[derive(Default)]
struct Pending {
    everything: bool,
    streams: BTreeSet<i32>,
}

#[derive(Default)]
struct Bell {
    pending: Mutex<Pending>,
    rung: Notify,
}

impl Bell {
    fn ring(&self, ring: Ring) {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        match ring {
            Ring::Stream(_) if pending.everything => {}
            Ring::Stream(stream_id) if pending.streams.len() < MAX_PENDING => {
                pending.streams.insert(stream_id);
            }
            Ring::Stream(_) | Ring::Everything => {
                pending.everything = true;
                pending.streams.clear();
            }
        }
        drop(pending);
        self.rung.notify_one();
    }

    fn take(&self) -> Option<Ring> {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::take(&mut pending.everything) {
            return Some(Ring::Everything);
        }
        pending.streams.pop_first().map(Ring::Stream)
    }
}

/// Listens until it is dropped.
pub struct Listener {
    bell: Arc<Bell>,
    task: JoinHandle<()>,
}

impl Listener {
    /// The next ring. The first one is [`Ring::Everything`], once listening has begun.
    pub async fn next(&mut self) -> Ring {
        loop {
            let rung = self.bell.rung.notified();
            if let Some(ring) = self.bell.take() {
                return ring;
            }
            rung.await;
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Begins to listen, on a connection beside the pool's.
///
/// # Errors
/// The URL cannot be read. A server that cannot be reached is tried again for ever.
pub fn listen(config: &Config) -> Result<Listener, ConfigError> {
    let driver = config.driver()?;
    let bell = Arc::new(Bell::default());
    let task = tokio::spawn(keep_listening(driver, bell.clone()));
    Ok(Listener { bell, task })
}

async fn keep_listening(driver: tokio_postgres::Config, bell: Arc<Bell>) {
    let mut backoff = Backoff::new();
    loop {
        let mut subscribed = false;
        let reason = listen_once(&driver, &bell, &mut subscribed).await;
        if subscribed {
            backoff = Backoff::new();
        }
        let pause = backoff.next();
        tracing::warn!(reason, ?pause, "not listening; coming back");
        tokio::time::sleep(pause).await;
    }
}

/// Until the connection is lost; says why.
async fn listen_once(
    driver: &tokio_postgres::Config,
    bell: &Bell,
    subscribed: &mut bool,
) -> String {
    let (client, mut connection) = match driver.connect(NoTls).await {
        Ok(connected) => connected,
        Err(error) => return Error::of(&error, Effect::Reads).to_string(),
    };
    let text = format!("listen {CHANNEL}");
    let mut subscribing = pin!(client.batch_execute(&text));
    loop {
        // The connection must be driven for the subscription to be answered.
        tokio::select! {
            biased;
            done = &mut subscribing, if !*subscribed => {
                if let Err(error) = done {
                    return Error::of(&error, Effect::Reads).to_string();
                }
                *subscribed = true;
                tracing::debug!(CHANNEL, "listening");
                bell.ring(Ring::Everything);
            }
            message = poll_fn(|context| connection.poll_message(context)) => match message {
                None => return "the connection was closed".to_owned(),
                Some(Err(error)) => return Error::of(&error, Effect::Reads).to_string(),
                Some(Ok(AsyncMessage::Notification(rung))) => {
                    // What is no number is not ours to understand, but somebody wants us to look.
                    let ring = rung.payload().parse().map_or(Ring::Everything, Ring::Stream);
                    bell.ring(ring);
                }
                Some(Ok(_)) => {}
            },
        }
    }
}

/// Follows one stream for ever from after a number: hands each page of messages to `publish`, in
/// order, each once, only after it is durable; then waits for the bell. A failing database is
/// waited for.
///
/// # Errors
/// `publish` failed, or the listener's URL cannot be read.
pub async fn follow<F>(
    pool: &Pool,
    config: &Config,
    stream_id: i32,
    mut after_sequence: i64,
    mut publish: F,
) -> Result<(), Error>
where
    F: FnMut(Vec<Message>) -> BoxFuture<'static, Result<(), Error>> + Send,
{
    let mut listener = listen(config).map_err(|error| Error::Bug(error.to_string()))?;
    loop {
        match listener.next().await {
            Ring::Stream(rung) if rung != stream_id => continue,
            Ring::Stream(_) | Ring::Everything => {}
        }
        let mut backoff = Backoff::new();
        loop {
            match messages_after(pool, stream_id, after_sequence, PAGE).await {
                Ok(page) => {
                    let Some(last) = page.last() else { break };
                    let last_sequence = last.sequence;
                    publish(page).await?;
                    after_sequence = last_sequence;
                    backoff = Backoff::new();
                }
                Err(error @ (Error::Bug(_) | Error::Rejected { .. })) => return Err(error),
                Err(error) => {
                    let pause = backoff.next();
                    tracing::warn!(stream_id, %error, ?pause, "cannot read; trying again");
                    tokio::time::sleep(pause).await;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rings_of_one_stream_are_merged() {
        let bell = Bell::default();
        for _ in 0..3 {
            bell.ring(Ring::Stream(7));
        }
        assert_eq!(bell.take(), Some(Ring::Stream(7)));
        assert_eq!(bell.take(), None);
    }

    #[test]
    fn everything_covers_each_stream() {
        let bell = Bell::default();
        bell.ring(Ring::Stream(7));
        bell.ring(Ring::Everything);
        bell.ring(Ring::Stream(8));
        assert_eq!(bell.take(), Some(Ring::Everything));
        assert_eq!(bell.take(), None);
    }

    #[test]
    fn too_many_streams_become_everything() {
        let bell = Bell::default();
        for stream_id in 0..=MAX_PENDING {
            bell.ring(Ring::Stream(i32::try_from(stream_id).expect("small")));
        }
        assert_eq!(bell.take(), Some(Ring::Everything));
        assert_eq!(bell.take(), None);
    }
}
