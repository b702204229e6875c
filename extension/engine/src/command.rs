//! The verbs of one market, and what each answers.

use crate::order::{AccountId, Atoms, NewOrder, Sequence, Side, State};

/// One request to one market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Place an order.
    Place(NewOrder),
    /// End an open order and give its hold back.
    Cancel {
        /// The owner; another account's order is `OrderNotFound`.
        account: AccountId,
        /// The order.
        order: Sequence,
    },
    /// Cancel every open order of an account in this market, oldest first.
    CancelAll {
        /// The owner.
        account: AccountId,
        /// Only this side.
        side: Option<Side>,
    },
    /// Lower an open order's quantity; it keeps its priority.
    Reduce {
        /// The owner.
        account: AccountId,
        /// The order.
        order: Sequence,
        /// The remaining quantity it shall have, in lots; positive. Equal to what remains: nothing
        /// happens, so a repeat is harmless; greater is a reject.
        remaining_lots: u64,
    },
    /// Cancel `order` and place `new`: both, or neither with the reject of `new`.
    Replace {
        /// The order to end; must belong to `new.account`.
        order: Sequence,
        /// The order to place.
        new: NewOrder,
    },
}

/// Where an order stood right after a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderStatus {
    /// Its name.
    pub order: Sequence,
    /// Where it stands.
    pub state: State,
    /// Base traded by this command, in lots. Always 0 but for a placement.
    pub filled_lots: u64,
    /// Quote traded by this command, in atoms. Always 0 but for a placement.
    pub filled_quote: Atoms,
    /// Placement: what rests or expired, in lots (0 for a budget order). Cancel: what was
    /// cancelled. Reduce: what rests now.
    pub remaining_lots: u64,
}

/// What a command that was not rejected answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// `Place`, `Cancel` or `Reduce` took effect (or `Reduce` found nothing to do).
    Order(OrderStatus),
    /// A placement that was made before under the same client order id and content, named by
    /// whatever `Host::prior` gave; nothing was done now.
    Repeated(u64),
    /// `CancelAll` took effect; each order is an `Update` in the facts.
    CancelledAll {
        /// How many orders ended.
        orders: u32,
    },
    /// `Replace` took effect.
    Replaced {
        /// The order that ended, as `Cancel` would answer.
        cancelled: OrderStatus,
        /// The order that took its place, as `Place` would answer.
        placed: OrderStatus,
    },
}
