//! Cancel on disconnect. While the socket lives, a dead man's switch of its own is put off again
//! and again; when the socket ends, its orders are cancelled at once. A server that dies puts
//! nothing off, and the worker cancels.

use std::collections::BTreeSet;
use std::time::Duration;

use client::{Authority, CancelAfter, Command};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::gather::Route;

/// The switch is put off so many times within its length, so that one failure does no harm.
const RENEWALS_A_LEASE: u32 = 3;
const HOLDER_BYTES: usize = 16;

/// The switches of a socket.
pub(super) struct Lease {
    app: App,
    account_id: i64,
    /// Names the socket's switches.
    holder: String,
    /// One market's orders each, or those of all.
    markets: BTreeSet<Option<String>>,
    renewal: Option<Renewal>,
}

struct Renewal {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Lease {
    /// None is set yet.
    pub(super) fn new(app: &App, caller: &Caller) -> Self {
        Lease {
            app: app.clone(),
            account_id: caller.account_id,
            holder: format!(
                "socket-{}",
                hex::encode(rand::random::<[u8; HOLDER_BYTES]>())
            ),
            markets: BTreeSet::new(),
            renewal: None,
        }
    }

    /// Sets or takes away the switch of one market's orders, or of all orders.
    ///
    /// # Errors
    /// `UNKNOWN_MARKET`, `ACCESS_REVOKED`; the database's.
    pub(super) async fn set(
        &mut self,
        market: Option<String>,
        is_enabled: bool,
        authority: Authority,
    ) -> Result<(), ApiError> {
        // A renewal under way could set again what is taken away here.
        self.stop_renewal().await;
        let timeout = if is_enabled {
            self.length()
        } else {
            Duration::ZERO
        };
        let done = put_off(&self.app, self.switch(&market, timeout), authority).await;
        if done.is_ok() && is_enabled {
            self.markets.insert(market);
        } else if done.is_ok() {
            self.markets.remove(&market);
        }
        self.start_renewal(authority);
        done
    }

    /// Cancels the orders now, and takes the switches away. Where that fails the switches stay,
    /// and the worker cancels when they are due.
    pub(super) async fn end(mut self) {
        self.stop_renewal().await;
        for market in &self.markets {
            if let Err(error) = self.cancel(market).await {
                tracing::warn!(%error, account_id = self.account_id, "orders are cancelled later");
            }
        }
    }

    /// How long a switch is set for.
    pub(super) fn length(&self) -> Duration {
        self.app.sockets.config.lease
    }

    /// The credential may be revoked by now, which must not keep the orders.
    async fn cancel(&self, market: &Option<String>) -> Result<(), ApiError> {
        let command = Command::CancelAll {
            account_id: self.account_id,
            market: market.clone(),
            side: None,
        };
        let route = market.as_deref().map_or(Route::Any, |market| {
            self.app.commands.route_to_market(market)
        });
        let command = command.by(Authority::default());
        self.app.commands.run(route, command).await?;
        let switch = self.switch(market, Duration::ZERO);
        put_off(&self.app, switch, Authority::default()).await
    }

    fn switch<'a>(&'a self, market: &'a Option<String>, timeout: Duration) -> CancelAfter<'a> {
        CancelAfter {
            account_id: self.account_id,
            holder: &self.holder,
            market: market.as_deref(),
            timeout_ms: i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX),
        }
    }

    fn start_renewal(&mut self, authority: Authority) {
        if self.markets.is_empty() {
            return;
        }
        let renewed = Lease {
            app: self.app.clone(),
            account_id: self.account_id,
            holder: self.holder.clone(),
            markets: self.markets.clone(),
            renewal: None,
        };
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(renewed.renew(authority, stopped));
        self.renewal = Some(Renewal { stop, task });
    }

    async fn stop_renewal(&mut self) {
        if let Some(Renewal { stop, task }) = self.renewal.take() {
            drop(stop);
            // It was told to stop; a panic of it was logged, and it renews nothing any more.
            let _ = task.await;
        }
    }

    async fn renew(self, authority: Authority, mut stopped: oneshot::Receiver<()>) {
        let pause = self.length() / RENEWALS_A_LEASE;
        while tokio::time::timeout(pause, &mut stopped).await.is_err() {
            for market in &self.markets {
                let switch = self.switch(market, self.length());
                if let Err(error) = put_off(&self.app, switch, authority).await {
                    tracing::debug!(%error, "a switch was not put off");
                }
            }
        }
    }
}

async fn put_off(app: &App, switch: CancelAfter<'_>, authority: Authority) -> Result<(), ApiError> {
    client::cancel_after(&app.reads, switch, authority).await?;
    Ok(())
}
