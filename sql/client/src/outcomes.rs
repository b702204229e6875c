//! Outcomes as the extension answers them.

use serde::{Deserialize, Deserializer, Serialize};

use crate::commands::names;

names! {
    /// Where an order stands.
    State {
        /// Rests on the book.
        Open = "open",
        /// Traded whole.
        Filled = "filled",
        /// Ended by its owner.
        Cancelled = "cancelled",
        /// Ended by a rule.
        Expired = "expired",
    }
}

/// What one command came to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Outcome {
    /// It was refused; nothing was done.
    Rejected(Reject),
    /// An order was cancelled and another placed.
    Replaced {
        /// The order that ended.
        cancelled: OrderOutcome,
        /// The order that took its place.
        placed: OrderOutcome,
    },
    /// All orders asked for were cancelled.
    CancelledAll {
        /// How many.
        cancelled: u64,
        /// The first result, given again; nothing was done now.
        #[serde(default)]
        repeated: bool,
    },
    /// An order was placed, cancelled or reduced.
    Order(OrderOutcome),
}

impl Outcome {
    /// The order, or why there is none. `None` where the outcome is about several orders.
    pub fn into_order(self) -> Option<Result<OrderOutcome, Reject>> {
        match self {
            Outcome::Order(order) => Some(Ok(order)),
            Outcome::Rejected(reject) => Some(Err(reject)),
            Outcome::Replaced { .. } | Outcome::CancelledAll { .. } => None,
        }
    }
}

/// An order right after its command.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct OrderOutcome {
    /// Its number.
    #[serde(deserialize_with = "number")]
    pub order_id: i64,
    /// Where it stands.
    pub state: State,
    /// Base traded by the command; placements only.
    pub filled_quantity: Option<String>,
    /// Quote traded by the command; placements only.
    pub filled_quote: Option<String>,
    /// Placed, reduced: what rests or expired. Cancelled: what was cancelled. Absent for a budget.
    pub remaining_quantity: Option<String>,
    /// The first result, given again; nothing was done now.
    #[serde(default)]
    pub repeated: bool,
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Reject {
    /// Such as `INSUFFICIENT_BALANCE`; all of them are in `extension/engine/src/reject.rs`.
    #[serde(rename = "reject")]
    pub code: String,
    /// The command's field at fault.
    pub field: Option<String>,
    /// For people.
    pub message: String,
}

/// Numbers of orders are text on the wire, because they are beyond what JavaScript counts exactly.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Number {
        Text(String),
        Number(i64),
    }
    match Number::deserialize(deserializer)? {
        Number::Text(text) => text.parse().map_err(serde::de::Error::custom),
        Number::Number(number) => Ok(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Outcome {
        serde_json::from_str(text).expect("an outcome")
    }

    #[test]
    fn outcomes_are_read_as_in_the_contract() {
        let placed = read(
            r#"{"order_id":"100000000000001","state":"open","filled_quantity":"0.20000",
            "filled_quote":"12000.020000","remaining_quantity":"0.30000","repeated":true}"#,
        );
        let Some(Ok(order)) = placed.into_order() else {
            panic!("no order")
        };
        assert_eq!(
            (order.order_id, order.state),
            (100_000_000_000_001, State::Open)
        );
        assert_eq!(order.filled_quote.as_deref(), Some("12000.020000"));
        assert!(order.repeated);

        assert_eq!(
            read(r#"{"cancelled":3}"#),
            Outcome::CancelledAll {
                cancelled: 3,
                repeated: false
            }
        );
        let cancelled = r#"{"order_id":"1","state":"cancelled","remaining_quantity":"0.3"}"#;
        assert!(matches!(read(cancelled), Outcome::Order(_)));
        let both = format!(r#"{{"cancelled":{cancelled},"placed":{cancelled}}}"#);
        assert!(matches!(read(&both), Outcome::Replaced { .. }));
    }

    #[test]
    fn a_reject_is_no_error() {
        let text = r#"{"reject":"INSUFFICIENT_BALANCE","message":"less than 5 USDT"}"#;
        let Outcome::Rejected(reject) = read(text) else {
            panic!("not rejected")
        };
        assert_eq!(
            (reject.code.as_str(), reject.field),
            ("INSUFFICIENT_BALANCE", None)
        );
    }
}
