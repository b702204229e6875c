//! Subscribing: a snapshot or what was missed, and a place among those who are told from then on,
//! under one lock, so that nothing falls between.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::ws::Utf8Bytes;

use super::accounts::AccountChannel;
use super::candles::Interval;
use super::hub::Channel;
use super::market::MarketFeed;
use super::messages::{self, OrdersSnapshot};
use super::state::State;
use super::{Feed, accounts::Accounts, balances::Balances};
use crate::error::{ApiError, Rejection};
use crate::outbox::Outbox;

/// A public channel; the text is the market's symbol.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// The book by level.
    Depth(String),
    /// Trades.
    Trades(String),
    /// The last 24 hours.
    Ticker(String),
    /// Candles.
    Klines(String, Interval),
}

/// A place among those who are told; dropped, it is given up.
pub struct Subscription {
    number: u64,
    place: Place,
}

enum Place {
    Market(Arc<MarketFeed>, Channel),
    Account(Arc<Accounts>, i64, AccountChannel),
    Balances(Arc<Balances>, i64),
}

impl Drop for Subscription {
    fn drop(&mut self) {
        match &self.place {
            Place::Market(market, channel) => market.hub().remove(*channel, self.number),
            Place::Account(accounts, account_id, channel) => {
                accounts.remove(*account_id, *channel, self.number);
            }
            Place::Balances(balances, account_id) => balances.remove(*account_id, self.number),
        }
    }
}

impl Feed {
    /// Subscribes to a public channel. With `after`, depth and trades give what was missed, and
    /// klines the candles that changed, where that is still known, in place of the whole.
    ///
    /// # Errors
    /// `UNKNOWN_MARKET`; `Unavailable` where the market is not in memory yet.
    pub fn subscribe(
        &self,
        topic: Topic,
        after: Option<i64>,
        outbox: &Outbox,
    ) -> Result<Subscription, ApiError> {
        let (symbol, channel) = match topic {
            Topic::Depth(symbol) => (symbol, Channel::Depth),
            Topic::Trades(symbol) => (symbol, Channel::Trades),
            Topic::Ticker(symbol) => (symbol, Channel::Ticker),
            Topic::Klines(symbol, interval) => (symbol, Channel::Klines(interval)),
        };
        let market = self.market(&symbol).ok_or_else(unknown_market)?;
        let number = self.0.numbers.next();
        {
            let mut hub = market.hub();
            let state = market.state();
            let state = state.as_ref().ok_or(ApiError::Unavailable)?;
            let known = (market.names(), state);
            hub.subscribe((channel, number), after, outbox, known);
        }
        let place = Place::Market(market, channel);
        Ok(Subscription { number, place })
    }

    /// Subscribes to a channel of one account, over all markets. With `after`, by market, orders
    /// and fills give exactly what was missed, where all of it is still known.
    ///
    /// # Errors
    /// None today; `Unavailable` is kept for a server that cannot tell.
    pub fn subscribe_account(
        &self,
        account_id: i64,
        channel: AccountChannel,
        after: HashMap<String, i64>,
        outbox: &Outbox,
    ) -> Result<Subscription, ApiError> {
        let number = self.0.numbers.next();
        if channel == AccountChannel::Balances {
            let balances = self.0.balances.clone();
            balances.subscribe(account_id, number, outbox);
            let place = Place::Balances(balances, account_id);
            return Ok(Subscription { number, place });
        }
        self.with_all(|markets| {
            let missed = missed(markets, account_id, channel, &after);
            let messages = missed.unwrap_or_else(|| vec![shown(markets, account_id, channel)]);
            for message in messages {
                outbox.push(message);
            }
            let mut followed = self.0.accounts.lock();
            let subscribers = followed.entry((account_id, channel)).or_default();
            subscribers.add(number, outbox);
        });
        let place = Place::Account(self.0.accounts.clone(), account_id, channel);
        Ok(Subscription { number, place })
    }

    /// Subscribes to an account's deposits or withdrawals. With `after` they give exactly what was
    /// missed, where it is still known.
    ///
    /// # Errors
    /// `Unavailable` where they are not in memory yet.
    pub fn subscribe_finance(
        &self,
        account_id: i64,
        channel: AccountChannel,
        after: Option<i64>,
        outbox: &Outbox,
    ) -> Result<Subscription, ApiError> {
        let number = self.0.numbers.next();
        let whose = (account_id, channel);
        self.finance().subscribe(whose, after, (number, outbox))?;
        let place = Place::Account(self.0.accounts.clone(), account_id, channel);
        Ok(Subscription { number, place })
    }

    /// Shows those who follow accounts all anew: a market was read again from the start.
    pub(super) fn show_accounts(&self) {
        self.with_all(|markets| {
            let mut followed = self.0.accounts.lock();
            for ((account_id, channel), subscribers) in followed.iter_mut() {
                if matches!(channel, AccountChannel::Orders | AccountChannel::Fills) {
                    subscribers.push(&shown(markets, *account_id, *channel));
                }
            }
        });
    }

    /// Looks at all markets that are in memory while none of them moves.
    fn with_all<T>(&self, look: impl FnOnce(&[(&MarketFeed, &State)]) -> T) -> T {
        let markets = self.markets();
        // In the order of their numbers, as everybody does who takes more than one.
        let hubs: Vec<_> = markets.iter().map(|market| market.hub()).collect();
        let states: Vec<_> = markets.iter().map(|market| market.state()).collect();
        let known = markets.iter().zip(&states);
        let known: Vec<(&MarketFeed, &State)> = known
            .filter_map(|(market, state)| state.as_ref().map(|state| (market.as_ref(), state)))
            .collect();
        let looked = look(&known);
        drop(hubs);
        looked
    }
}

/// What an account was told after these numbers, market by market; `None` where something of it is
/// forgotten, or a market is not named.
fn missed(
    markets: &[(&MarketFeed, &State)],
    account_id: i64,
    channel: AccountChannel,
    after: &HashMap<String, i64>,
) -> Option<Vec<Utf8Bytes>> {
    if after.is_empty() {
        return None;
    }
    let mut messages = Vec::new();
    for (market, state) in markets {
        let names = market.names();
        // A market that did not exist then is known from its first fact, or not at all.
        let after = after.get(&names.symbol).copied().unwrap_or(0);
        let events = state.missed(after)?.flat_map(|page| page.events.iter());
        let wanted = events.filter(|event| {
            event.sequence > after && event.account_id == account_id && event.channel() == channel
        });
        messages.extend(wanted.map(|event| messages::account_event(names, event)));
    }
    Some(messages)
}

/// An account's open orders, or for fills the positions alone.
fn shown(markets: &[(&MarketFeed, &State)], account_id: i64, channel: AccountChannel) -> Utf8Bytes {
    let is_orders = channel == AccountChannel::Orders;
    let mut snapshot = OrdersSnapshot::new(if is_orders { "orders" } else { "fills" });
    for (market, state) in markets {
        snapshot.reached(market.names(), state.sequence());
        if is_orders {
            for order in state.book().orders_of(account_id) {
                snapshot.order(market.names(), order);
            }
        }
    }
    snapshot.message()
}

fn unknown_market() -> ApiError {
    ApiError::Rejected(Rejection {
        code: "UNKNOWN_MARKET".to_owned(),
        field: Some("market".to_owned()),
        message: "no market of that name".to_owned(),
    })
}
