//! One socket: reads and does what the client asks, writes what it is told, and ends in order.

use std::pin::pin;

use axum::extract::ws::WebSocket;
use futures::StreamExt as _;
use futures::stream::SplitStream;
use tokio::sync::{Notify, oneshot, watch};
use tokio::time::timeout;

use super::Opener;
use super::end::End;
use super::session::Session;
use super::writer::Writer;
use crate::app::App;
use crate::outbox;

/// Serves the socket to its end.
pub(super) async fn run(
    socket: WebSocket,
    app: App,
    opener: Opener,
    stopped: watch::Receiver<bool>,
) {
    let address = opener.address;
    let sockets = app.sockets.clone();
    let (outbox, inbox) = outbox::channel(sockets.config.queue);
    let (sink, stream) = socket.split();
    let (end, ended) = oneshot::channel();
    let is_closed = Notify::new();
    let mut write = pin!(Writer::new(sink, inbox, &sockets.config).run(ended));
    let mut read = pin!(read(
        stream,
        Session::new(app, opener, outbox, stopped),
        &is_closed
    ));
    let mut stream = tokio::select! {
        (stream, session, why) = &mut read => {
            tracing::debug!(%address, ?why, "socket ends");
            // The writer waits for nothing but this; where it is done already, so is the socket.
            let _ = end.send(why);
            tokio::join!(write, session.leave());
            stream
        }
        () = &mut write => {
            is_closed.notify_one();
            let (stream, session, _) = read.await;
            session.leave().await;
            stream
        }
    };
    // What the client sent meanwhile is read, because a connection that is closed over unread bytes
    // is reset, and takes the closing frame with it.
    let rest = async { while let Some(Ok(_)) = stream.next().await {} };
    let _ = timeout(sockets.config.close_limit, rest).await;
}

/// Does what the client sends until there is a reason to end. A message that was begun is done.
async fn read(
    mut stream: SplitStream<WebSocket>,
    mut session: Session,
    is_closed: &Notify,
) -> (SplitStream<WebSocket>, Session, End) {
    let end = loop {
        let silence_limit = session.config().silence_limit;
        let heard = tokio::select! {
            end = session.told() => break end,
            () = is_closed.notified() => break End::Gone,
            heard = timeout(silence_limit, stream.next()) => heard,
        };
        let done = match heard {
            Err(_) => Some(End::Silent),
            Ok(None) => Some(End::Gone),
            Ok(Some(Err(error))) => Some(End::of_error(error)),
            Ok(Some(Ok(message))) => session.hear(message).await,
        };
        if let Some(end) = done {
            break end;
        }
    };
    (stream, session, end)
}
