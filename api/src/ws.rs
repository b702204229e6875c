//! `GET /api/ws`: channels that are subscribed to, and orders, over one socket.
//!
//! Messages of a socket are done one after the other, in the order in which they were sent.

mod connection;
mod end;
mod lease;
mod pace;
mod request;
mod session;
mod subscriptions;
mod trading;
mod writer;

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::HeaderMap;
use axum::response::Response;
use tokio::sync::watch;

use crate::address::ClientAddress;
use crate::app::App;
use crate::auth::cookie;
use crate::auth::token::Token;
use crate::config::ws::WsConfig;
use crate::error::ApiError;
use crate::openapi::Refusals;
use crate::server::places::{Place, Places};

/// The path, which a client signs to authenticate.
pub(crate) const PATH: &str = "/api/ws";

/// Largest frame and message taken.
const FRAME_BYTES: usize = 64 * 1024;
/// What each connection sets aside for reading, and gathers before it writes. Clients send little,
/// and large texts go through in pieces.
const READ_BUFFER_BYTES: usize = 2 * 1024;
const WRITE_BUFFER_BYTES: usize = 4 * 1024;

/// From where a socket was opened.
struct Opener {
    address: IpAddr,
    /// The token of a browser's cookie.
    cookie: Option<Token>,
}

/// All sockets of this server.
pub struct Sockets {
    config: WsConfig,
    places: Places,
    stop: watch::Sender<bool>,
}

impl Sockets {
    /// None yet.
    pub fn new(config: &WsConfig) -> Self {
        Sockets {
            places: Places::new(config.connections, config.connections_per_address),
            config: config.clone(),
            stop: watch::Sender::new(false),
        }
    }

    /// Tells every client that the server goes, and closes every socket.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Returns once all are closed.
    pub async fn all_closed(&self) {
        self.places.all_free().await;
    }
}

/// Opens a WebSocket. Texts go both ways; operations and channels are in docs/api.md.
#[utoipa::path(get, path = "/api/ws", operation_id = "open_socket", tag = "stream", responses(
    (status = 101, description = "The connection is a WebSocket from here on."), Refusals))]
pub(crate) async fn connect(
    State(app): State<App>,
    ClientAddress(address): ClientAddress,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    let upgrade = upgrade.map_err(|rejection| ApiError::Malformed {
        field: None,
        message: rejection.body_text(),
    })?;
    // What `authenticate` may name; it counts for nothing by itself.
    let cookie = cookie::session(&headers).ok().flatten();
    let place = app.sockets.places.take(address);
    let place: Place = place.ok_or(ApiError::Overloaded)?;
    let upgrade = upgrade
        .max_message_size(FRAME_BYTES)
        .max_frame_size(FRAME_BYTES)
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES);
    let sockets: Arc<Sockets> = app.sockets.clone();
    let stopped = sockets.stop.subscribe();
    Ok(upgrade.on_upgrade(move |socket| async move {
        connection::run(socket, app, Opener { address, cookie }, stopped).await;
        drop(place);
    }))
}
