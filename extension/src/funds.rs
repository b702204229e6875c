//! What the engine asks while it decides: balances and idempotency keys, as of now and as this
//! batch has changed them so far.

use crate::hash::BatchMap;
use crate::ids;
use crate::pg::table::{IndexLookup, Table};
use crate::store::balances::{BalanceKey, Balances, Movement};
use crate::store::markets::Markets;
use crate::store::order_keys::{self, NewKey};
use engine::host::{Host, Prior};
use engine::order::{AccountId, AssetId, Atoms, ClientOrderId, MarketId, NewOrder, Sequence};

/// The host of one batch.
pub(crate) struct Funds<'a> {
    balances: Balances<'a>,
    order_keys: IndexLookup<'a>,
    markets: &'a Markets,
    movements: BatchMap<BalanceKey, Movement>,
    keys: BatchMap<(AccountId, ClientOrderId), Prior>,
}

impl<'a> Funds<'a> {
    pub(crate) fn new(balances: &'a Table, order_keys: &'a Table, markets: &'a Markets) -> Self {
        Funds {
            balances: Balances::new(balances),
            order_keys: order_keys::lookup(order_keys),
            markets,
            movements: BatchMap::default(),
            keys: BatchMap::default(),
        }
    }

    /// Remembers that an order was placed under its client order id.
    pub(crate) fn placed(&mut self, market: MarketId, sequence: Sequence, order: &NewOrder) {
        if let Some(id) = order.client_order_id {
            let prior = Prior {
                fingerprint: order.fingerprint(market),
                order: ids::number(market, sequence) as u64,
            };
            self.keys.insert((order.account, id), prior);
        }
    }

    /// The idempotency keys that the batch used first, in key order: two batches that use the same
    /// keys wait for each other, but never in a circle.
    pub(crate) fn keys(&self) -> Vec<NewKey> {
        let new = |(&(account, id), &prior)| NewKey { account, id, prior };
        let mut keys: Vec<NewKey> = self.keys.iter().map(new).collect();
        keys.sort_unstable_by_key(|key| (key.account, key.id));
        keys
    }

    /// Balances that change, in the order in which their rows are locked, and the open table.
    pub(crate) fn finish(self) -> (Balances<'a>, Vec<(BalanceKey, Movement)>) {
        let moves = |movement: &Movement| movement.available != 0 || movement.held != 0;
        let mut movements: Vec<_> = self
            .movements
            .into_iter()
            .filter(|(_, movement)| moves(movement))
            .collect();
        movements.sort_unstable_by_key(|(key, _)| *key);
        (self.balances, movements)
    }

    fn movement(&mut self, account: AccountId, asset: AssetId) -> &mut Movement {
        self.movements.entry((account, asset)).or_default()
    }
}

/// Amounts are at most 10^36 atoms (`rules::MAX_NOTIONAL`), so a batch's sums fit.
fn signed(amount: Atoms) -> i128 {
    i128::try_from(amount).expect("amount beyond 127 bits")
}

impl Host for Funds<'_> {
    fn available(&mut self, account: AccountId, asset: AssetId) -> Atoms {
        let movement = self.movements.entry((account, asset)).or_default();
        if movement.read.is_none() {
            movement.read = self
                .balances
                .find((account, asset), self.markets.scale(asset));
        }
        let before = movement.read.map_or(0, |balance| balance.available);
        before
            .checked_add_signed(movement.available)
            .expect("available below zero")
    }

    fn hold(&mut self, account: AccountId, asset: AssetId, amount: Atoms) {
        let movement = self.movement(account, asset);
        movement.available -= signed(amount);
        movement.held += signed(amount);
    }

    fn release(&mut self, account: AccountId, asset: AssetId, amount: Atoms) {
        let movement = self.movement(account, asset);
        movement.available += signed(amount);
        movement.held -= signed(amount);
    }

    fn pay(&mut self, account: AccountId, asset: AssetId, amount: Atoms) {
        self.movement(account, asset).held -= signed(amount);
    }

    fn receive(&mut self, account: AccountId, asset: AssetId, amount: Atoms) {
        self.movement(account, asset).available += signed(amount);
    }

    fn prior(&mut self, account: AccountId, id: &ClientOrderId) -> Option<Prior> {
        let in_batch = self.keys.get(&(account, *id)).copied();
        in_batch.or_else(|| order_keys::find(&mut self.order_keys, account, id))
    }
}
