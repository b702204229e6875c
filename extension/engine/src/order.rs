//! What a trader asks for: the terms of one order, in ticks, lots and atoms.

/// Names an account. Assigned by the embedder.
pub type AccountId = u64;
/// Names an asset. Assigned by the embedder.
pub type AssetId = u32;
/// Names a market. Assigned by the embedder.
pub type MarketId = u32;
/// A place in a market's gapless, ever-growing numbering of facts. An order is named by the
/// sequence at which it was placed; the smaller one has time priority at equal price.
pub type Sequence = u64;
/// An amount of an asset in its smallest unit.
pub type Atoms = u128;

/// The side of the book on which an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Side {
    /// Wants base, pays quote.
    Buy = 0,
    /// Gives base, receives quote.
    Sell = 1,
}

impl Side {
    /// The side that this one trades with.
    pub fn opposite(self) -> Side {
        match self {
            Side::Buy => Side::Sell,
            Side::Sell => Side::Buy,
        }
    }

    /// The name on the wire and in tables.
    pub fn name(self) -> &'static str {
        match self {
            Side::Buy => "buy",
            Side::Sell => "sell",
        }
    }
}

/// How long an order stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum TimeInForce {
    /// Good till cancelled: what is not filled rests.
    Gtc = 0,
    /// Immediate or cancel: what is not filled at once expires.
    Ioc = 1,
    /// Fill or kill: filled whole at once, or rejected.
    Fok = 2,
}

impl TimeInForce {
    /// The name on the wire and in tables.
    pub fn name(self) -> &'static str {
        match self {
            TimeInForce::Gtc => "gtc",
            TimeInForce::Ioc => "ioc",
            TimeInForce::Fok => "fok",
        }
    }
}

/// What happens when an order meets another of the same account. The taker's choice decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum SelfTrade {
    /// The rest of the taker expires; the maker stays.
    ExpireTaker = 0,
    /// The maker expires; the taker goes on.
    ExpireMaker = 1,
    /// Both expire.
    ExpireBoth = 2,
    /// They trade; only where the market allows it.
    None = 3,
}

impl SelfTrade {
    /// The name on the wire and in tables.
    pub fn name(self) -> &'static str {
        match self {
            SelfTrade::ExpireTaker => "expire_taker",
            SelfTrade::ExpireMaker => "expire_maker",
            SelfTrade::ExpireBoth => "expire_both",
            SelfTrade::None => "none",
        }
    }
}

/// Price and size of an order, by kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Terms {
    /// Trades at `price_ticks` or better.
    Limit {
        /// The worst acceptable price, in ticks; positive.
        price_ticks: u64,
        /// Base quantity, in lots; positive.
        quantity_lots: u64,
        /// What becomes of the part that does not fill at once.
        time_in_force: TimeInForce,
        /// Rejected rather than taking liquidity. Only with `Gtc`.
        post_only: bool,
    },
    /// Trades at once at the best prices within the market's band.
    Market {
        /// Base quantity, in lots; positive.
        quantity_lots: u64,
        /// `true`: filled whole or rejected. `false`: what does not fill expires.
        fill_or_kill: bool,
    },
    /// Buys at once for at most `budget` quote atoms; what is not spent is released.
    MarketBudget {
        /// Quote atoms; positive.
        budget: Atoms,
    },
}

impl Terms {
    /// The base quantity, in lots; a budget has none.
    pub fn quantity_lots(&self) -> Option<u64> {
        match *self {
            Terms::Limit { quantity_lots, .. } | Terms::Market { quantity_lots, .. } => {
                Some(quantity_lots)
            }
            Terms::MarketBudget { .. } => None,
        }
    }

    /// Whether it has a price of its own.
    pub fn is_limit(&self) -> bool {
        matches!(self, Terms::Limit { .. })
    }

    /// Whether it is rejected rather than taking.
    pub fn is_post_only(&self) -> bool {
        matches!(
            self,
            Terms::Limit {
                post_only: true,
                ..
            }
        )
    }

    /// Whether what does not fill at once stays on the book.
    pub fn may_rest(&self) -> bool {
        matches!(
            self,
            Terms::Limit {
                time_in_force: TimeInForce::Gtc,
                ..
            }
        )
    }

    /// Whether it is rejected rather than filled in part.
    pub fn must_fill(&self) -> bool {
        matches!(
            self,
            Terms::Limit {
                time_in_force: TimeInForce::Fok,
                ..
            } | Terms::Market {
                fill_or_kill: true,
                ..
            }
        )
    }
}

/// A client's own name for an order: 1 to 36 characters of `A-Z a-z 0-9 _ - . :`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientOrderId {
    length: u8,
    bytes: [u8; ClientOrderId::MAX_LENGTH],
}

impl ClientOrderId {
    /// Longest accepted name: a hyphenated UUID.
    pub const MAX_LENGTH: usize = 36;

    /// `None` when the text is empty, too long or has another character.
    pub fn new(text: &str) -> Option<Self> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':');
        if text.is_empty() || text.len() > Self::MAX_LENGTH || !text.bytes().all(allowed) {
            return None;
        }
        let mut bytes = [0; Self::MAX_LENGTH];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Some(ClientOrderId {
            length: text.len() as u8,
            bytes,
        })
    }

    /// The text it was made from.
    pub fn as_str(&self) -> &str {
        // Only ASCII was let in by `new`.
        std::str::from_utf8(&self.bytes[..usize::from(self.length)]).unwrap_or_default()
    }
}

impl std::fmt::Debug for ClientOrderId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

/// An order to place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewOrder {
    /// Who orders; whose balances are held.
    pub account: AccountId,
    /// The idempotency key, unique per account.
    pub client_order_id: Option<ClientOrderId>,
    /// Buy or sell.
    pub side: Side,
    /// Price and size.
    pub terms: Terms,
    /// What happens on meeting an order of the same account.
    pub self_trade: SelfTrade,
    /// Fee rates of the account's tier at placement, in parts per million; they stay with the
    /// order.
    pub rates: crate::fee::Rates,
}

impl NewOrder {
    /// Tells a repeat under the same client order id from another order: FNV-1a, 64 bits, over the
    /// market and everything but `client_order_id` and `rates` (a repeat after a change of tier is
    /// still a repeat). Stored by the embedder, so it never changes: each field in the order below,
    /// as big-endian bytes, kinds and names by number.
    pub fn fingerprint(&self, market: MarketId) -> u64 {
        let mut hash = Fnv::new();
        hash.add(&market.to_be_bytes());
        hash.add(&self.account.to_be_bytes());
        hash.add(&[self.side as u8, self.self_trade as u8]);
        match self.terms {
            Terms::Limit {
                price_ticks,
                quantity_lots,
                time_in_force,
                post_only,
            } => {
                hash.add(&[0, time_in_force as u8, post_only.into()]);
                hash.add(&price_ticks.to_be_bytes());
                hash.add(&quantity_lots.to_be_bytes());
            }
            Terms::Market {
                quantity_lots,
                fill_or_kill,
            } => {
                hash.add(&[1, fill_or_kill.into()]);
                hash.add(&quantity_lots.to_be_bytes());
            }
            Terms::MarketBudget { budget } => {
                hash.add(&[2]);
                hash.add(&budget.to_be_bytes());
            }
        }
        hash.0
    }
}

/// FNV-1a, 64 bits: <http://www.isthe.com/chongo/tech/comp/fnv/>.
struct Fnv(u64);

impl Fnv {
    fn new() -> Fnv {
        Fnv(0xcbf2_9ce4_8422_2325)
    }

    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Rests on the book.
    Open,
    /// Traded whole; a budget order: not one more lot could be bought for what is left.
    Filled,
    /// Ended by its owner.
    Cancelled,
    /// Ended by a rule: time in force, self-trade prevention, price band.
    Expired,
}

impl State {
    /// The name on the wire and in tables.
    pub fn name(self) -> &'static str {
        match self {
            State::Open => "open",
            State::Filled => "filled",
            State::Cancelled => "cancelled",
            State::Expired => "expired",
        }
    }
}
