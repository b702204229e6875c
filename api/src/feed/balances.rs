//! What accounts have, told to those who follow it. Balances are read from the database, for all
//! accounts at once that were touched since the last look.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use client::Pool;
use tokio::sync::Notify;

use super::accounts::{AccountChannel, Accounts, Subscribers};
use super::messages::{self, BalanceText};
use crate::outbox::Outbox;

/// Accounts that are read at once.
const ACCOUNTS_AT_ONCE: usize = 1000;
/// Shortest pause between two looks, and the one after a failure.
const PAUSE: Duration = Duration::from_millis(10);
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(200);

/// The followed balances.
pub struct Balances {
    accounts: Arc<Accounts>,
    waiting: Mutex<Waiting>,
    touched: Notify,
}

#[derive(Default)]
struct Waiting {
    touched: HashSet<i64>,
    /// Those who have not been told anything.
    new: HashMap<i64, Subscribers>,
}

impl Balances {
    pub(super) fn new(accounts: Arc<Accounts>) -> Self {
        Balances {
            accounts,
            waiting: Mutex::default(),
            touched: Notify::new(),
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Registers a subscriber; what the account has now comes first.
    pub(super) fn subscribe(&self, account_id: i64, number: u64, outbox: &Outbox) {
        let mut waiting = self.waiting();
        waiting
            .new
            .entry(account_id)
            .or_default()
            .add(number, outbox);
        drop(waiting);
        self.touched.notify_one();
    }

    /// Ends a subscription.
    pub(super) fn remove(&self, account_id: i64, number: u64) {
        if let Some(subscribers) = self.waiting().new.get_mut(&account_id) {
            subscribers.remove(number);
        }
        let channel = AccountChannel::Balances;
        self.accounts.remove(account_id, channel, number);
    }

    /// What these accounts have may have changed.
    pub(super) fn touch(&self, account_ids: &[i64]) {
        let followed = self.accounts.lock();
        let is_followed = |id: &&i64| followed.contains_key(&(**id, AccountChannel::Balances));
        let touched: Vec<i64> = account_ids.iter().filter(is_followed).copied().collect();
        drop(followed);
        if !touched.is_empty() {
            self.waiting().touched.extend(touched);
            self.touched.notify_one();
        }
    }

    /// Every followed account may have changed: something was missed.
    pub(super) fn touch_all(&self) {
        let all = self.accounts.following(AccountChannel::Balances);
        self.waiting().touched.extend(all);
        self.touched.notify_one();
    }

    /// Reads and tells for ever.
    pub(super) async fn run(self: Arc<Self>, pool: Pool) {
        let mut told: HashMap<i64, Vec<BalanceText>> = HashMap::new();
        loop {
            self.touched.notified().await;
            let mut pause = PAUSE;
            let asked = self.take();
            match client::balances_of(&pool, &asked).await {
                Ok(rows) => {
                    let mut found: HashMap<i64, Vec<BalanceText>> =
                        asked.iter().map(|id| (*id, Vec::new())).collect();
                    for row in rows {
                        found.entry(row.account_id).or_default().push(BalanceText {
                            asset: row.asset,
                            available: row.available,
                            held: row.held,
                        });
                    }
                    self.tell(found, &mut told);
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot read balances; coming back");
                    self.waiting().touched.extend(asked);
                    self.touched.notify_one();
                    pause = PAUSE_AFTER_FAILURE;
                }
            }
            tokio::time::sleep(pause).await;
        }
    }

    fn take(&self) -> Vec<i64> {
        let mut waiting = self.waiting();
        let new: Vec<i64> = waiting.new.keys().copied().collect();
        waiting.touched.extend(new);
        let mut all: Vec<i64> = std::mem::take(&mut waiting.touched).into_iter().collect();
        if all.len() > ACCOUNTS_AT_ONCE {
            waiting.touched = all.split_off(ACCOUNTS_AT_ONCE).into_iter().collect();
            self.touched.notify_one();
        }
        all
    }

    fn tell(
        &self,
        found: HashMap<i64, Vec<BalanceText>>,
        told: &mut HashMap<i64, Vec<BalanceText>>,
    ) {
        let mut waiting = self.waiting();
        let mut followed = self.accounts.lock();
        for (account_id, balances) in found {
            let key = (account_id, AccountChannel::Balances);
            let before = told.get(&account_id);
            let is_new = |balance: &&BalanceText| before.is_none_or(|b| !b.contains(balance));
            let changed: Vec<_> = balances.iter().filter(is_new).cloned().collect();
            if let Some(subscribers) = followed.get_mut(&key)
                && !changed.is_empty()
            {
                subscribers.push(&messages::balances("update", &changed));
            }
            if let Some(mut new) = waiting.new.remove(&account_id) {
                new.push(&messages::balances("snapshot", &balances));
                followed.entry(key).or_default().join(new);
            }
            told.insert(account_id, balances);
        }
        followed.retain(|_, subscribers| !subscribers.is_empty());
        told.retain(|id, _| followed.contains_key(&(*id, AccountChannel::Balances)));
    }
}
