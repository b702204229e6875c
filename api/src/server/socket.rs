//! A client's socket: it keeps its place until it is closed, and must take what is sent to it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use super::places::Place;

/// The socket. Whoever owns it owns the place: a WebSocket takes both over from HTTP.
pub(super) struct Socket<S> {
    stream: S,
    write_wait: Duration,
    /// Runs while the client does not take what is to be sent; stops when all is sent. Progress
    /// alone does not stop it, or a byte now and then would hold the place for ever.
    clock: Option<Pin<Box<Sleep>>>,
    _place: Place,
}

impl<S> Socket<S> {
    pub(super) fn new(stream: S, write_wait: Duration, place: Place) -> Self {
        Socket {
            stream,
            write_wait,
            clock: None,
            _place: place,
        }
    }

    /// What to answer while the stream takes nothing: wait, up to the limit.
    fn hold<T>(&mut self, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        let wait = self.write_wait;
        let clock = self
            .clock
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(wait)));
        ready!(clock.as_mut().poll(context));
        let text = format!("the client did not read its answer within {wait:?}");
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, text)))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Socket<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Socket<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.stream).poll_write(context, bytes) {
            Poll::Pending => self.hold(context),
            done => done,
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.stream).poll_write_vectored(context, slices) {
            Poll::Pending => self.hold(context),
            done => done,
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// Called by HTTP and WebSocket alike once all that they held was written.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_flush(context) {
            Poll::Pending => self.hold(context),
            done => {
                self.clock = None;
                done
            }
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_shutdown(context) {
            Poll::Pending => self.hold(context),
            done => done,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
    use tokio::time::{Instant, interval};

    use super::super::places::Places;
    use super::*;

    const WAIT: Duration = Duration::from_secs(30);
    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    /// Four bytes may be under way.
    fn pair(places: &Places) -> (Socket<DuplexStream>, DuplexStream) {
        let (ours, theirs) = tokio::io::duplex(4);
        let place = places.take(HERE).expect("free");
        (Socket::new(ours, WAIT, place), theirs)
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_does_not_read_is_dropped_in_time() {
        let places = Places::new(1, 1);
        let (mut socket, _theirs) = pair(&places);
        let began = Instant::now();
        let error = socket.write_all(b"too much").await.expect_err("ends");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(began.elapsed(), WAIT);
        assert!(places.take(HERE).is_none(), "it is still open");
        drop(socket);
        places.all_free().await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_byte_now_and_then_does_not_hold_the_place() {
        let (mut socket, mut theirs) = pair(&Places::new(1, 1));
        tokio::spawn(async move {
            let mut pace = interval(WAIT / 3);
            loop {
                pace.tick().await;
                if theirs.read_u8().await.is_err() {
                    return;
                }
            }
        });
        let error = socket.write_all(&[0; 64]).await.expect_err("ends");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_reads_may_stay() {
        let (mut socket, mut theirs) = pair(&Places::new(1, 1));
        let mut pace = interval(WAIT / 2);
        for _ in 0..10 {
            let mut taken = [0; 8];
            let reading = async {
                pace.tick().await;
                theirs.read_exact(&mut taken).await
            };
            let writing = async {
                socket.write_all(b"all read").await?;
                socket.flush().await
            };
            let (read, written) = tokio::join!(reading, writing);
            read.and(written.map(|()| 0)).expect("in time");
        }
    }
}
