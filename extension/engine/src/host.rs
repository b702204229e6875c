//! What the engine asks of its embedder while it decides.

use crate::order::{AccountId, AssetId, Atoms, ClientOrderId};

/// A placement that was made before under a client order id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prior {
    /// [`crate::order::NewOrder::fingerprint`] of what was placed.
    pub fingerprint: u64,
    /// How the embedder names that order.
    pub order: u64,
}

/// Balances and idempotency keys. The engine calls `available` only for accounts that place, and
/// never lets `available` or `held` go below zero. All balances of an asset together must be below
/// 2^128. Not every call has an effect that stays: a rejected `Replace` releases the old order's
/// hold and holds it again.
pub trait Host {
    /// What the account may still commit.
    fn available(&mut self, account: AccountId, asset: AssetId) -> Atoms;

    /// `amount` moves from available to held.
    fn hold(&mut self, account: AccountId, asset: AssetId, amount: Atoms);

    /// `amount` moves from held back to available.
    fn release(&mut self, account: AccountId, asset: AssetId, amount: Atoms);

    /// `amount` leaves the account out of what it holds.
    fn pay(&mut self, account: AccountId, asset: AssetId, amount: Atoms);

    /// `amount` arrives as available.
    fn receive(&mut self, account: AccountId, asset: AssetId, amount: Atoms);

    /// The placement that this account made under `id`, in this batch or ever before.
    fn prior(&mut self, account: AccountId, id: &ClientOrderId) -> Option<Prior>;
}
