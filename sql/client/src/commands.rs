//! Commands as the extension takes them: the wire contract of `exchange.submit`.
//!
//! Prices and amounts are text as the trader wrote it. The engine judges them, so that each fault
//! has its one reject code; this crate must not.

use serde::{Deserialize, Serialize};

macro_rules! names {
    ($(#[$doc:meta])* $name:ident {
        $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum $name { $($(#[$variant_doc])*
            #[serde(rename = $text)]
            #[cfg_attr(feature = "openapi", schema(rename = $text))]
            $variant,)* }

        impl $name {
            /// The name on the wire and in tables.
            pub fn name(self) -> &'static str {
                match self { $($name::$variant => $text,)* }
            }

            /// The reverse of [`Self::name`].
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($text => Some($name::$variant),)* _ => None }
            }
        }
    };
}
pub(crate) use names;

names! {
    /// Side of the book.
    Side {
        /// Wants base, pays quote.
        Buy = "buy",
        /// Gives base, receives quote.
        Sell = "sell",
    }
}

names! {
    /// Kind of order.
    Kind {
        /// Trades at its price or better.
        Limit = "limit",
        /// Trades at once within the market's band.
        Market = "market",
    }
}

names! {
    /// How long an order stays.
    TimeInForce {
        /// Until it is cancelled.
        Gtc = "gtc",
        /// What does not fill at once expires.
        Ioc = "ioc",
        /// Filled whole at once, or rejected.
        Fok = "fok",
    }
}

names! {
    /// What happens on meeting an order of the same account.
    SelfTrade {
        /// The rest of the taker expires.
        ExpireTaker = "expire_taker",
        /// The maker expires.
        ExpireMaker = "expire_maker",
        /// Both expire.
        ExpireBoth = "expire_both",
        /// They trade, where the market allows it.
        None = "none",
    }
}

/// What an order asks for. Absent fields have the extension's defaults.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Buy or sell.
    pub side: Side,
    /// Limit where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// Worst acceptable price of a limit order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<String>,
    /// Base quantity; absent where a budget is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<String>,
    /// Quote to spend at most; market buys only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<String>,
    /// gtc for limit orders, ioc for market orders where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_in_force: Option<TimeInForce>,
    /// Rejected rather than taking.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub post_only: bool,
    /// `expire_taker` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_trade: Option<SelfTrade>,
    /// The owner's name for the order, and idempotency key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_order_id: Option<String>,
}

impl Terms {
    /// A limit order, good till cancelled.
    pub fn limit(side: Side, price: impl Into<String>, quantity: impl Into<String>) -> Self {
        let (price, quantity) = (Some(price.into()), Some(quantity.into()));
        Terms {
            price,
            quantity,
            ..Terms::bare(side, None)
        }
    }

    /// A market order by base quantity.
    pub fn market(side: Side, quantity: impl Into<String>) -> Self {
        Terms {
            quantity: Some(quantity.into()),
            ..Terms::bare(side, Some(Kind::Market))
        }
    }

    /// A market buy for at most so much quote.
    pub fn budget(budget: impl Into<String>) -> Self {
        Terms {
            budget: Some(budget.into()),
            ..Terms::bare(Side::Buy, Some(Kind::Market))
        }
    }

    /// The same under a client order id.
    #[must_use]
    pub fn named(self, client_order_id: impl Into<String>) -> Self {
        Terms {
            client_order_id: Some(client_order_id.into()),
            ..self
        }
    }

    fn bare(side: Side, kind: Option<Kind>) -> Self {
        Terms {
            side,
            kind,
            price: None,
            quantity: None,
            budget: None,
            time_in_force: None,
            post_only: false,
            self_trade: None,
            client_order_id: None,
        }
    }
}

/// One command. At most 4,096 go into a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "snake_case")]
pub enum Command {
    /// Place an order.
    Place {
        /// Who orders.
        account_id: i64,
        /// Such as BTC/USDT.
        market: String,
        /// What is asked for.
        #[serde(flatten)]
        terms: Terms,
    },
    /// End an open order, named by one of its two names.
    Cancel {
        /// Its owner.
        account_id: i64,
        /// Its number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        order_id: Option<i64>,
        /// Its owner's name for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client_order_id: Option<String>,
    },
    /// End all open orders of an account.
    CancelAll {
        /// Their owner.
        account_id: i64,
        /// Only in this market.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        market: Option<String>,
        /// Only on this side.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        side: Option<Side>,
    },
    /// Lower an open order's quantity; it keeps its priority. Named by one of its two names.
    Reduce {
        /// Its owner.
        account_id: i64,
        /// Its number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        order_id: Option<i64>,
        /// Its owner's name for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client_order_id: Option<String>,
        /// What shall remain open.
        quantity: String,
    },
    /// Cancel an order, named by one of its two names, and place another in the same market: both,
    /// or neither.
    Replace {
        /// Whose orders.
        account_id: i64,
        /// The number of the order to end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        order_id: Option<i64>,
        /// Its owner's name for the order to end; the new order's is among the terms.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        replaced_client_order_id: Option<String>,
        /// The order to place.
        #[serde(flatten)]
        terms: Terms,
    },
}

#[cfg(test)]
mod tests {
    use serde_json::{json, to_value};

    use super::*;

    #[test]
    fn a_placement_is_as_in_the_contract() {
        let terms = Terms::limit(Side::Buy, "60000.1", "0.5").named("a1");
        let command = Command::Place {
            account_id: 7,
            market: "BTC/USDT".into(),
            terms,
        };
        let wire = json!({"verb": "place", "account_id": 7, "market": "BTC/USDT", "side": "buy",
            "price": "60000.1", "quantity": "0.5", "client_order_id": "a1"});
        assert_eq!(to_value(&command).expect("serialised"), wire);
    }

    #[test]
    fn absent_fields_are_not_sent() {
        let command = Command::CancelAll {
            account_id: 7,
            market: None,
            side: None,
        };
        let wire = json!({"verb": "cancel_all", "account_id": 7});
        assert_eq!(to_value(&command).expect("serialised"), wire);
        let terms = Terms::budget("100");
        let command = Command::Replace {
            account_id: 7,
            order_id: Some(9),
            replaced_client_order_id: None,
            terms,
        };
        let wire = json!({"verb": "replace", "account_id": 7, "order_id": 9, "side": "buy",
            "kind": "market", "budget": "100"});
        assert_eq!(to_value(&command).expect("serialised"), wire);
    }

    #[test]
    fn names_are_read_as_written() {
        for name in ["expire_taker", "expire_maker", "expire_both", "none"] {
            assert_eq!(SelfTrade::from_name(name).map(SelfTrade::name), Some(name));
        }
        assert_eq!(Side::from_name("up"), None);
    }
}
