//! Sends what is queued: all of it at once, then one flush. It never keeps more than the queue.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket};
use futures::SinkExt as _;
use futures::stream::SplitSink;
use tokio::sync::oneshot;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

use super::end::End;
use crate::config::ws::WsConfig;
use crate::outbox::Inbox;

/// The sending half of a socket.
pub(super) struct Writer {
    sink: SplitSink<WebSocket, Message>,
    inbox: Inbox,
    /// Taken from the queue, not sent yet.
    waiting: VecDeque<Utf8Bytes>,
    ping_pause: Duration,
    close_limit: Duration,
}

impl Writer {
    pub(super) fn new(
        sink: SplitSink<WebSocket, Message>,
        inbox: Inbox,
        config: &WsConfig,
    ) -> Self {
        Writer {
            sink,
            inbox,
            waiting: VecDeque::new(),
            ping_pause: config.ping_pause,
            close_limit: config.close_limit,
        }
    }

    /// Sends until the queue or the connection is closed, or `ended` says why it ends. Then the
    /// client is told why, within a limited time.
    pub(super) async fn run(mut self, mut ended: oneshot::Receiver<End>) {
        let end = self.send_until(&mut ended).await;
        // A client that has not read all this in time does not listen.
        let _ = timeout(self.close_limit, self.close(end)).await;
    }

    async fn send_until(&mut self, ended: &mut oneshot::Receiver<End>) -> End {
        let mut pings = interval_at(Instant::now() + self.ping_pause, self.ping_pause);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let ping = tokio::select! {
                end = &mut *ended => return end.unwrap_or(End::Gone),
                messages = self.inbox.next_all() => match messages {
                    Some(messages) => { self.waiting = messages; None }
                    None => return End::TooSlow,
                },
                _ = pings.tick() => Some(Message::Ping(Bytes::new())),
            };
            let sent = tokio::select! {
                sent = send(&mut self.sink, &mut self.waiting, ping) => sent,
                () = self.inbox.closed() => return End::TooSlow,
                end = &mut *ended => return end.unwrap_or(End::Gone),
            };
            if sent.is_err() {
                return End::Gone;
            }
        }
    }

    /// The rest of the queue, but to a client that reads too slowly, and the closing frame.
    async fn close(&mut self, end: End) -> Result<(), axum::Error> {
        if end != End::TooSlow && end != End::Gone {
            send(&mut self.sink, &mut self.waiting, None).await?;
            self.waiting = self.inbox.take_all();
            send(&mut self.sink, &mut self.waiting, None).await?;
        }
        if let Some(frame) = end.frame() {
            self.sink.send(Message::Close(Some(frame))).await?;
        }
        self.sink.flush().await
    }
}

/// Sends all that wait. Where it is left off, what was not taken by the socket still waits.
async fn send(
    sink: &mut SplitSink<WebSocket, Message>,
    waiting: &mut VecDeque<Utf8Bytes>,
    ping: Option<Message>,
) -> Result<(), axum::Error> {
    if let Some(ping) = ping {
        sink.feed(ping).await?;
    }
    while !waiting.is_empty() {
        poll_fn(|context| sink.poll_ready_unpin(context)).await?;
        if let Some(message) = waiting.pop_front() {
            sink.start_send_unpin(Message::Text(message))?;
        }
    }
    sink.flush().await
}
