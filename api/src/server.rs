//! Connections: accepts them up to a limit, gives each a time for its headers and its body, and
//! ends them gracefully.
//!
//! A client that sends slowly or says nothing costs one connection for a bounded time, and no more.

pub(crate) mod body;
pub(crate) mod places;
mod socket;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tower_service::Service as _;

use crate::config::http::HttpConfig;
use crate::error::ApiError;
use body::TimedBody;
use places::Places;
use socket::Socket;

/// Bytes and number of a request's headers.
const HEADER_BYTES: usize = 16 * 1024;
const HEADER_COUNT: usize = 64;
/// Where bodies are large.
const UPLOAD: &str = "/api/kyc/submit";
/// After an error of `accept`, which is most likely a lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// What a client over the limit is told, if it listens.
static FULL: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let body = json!({
        "code": ApiError::Overloaded.code(),
        "message": "too many connections; try again later",
    })
    .to_string();
    let length = body.len();
    let text = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\n\
         retry-after: 1\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    text.into_bytes()
});

/// Serves until `stopped` says so, then until every connection has ended, also those that became
/// WebSockets.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    config: &HttpConfig,
    mut stopped: watch::Receiver<bool>,
) {
    let places = Places::new(config.connections, config.connections_per_address);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(config.header_wait)
        .max_buf_size(HEADER_BYTES)
        .max_headers(HEADER_COUNT);
    let http = Arc::new(http);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = told(&mut stopped) => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let Some(place) = places.take(peer.ip()) else {
            // As much as fits into the socket at once; nobody waits for this client.
            let _ = stream.try_write(&FULL);
            continue;
        };
        let connection = Connection {
            peer,
            router: router.clone(),
            body_wait: config.body_wait,
            upload_wait: config.upload_wait,
            stopped: stopped.clone(),
        };
        // Answers are small and whole: nothing is gained by waiting for more.
        let _ = stream.set_nodelay(true);
        let socket = Socket::new(stream, config.write_wait, place);
        tokio::spawn(connection.run(socket, http.clone()));
    }
    drop(listener);
    places.all_free().await;
}

struct Connection {
    peer: SocketAddr,
    router: Router,
    body_wait: Duration,
    upload_wait: Duration,
    stopped: watch::Receiver<bool>,
}

impl Connection {
    async fn run(mut self, socket: Socket<TcpStream>, http: Arc<http1::Builder>) {
        let (peer, router) = (self.peer, self.router);
        let (body_wait, upload_wait) = (self.body_wait, self.upload_wait);
        let service = service_fn(move |request: Request<Incoming>| {
            let mut router = router.clone();
            async move {
                let wait = match request.uri().path() {
                    UPLOAD => upload_wait,
                    _ => body_wait,
                };
                let mut request = request.map(|body| Body::new(TimedBody::new(body, wait)));
                request.extensions_mut().insert(ConnectInfo(peer));
                Ok::<_, Infallible>(
                    router
                        .call(request)
                        .await
                        .unwrap_or_else(|never| match never {}),
                )
            }
        });
        let served = http.serve_connection(TokioIo::new(socket), service);
        let mut served = pin!(served.with_upgrades());
        let ended = tokio::select! {
            ended = &mut served => ended,
            () = told(&mut self.stopped) => {
                served.as_mut().graceful_shutdown();
                served.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%peer, %error, "connection ended");
        }
    }
}

/// Returns once it is time to stop, also because nobody is left to say so.
async fn told(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_to_a_client_over_the_limit_has_the_length_it_says() {
        let text = std::str::from_utf8(&FULL).expect("text");
        let (head, body) = text.split_once("\r\n\r\n").expect("head and body");
        assert!(head.ends_with(&format!("content-length: {}", body.len())));
        assert!(serde_json::from_str::<serde_json::Value>(body).is_ok());
    }
}
