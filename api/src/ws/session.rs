//! What a socket stands for: who authenticated on it, what it follows, and what its client asks.

use std::time::Duration;

use axum::extract::ws::{Message, Utf8Bytes};
use serde_json::json;
use time::OffsetDateTime;
use tokio::sync::{broadcast, watch};
use tokio::time::Instant;

use super::end::End;
use super::lease::Lease;
use super::pace::{Pace, Verdict};
use super::request::{self, Authenticate, Bare, CancelOnDisconnect, Channels, Id, Named, Reply};
use super::subscriptions::{Subscriptions, refused};
use super::{Opener, PATH, trading};
use crate::app::App;
use crate::auth::cookie::is_csrf_token;
use crate::auth::permissions::Permission;
use crate::auth::signature::Signature;
use crate::auth::token::Token;
use crate::auth::{Caller, Credentials, authenticate, require};
use crate::config::ws::WsConfig;
use crate::error::ApiError;
use crate::feed::Revoked;
use crate::limits::Subject;
use crate::outbox::Outbox;
use crate::wire::millis;

/// What an attempt to authenticate takes from the limit of the client's address, as a login does.
const AUTHENTICATE_WEIGHT: u32 = 20;
/// What a client may do in the time that it is given to go elsewhere.
const RECONNECT_WITHIN_MS: u64 = 5_000;

/// A socket's state.
pub(super) struct Session {
    app: App,
    opener: Opener,
    outbox: Outbox,
    stopped: watch::Receiver<bool>,
    pace: Pace,
    login: Option<Login>,
    subscriptions: Subscriptions,
}

/// Who authenticated.
struct Login {
    caller: Caller,
    revoked: broadcast::Receiver<Revoked>,
    /// When the session's time is over.
    ends_at: Option<Instant>,
    lease: Lease,
}

impl Session {
    pub(super) fn new(
        app: App,
        opener: Opener,
        outbox: Outbox,
        stopped: watch::Receiver<bool>,
    ) -> Self {
        Session {
            pace: Pace::new(app.sockets.config.messages_per_second),
            app,
            opener,
            outbox,
            stopped,
            login: None,
            subscriptions: Subscriptions::default(),
        }
    }

    pub(super) fn config(&self) -> &WsConfig {
        &self.app.sockets.config
    }

    /// Returns once the socket must end for a reason that is not the client's doing. Nothing is
    /// lost where it is left off.
    pub(super) async fn told(&mut self) -> End {
        let Session { stopped, login, .. } = self;
        let stop = async {
            // The sender lives as long as the server.
            let _ = stopped.wait_for(|stopped| *stopped).await;
        };
        tokio::select! {
            () = stop => {
                let within = RECONNECT_WITHIN_MS;
                let notice = json!({ "event": "shutdown", "reconnectWithinMs": within });
                self.outbox.push(notice.to_string().into());
                End::Stopping
            }
            end = lost(login.as_mut()) => end,
        }
    }

    /// Does what a message asks. Gives why the socket must end, if it must.
    pub(super) async fn hear(&mut self, message: Message) -> Option<End> {
        let verdict = self.pace.count();
        if verdict == Verdict::End {
            return Some(End::TooMany);
        }
        let text = match message {
            Message::Text(text) => text,
            Message::Binary(_) => {
                let error = ApiError::Malformed {
                    field: None,
                    message: "send JSON as text frames".to_owned(),
                };
                self.answer(None, Err(error));
                return None;
            }
            Message::Ping(_) | Message::Pong(_) => return None,
            Message::Close(_) => return Some(End::Gone),
        };
        let Named { id, op } = Named::read(&text);
        let reply = match op {
            _ if verdict == Verdict::Refuse => Err(ApiError::RateLimited {
                policy: "socket",
                retry_after_seconds: 1,
            }),
            Ok(op) => self.perform(&op, &text).await,
            Err(error) => Err(error),
        };
        self.answer(id.as_ref(), reply);
        None
    }

    /// After the socket has ended.
    pub(super) async fn leave(self) {
        drop(self.subscriptions);
        if let Some(login) = self.login {
            login.lease.end().await;
        }
    }

    fn answer(&self, id: Option<&Id>, reply: Reply) {
        // Where the queue is closed, so is the socket.
        self.outbox.push(request::answer(id, reply));
    }

    async fn perform(&mut self, op: &str, text: &Utf8Bytes) -> Reply {
        match op {
            "ping" => {
                let Bare { .. } = request::parse(text)?;
                request::reply(&json!({ "time": millis(OffsetDateTime::now_utc()) }))
            }
            "subscribe" => self.subscribe(text).await,
            "unsubscribe" => {
                let Channels { channels, .. } = request::parse(text)?;
                self.subscriptions.remove(&channels)?;
                request::reply(&json!({ "subscriptions": self.subscriptions.len() }))
            }
            "authenticate" => self.authenticate(text).await,
            "createOrder" => trading::create(&self.app, self.caller()?, text).await,
            "cancelOrder" => trading::cancel(&self.app, self.caller()?, text).await,
            "cancelAll" => trading::cancel_every(&self.app, self.caller()?, text).await,
            "cancelOnDisconnect" => self.cancel_on_disconnect(text).await,
            _ => Err(ApiError::malformed("op", "no such operation")),
        }
    }

    fn caller(&self) -> Result<&Caller, ApiError> {
        let login = self.login.as_ref().ok_or(ApiError::Unauthenticated)?;
        Ok(&login.caller)
    }

    async fn subscribe(&mut self, text: &str) -> Reply {
        let Channels { channels, .. } = request::parse(text)?;
        if channels.iter().any(|channel| channel.after.is_some()) {
            // The client may come from a server that was ahead of this one. Where the database does
            // not say how far it is, a snapshot does instead of what was missed.
            let _ = self.app.reach_all().await;
        }
        let caller = self.login.as_ref().map(|login| &login.caller);
        if channels.iter().any(|channel| channel.channel.is_private()) {
            require(caller.ok_or(ApiError::Unauthenticated)?, Permission::Read)?;
        }
        if channels
            .iter()
            .any(|channel| channel.channel.is_of_finance())
        {
            // What the client may have read of lists is told or was.
            let _ = self.app.reach_finance().await;
        }
        self.subscriptions
            .add(channels, caller, &self.app.feed, &self.outbox)?;
        request::reply(&json!({ "subscriptions": self.subscriptions.len() }))
    }

    async fn authenticate(&mut self, text: &str) -> Reply {
        let credentials = credentials(request::parse(text)?, self.opener.cookie.as_ref())?;
        if self.login.is_some() {
            let message = "a socket authenticates once: open another one";
            return Err(refused("ALREADY_AUTHENTICATED", "op".to_owned(), message));
        }
        let subject = Subject::address(self.opener.address);
        trading::charge_subject(&self.app, subject, AUTHENTICATE_WEIGHT).await?;
        // Listening begins before the database is asked, so that no revocation falls between.
        let revoked = self.app.feed.revoked();
        let caller = authenticate(&self.app, &credentials, PATH, self.opener.address).await?;
        let result = json!({
            "accountId": caller.account_id.to_string(),
            "permissions": caller.permissions.names(),
        });
        let left = caller.ends_at_ms.map(|ends_at_ms| {
            let left_ms = ends_at_ms - millis(OffsetDateTime::now_utc());
            Duration::from_millis(u64::try_from(left_ms).unwrap_or_default())
        });
        self.login = Some(Login {
            revoked,
            ends_at: left.map(|left| Instant::now() + left),
            lease: Lease::new(&self.app, &caller),
            caller,
        });
        request::reply(&result)
    }

    async fn cancel_on_disconnect(&mut self, text: &str) -> Reply {
        let CancelOnDisconnect {
            enabled, market, ..
        } = request::parse(text)?;
        let login = self.login.as_mut().ok_or(ApiError::Unauthenticated)?;
        require(&login.caller, Permission::Trade)?;
        let authority = login.caller.authority;
        login.lease.set(market, enabled, authority).await?;
        let lease_ms = u64::try_from(login.lease.length().as_millis()).unwrap_or(u64::MAX);
        request::reply(&json!({ "enabled": enabled, "leaseMs": lease_ms }))
    }
}

/// A browser cannot read its cookie: it proves by the other half of its login that a page of our
/// own opened the socket.
fn credentials(request: Authenticate, cookie: Option<&Token>) -> Result<Credentials, ApiError> {
    let Authenticate {
        token,
        csrf_token,
        api_key,
        timestamp,
        receive_window,
        signature,
        ..
    } = request;
    if let Some(value) = csrf_token {
        let alone = token.is_none() && api_key.is_none();
        let cookie = cookie.filter(|cookie| alone && is_csrf_token(cookie, &value));
        let cookie = cookie.ok_or(ApiError::Unauthenticated)?;
        return Ok(Credentials::Cookie(cookie.clone()));
    }
    match (token, api_key, timestamp, signature) {
        (Some(token), None, None, None) if receive_window.is_none() => {
            Ok(Credentials::Token(token))
        }
        (None, Some(public_id), Some(timestamp), Some(signature)) => {
            Ok(Credentials::Signature(Signature {
                public_id,
                timestamp: timestamp.to_string(),
                window: receive_window.map(|window| window.to_string()),
                signature,
            }))
        }
        _ => {
            let message =
                "give token, or csrfToken beside the cookie, or apiKey, timestamp and signature";
            Err(ApiError::malformed("token", message))
        }
    }
}

/// Returns once the caller's credential is good no more; never where nobody authenticated.
async fn lost(login: Option<&mut Login>) -> End {
    let Some(login) = login else {
        return std::future::pending().await;
    };
    let Login {
        caller,
        revoked,
        ends_at,
        ..
    } = login;
    let over = async {
        match ends_at {
            Some(at) => tokio::time::sleep_until(*at).await,
            None => std::future::pending().await,
        }
    };
    let is_own = |revoked: &Revoked| {
        let authority = &caller.authority;
        let of = |ids: &[i64], id: Option<i64>| id.is_some_and(|id| ids.contains(&id));
        of(&revoked.session_ids, authority.session_id)
            || of(&revoked.api_key_ids, authority.api_key_id)
    };
    let gone = async {
        loop {
            match revoked.recv().await {
                Ok(revoked) if is_own(&revoked) => return End::Revoked,
                Ok(_) => {}
                Err(_) => return End::Unsure,
            }
        }
    };
    tokio::select! {
        () = over => End::SessionOver,
        end = gone => end,
    }
}
