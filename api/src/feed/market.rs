//! One market: what is known of it, who waits for it, and who is told of it.
//!
//! Locks are taken in this order: the hub, the state, the accounts. Only the follower changes the
//! state, and only under the hub's lock, so that who subscribes under it misses nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use bytes::Bytes;
use client::MarketFact;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::Broken;
use super::accounts::Accounts;
use super::candles::{Candle, CandlePage, Interval};
use super::depth::{Names, write_book};
use super::derived::{Derived, MarketTicker};
use super::event::Trade;
use super::hub::Hub;
use super::messages;
use super::state::State;
use crate::error::ApiError;

/// How long a read waits for the memory to catch up with the database.
pub(super) const REACH_LIMIT: Duration = Duration::from_millis(800);
/// Bodies of depth that are kept: one for each limit that was asked for lately.
const BODIES_KEPT: usize = 16;
/// A market of which nothing is known yet.
const NOTHING: i64 = -1;

/// One market.
pub struct MarketFeed {
    market_id: i32,
    names: Names,
    state: RwLock<Option<State>>,
    hub: Mutex<Hub>,
    reached: watch::Sender<i64>,
    bodies: Mutex<HashMap<usize, (i64, Bytes)>>,
    bell: Notify,
    accounts: Arc<Accounts>,
}

impl MarketFeed {
    pub(super) fn new(market_id: i32, names: Names, accounts: Arc<Accounts>) -> Self {
        MarketFeed {
            market_id,
            names,
            state: RwLock::new(None),
            hub: Mutex::default(),
            reached: watch::Sender::new(NOTHING),
            bodies: Mutex::default(),
            bell: Notify::new(),
            accounts,
        }
    }

    /// Its number, which is its stream's.
    pub fn market_id(&self) -> i32 {
        self.market_id
    }

    /// How it and its values are written.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// The number of the last fact in memory; -1 before the first snapshot.
    pub fn sequence(&self) -> i64 {
        *self.reached.borrow()
    }

    /// Returns once the memory has this fact. It is looked for at once, whatever the bell says.
    ///
    /// # Errors
    /// `Unavailable`: it does not come within [`REACH_LIMIT`].
    pub async fn reached(&self, sequence: i64) -> Result<(), ApiError> {
        if self.sequence() >= sequence.max(0) {
            return Ok(());
        }
        self.ring();
        let mut reached = self.reached.subscribe();
        let waiting = reached.wait_for(|reached| *reached >= sequence.max(0));
        match tokio::time::timeout(REACH_LIMIT, waiting).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(ApiError::Unavailable),
        }
    }

    /// Reads the state; `None` before the first snapshot.
    pub fn read<T>(&self, read: impl FnOnce(&State) -> T) -> Option<T> {
        self.state().as_ref().map(read)
    }

    /// The answer of `GET depth`: made once for each number and limit, however many ask.
    ///
    /// # Errors
    /// `Unavailable` before the first snapshot.
    pub fn depth_body(&self, limit: usize) -> Result<Bytes, ApiError> {
        let mut bodies = self.bodies.lock().unwrap_or_else(PoisonError::into_inner);
        let sequence = self.sequence();
        if let Some((made_at, body)) = bodies.get(&limit)
            && *made_at >= sequence
        {
            return Ok(body.clone());
        }
        let made = self.read(|state| {
            let symbol = &self.names.symbol;
            let sequence = state.sequence();
            let mut text = format!("{{\"market\":\"{symbol}\",\"sequence\":{sequence},");
            write_book(&mut text, state.book(), &self.names.scales, limit);
            text.push('}');
            (sequence, Bytes::from(text))
        });
        let (made_at, body) = made.ok_or(ApiError::Unavailable)?;
        if bodies.len() >= BODIES_KEPT && !bodies.contains_key(&limit) {
            bodies.clear();
        }
        bodies.insert(limit, (made_at, body.clone()));
        Ok(body)
    }

    /// The newest trades below a number, newest first; `None` where older ones than are kept may be
    /// wanted.
    pub fn recent_trades(&self, before: Option<i64>, limit: usize) -> Option<Vec<Trade>> {
        self.read(|state| {
            let kept = state.trades();
            let wanted = kept
                .iter()
                .rev()
                .filter(|trade| before.is_none_or(|before| trade.trade_id < before));
            let found: Vec<Trade> = wanted.take(limit).copied().collect();
            let is_whole = found.len() == limit || kept.len() < super::state::TRADES_KEPT;
            is_whole.then_some(found)
        })?
    }

    /// An account's open orders, largest number first.
    pub fn open_orders(&self, account_id: i64) -> Vec<client::Order> {
        let orders = self.read(|state| {
            let orders = state.book().orders_of(account_id).rev();
            let shown = orders.map(|order| order.to_client(&self.names.symbol, &self.names.scales));
            shown.collect()
        });
        orders.unwrap_or_default()
    }

    /// The last 24 hours; `None` before the first snapshot.
    pub fn ticker(&self) -> Option<MarketTicker> {
        let hub = self.hub();
        let state = self.state();
        hub.derived.values(&self.names, state.as_ref()?)
    }

    /// Candles, oldest first; `None` where older ones than are kept may be wanted.
    pub fn candles(&self, interval: Interval, page: CandlePage) -> Option<Vec<Candle>> {
        self.hub().derived.page(interval, page)
    }

    /// Has the follower look for facts.
    pub(super) fn ring(&self) {
        self.bell.notify_one();
    }

    pub(super) async fn rung(&self) {
        self.bell.notified().await;
    }

    pub(super) fn hub(&self) -> MutexGuard<'_, Hub> {
        self.hub.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn state(&self) -> RwLockReadGuard<'_, Option<State>> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Applies the next facts, tells the accounts at once, and the public when it is time.
    pub(super) fn apply(&self, facts: Vec<MarketFact>) -> Result<Vec<i64>, Broken> {
        let mut hub = self.hub();
        let mut guard = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let Some(state) = guard.as_mut() else {
            return Err(Broken("facts came before a snapshot".to_owned()));
        };
        state.apply(facts)?;
        let sequence = state.sequence();
        drop(guard);
        self.reached.send_replace(sequence);
        let guard = self.state();
        let Some(page) = guard.as_ref().and_then(State::newest) else {
            return Ok(Vec::new());
        };
        hub.pending.add(page);
        hub.derived.apply(&page.trades);
        let names = &self.names;
        self.accounts
            .publish(&page.events, |event| messages::account_event(names, event));
        Ok(page.events.iter().map(|event| event.account_id).collect())
    }

    /// Begins anew; whoever subscribed is told by new snapshots.
    pub(super) fn replace(&self, state: State, derived: Derived) {
        let mut hub = self.hub();
        let sequence = state.sequence();
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = Some(state);
        self.bodies
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        self.reached.send_replace(sequence);
        if let Some(state) = self.state().as_ref() {
            hub.restart(&self.names, state, derived);
        }
    }

    /// Publishes what is due; says when more will be.
    pub(super) fn flush(&self, now: Instant) -> Option<Instant> {
        let mut hub = self.hub();
        let due = hub.due()?;
        if due > now {
            return Some(due);
        }
        if let Some(state) = self.state().as_ref() {
            hub.tell_due(&self.names, state, now);
        }
        hub.due()
    }
}
