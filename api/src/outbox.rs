//! What waits to be sent to one subscriber: a queue bounded in messages and in bytes.
//!
//! Pushing never blocks. A subscriber whose queue is full is too slow, and its queue is closed for
//! ever: others are never held up, and nobody is sent a stream with a hole.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::ws::Utf8Bytes;
use tokio::sync::Notify;

/// Most messages and bytes that wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Messages.
    pub messages: usize,
    /// Bytes of their texts. Texts are common to all subscribers, so this bounds what a slow one
    /// keeps alive.
    pub bytes: usize,
}

/// Why a queue was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It was full: the subscriber reads too slowly.
    TooSlow,
    /// Its reader is gone.
    Gone,
}

struct Queue {
    messages: VecDeque<Utf8Bytes>,
    bytes: usize,
    closed: Option<Reason>,
}

struct Common {
    limit: Limit,
    queue: Mutex<Queue>,
    changed: Notify,
}

impl Common {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The end that is pushed to; all clones push to the same queue.
#[derive(Clone)]
pub struct Outbox(Arc<Common>);

/// The end that is read.
pub struct Inbox(Arc<Common>);

/// A queue.
pub fn channel(limit: Limit) -> (Outbox, Inbox) {
    let queue = Queue {
        messages: VecDeque::new(),
        bytes: 0,
        closed: None,
    };
    let common = Arc::new(Common {
        limit,
        queue: Mutex::new(queue),
        changed: Notify::new(),
    });
    (Outbox(common.clone()), Inbox(common))
}

impl Outbox {
    /// Queues a message. `false`: the queue is closed, now or from before, and the message is not
    /// in it.
    pub fn push(&self, message: Utf8Bytes) -> bool {
        let mut queue = self.0.queue();
        if queue.closed.is_some() {
            return false;
        }
        let bytes = queue.bytes + message.len();
        // A message larger than the limit goes through alone: the first snapshot may be large.
        let fits = queue.messages.is_empty()
            || (queue.messages.len() < self.0.limit.messages && bytes <= self.0.limit.bytes);
        if fits {
            queue.messages.push_back(message);
            queue.bytes = bytes;
        } else {
            queue.closed = Some(Reason::TooSlow);
        }
        // One wake-up for many messages: the reader takes all that is there.
        let wake = !fits || queue.messages.len() == 1;
        drop(queue);
        if wake {
            self.0.changed.notify_one();
        }
        fits
    }

    /// Whether nothing can be pushed any more.
    pub fn is_closed(&self) -> bool {
        self.0.queue().closed.is_some()
    }
}

impl Inbox {
    /// All messages that wait, oldest first, once there are any; `None` once the queue is closed,
    /// whatever still waits in it.
    pub async fn next_all(&mut self) -> Option<VecDeque<Utf8Bytes>> {
        loop {
            {
                let mut queue = self.0.queue();
                if queue.closed.is_some() {
                    return None;
                }
                if !queue.messages.is_empty() {
                    queue.bytes = 0;
                    return Some(std::mem::take(&mut queue.messages));
                }
            }
            self.0.changed.notified().await;
        }
    }

    /// All messages that wait, oldest first, however the queue stands.
    pub fn take_all(&mut self) -> VecDeque<Utf8Bytes> {
        let mut queue = self.0.queue();
        queue.bytes = 0;
        std::mem::take(&mut queue.messages)
    }

    /// Returns once the queue is closed.
    pub async fn closed(&mut self) {
        while self.reason().is_none() {
            self.0.changed.notified().await;
        }
    }

    /// Why the queue was closed.
    pub fn reason(&self) -> Option<Reason> {
        self.0.queue().closed
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        let mut queue = self.0.queue();
        queue.closed.get_or_insert(Reason::Gone);
        queue.messages.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Limit = Limit {
        messages: 3,
        bytes: 10,
    };

    fn text(text: &'static str) -> Utf8Bytes {
        Utf8Bytes::from_static(text)
    }

    #[tokio::test]
    async fn messages_come_in_order_and_together() {
        let (outbox, mut inbox) = channel(LIMIT);
        assert!(outbox.push(text("a")) && outbox.push(text("b")));
        assert_eq!(inbox.next_all().await, Some([text("a"), text("b")].into()));
        assert!(outbox.push(text("c")));
        assert_eq!(inbox.next_all().await, Some([text("c")].into()));
    }

    #[tokio::test]
    async fn a_waiting_reader_is_woken() {
        let (outbox, mut inbox) = channel(LIMIT);
        let reader = tokio::spawn(async move { inbox.next_all().await });
        tokio::task::yield_now().await;
        assert!(outbox.push(text("a")));
        assert_eq!(reader.await.expect("no panic"), Some([text("a")].into()));
    }

    #[tokio::test]
    async fn a_full_queue_is_closed_for_ever() {
        for messages in [&["a", "b", "c", "d"][..], &["aaaaa", "bbbbb", "c"]] {
            let (outbox, mut inbox) = channel(LIMIT);
            let (last, fitting) = messages.split_last().expect("not empty");
            assert!(fitting.iter().all(|message| outbox.push(text(message))));
            assert!(!outbox.push(text(last)) && outbox.is_closed());
            assert_eq!(inbox.next_all().await, None);
            assert_eq!(inbox.reason(), Some(Reason::TooSlow));
            assert!(!outbox.push(text("e")));
        }
    }

    #[tokio::test]
    async fn a_large_message_goes_through_alone() {
        let (outbox, mut inbox) = channel(LIMIT);
        assert!(outbox.push(text("a snapshot of many levels")));
        assert!(!outbox.push(text("b")));
        assert_eq!(inbox.next_all().await, None);
    }

    #[test]
    fn nothing_is_queued_for_nobody() {
        let (outbox, inbox) = channel(LIMIT);
        drop(inbox);
        assert!(!outbox.push(text("a")));
    }
}
