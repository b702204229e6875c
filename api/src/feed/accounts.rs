//! Who follows which account's channels, over all markets.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::extract::ws::Utf8Bytes;

use super::event::{AccountEvent, Told};
use crate::outbox::Outbox;

/// A channel of one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccountChannel {
    /// Its orders.
    Orders,
    /// Its trades.
    Fills,
    /// What it has.
    Balances,
    /// What came to it.
    Deposits,
    /// What it sends away.
    Withdrawals,
}

impl AccountChannel {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            AccountChannel::Orders => "orders",
            AccountChannel::Fills => "fills",
            AccountChannel::Balances => "balances",
            AccountChannel::Deposits => "deposits",
            AccountChannel::Withdrawals => "withdrawals",
        }
    }
}

impl AccountEvent {
    /// The channel that tells it.
    pub fn channel(&self) -> AccountChannel {
        match self.told {
            Told::Order(..) => AccountChannel::Orders,
            Told::Fill(_) => AccountChannel::Fills,
        }
    }
}

/// Numbers of subscriptions.
#[derive(Default)]
pub struct Numbers(AtomicU64);

impl Numbers {
    /// One that nobody has.
    pub fn next(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

/// Queues by the number of their subscription.
#[derive(Clone, Default)]
pub struct Subscribers(Vec<(u64, Outbox)>);

impl Subscribers {
    /// Adds one.
    pub fn add(&mut self, number: u64, outbox: &Outbox) {
        self.0.push((number, outbox.clone()));
    }

    /// Adds all of another.
    pub fn join(&mut self, others: Subscribers) {
        self.0.extend(others.0);
    }

    /// Removes one.
    pub fn remove(&mut self, number: u64) {
        self.0.retain(|(known, _)| *known != number);
    }

    /// Gives all of them a message; those whose queue is closed are forgotten.
    pub fn push(&mut self, message: &Utf8Bytes) {
        self.0.retain(|(_, outbox)| outbox.push(message.clone()));
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

/// Subscribers of accounts.
#[derive(Default)]
pub struct Accounts {
    followed: Mutex<HashMap<(i64, AccountChannel), Subscribers>>,
}

impl Accounts {
    pub(super) fn lock(&self) -> MutexGuard<'_, HashMap<(i64, AccountChannel), Subscribers>> {
        self.followed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends a subscription.
    pub fn remove(&self, account_id: i64, channel: AccountChannel, number: u64) {
        let mut followed = self.lock();
        if let Some(subscribers) = followed.get_mut(&(account_id, channel)) {
            subscribers.remove(number);
            if subscribers.is_empty() {
                followed.remove(&(account_id, channel));
            }
        }
    }

    /// Tells what happened to those who follow; a message is made only for somebody.
    pub fn publish(&self, events: &[AccountEvent], message: impl Fn(&AccountEvent) -> Utf8Bytes) {
        let mut followed = self.lock();
        if followed.is_empty() {
            return;
        }
        for event in events {
            let key = (event.account_id, event.channel());
            if let Some(subscribers) = followed.get_mut(&key) {
                subscribers.push(&message(event));
            }
        }
    }

    /// Tells one message to those who follow.
    pub(super) fn push(&self, account_id: i64, channel: AccountChannel, message: &Utf8Bytes) {
        if let Some(subscribers) = self.lock().get_mut(&(account_id, channel)) {
            subscribers.push(message);
        }
    }

    /// The accounts that somebody follows on a channel.
    pub fn following(&self, channel: AccountChannel) -> Vec<i64> {
        let followed = self.lock();
        let accounts = followed.keys().filter(|(_, of)| *of == channel);
        accounts.map(|(account_id, _)| *account_id).collect()
    }
}
