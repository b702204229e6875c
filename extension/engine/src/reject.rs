//! Why a command was refused. The names are the wire codes; the order is the order of precedence.

macro_rules! rejects {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $field:expr;)*) => {
        /// Why a command was refused. A reject writes nothing. Where several apply, the first one
        /// in this list is given.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Reject { $($(#[$doc])* $name,)* }

        impl Reject {
            /// Every reject, in order of precedence.
            pub const ALL: &'static [Reject] = &[$(Reject::$name,)*];

            /// The code on the wire.
            pub fn code(self) -> &'static str {
                match self { $(Reject::$name => $code,)* }
            }

            /// The input field that is at fault, where one is.
            pub fn field(self) -> Option<&'static str> {
                match self { $(Reject::$name => $field,)* }
            }
        }
    };
}

rejects! {
    /// Not a command: unknown or missing field, wrong type, fields that exclude each other.
    Malformed = "MALFORMED", None;
    /// The command came later than its sender allowed. Given by the embedder, which has the clock.
    RequestExpired = "REQUEST_EXPIRED", None;
    /// The session or key that gave the command may not, or no longer. Given by the embedder.
    AccessRevoked = "ACCESS_REVOKED", None;
    /// No market of that name.
    UnknownMarket = "UNKNOWN_MARKET", Some("market");
    /// No account of that name that may trade.
    UnknownAccount = "UNKNOWN_ACCOUNT", Some("account_id");
    /// The account is frozen: it may cancel and reduce, not place.
    AccountFrozen = "ACCOUNT_FROZEN", Some("account_id");
    /// The account's level of identity checks does not allow trading. Given by the embedder.
    KycRequired = "KYC_REQUIRED", Some("account_id");
    /// The client order id has another length or character than allowed.
    InvalidClientOrderId = "INVALID_CLIENT_ORDER_ID", Some("client_order_id");
    /// The price is no positive finite decimal.
    InvalidPrice = "INVALID_PRICE", Some("price");
    /// The price is no whole number of ticks.
    PriceOffTick = "PRICE_OFF_TICK", Some("price");
    /// The quantity is no positive finite decimal.
    InvalidQuantity = "INVALID_QUANTITY", Some("quantity");
    /// The quantity is no whole number of lots.
    QuantityOffLot = "QUANTITY_OFF_LOT", Some("quantity");
    /// The budget is no positive finite decimal, or has more decimals than the quote asset.
    InvalidBudget = "INVALID_BUDGET", Some("budget");
    /// The client order id was used by this account for an order of other content.
    DuplicateClientOrderId = "DUPLICATE_CLIENT_ORDER_ID", Some("client_order_id");
    /// A risk rule forbids it. Given by the embedder, which knows the rules; not to a repeat.
    RiskDenied = "RISK_DENIED", None;
    /// The market is halted: no command is taken.
    MarketHalted = "MARKET_HALTED", Some("market");
    /// The market takes cancels and reductions only.
    MarketCancelOnly = "MARKET_CANCEL_ONLY", Some("market");
    /// No open order of that name belongs to the account.
    OrderNotFound = "ORDER_NOT_FOUND", Some("order_id");
    /// The order was the account's, and has ended. Given by the embedder, which knows history.
    OrderNotOpen = "ORDER_NOT_OPEN", Some("order_id");
    /// A reduction to more than what remains.
    NotAReduction = "NOT_A_REDUCTION", Some("quantity");
    /// Self-trade mode `none` where the market does not allow it.
    SelfTradeNotAllowed = "SELF_TRADE_NOT_ALLOWED", Some("self_trade");
    /// Below the market's smallest quantity.
    QuantityTooSmall = "QUANTITY_TOO_SMALL", Some("quantity");
    /// Above the market's largest quantity.
    QuantityTooLarge = "QUANTITY_TOO_LARGE", Some("quantity");
    /// Outside the band around the last price.
    PriceOutOfBand = "PRICE_OUT_OF_BAND", Some("price");
    /// Price times quantity, or the budget, is below the market's smallest notional. A market order
    /// by quantity is measured at the last price, until the first trade at the reference price.
    NotionalTooSmall = "NOTIONAL_TOO_SMALL", None;
    /// Price times quantity, or the budget, is above 10^36 atoms. Market orders as above.
    NotionalTooLarge = "NOTIONAL_TOO_LARGE", None;
    /// The account has as many open orders in this market as it may. Only for what may rest.
    TooManyOpenOrders = "TOO_MANY_OPEN_ORDERS", None;
    /// A market order found nobody to trade with within the band, its own account aside; or its
    /// budget does not buy one lot at the best price.
    NoLiquidity = "NO_LIQUIDITY", None;
    /// A post-only order would have traded.
    PostOnlyWouldTake = "POST_ONLY_WOULD_TAKE", Some("price");
    /// A fill-or-kill order could not be filled whole.
    FillOrKillUnfilled = "FILL_OR_KILL_UNFILLED", None;
    /// The account has less available than the order must hold.
    InsufficientBalance = "INSUFFICIENT_BALANCE", None;
    /// The book's memory is full, and the order might rest; raise `exchange.max_open_orders`.
    BookFull = "BOOK_FULL", None;
}
