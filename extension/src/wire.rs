//! The shape of commands as callers send them. What is wrong here is wrong in any market.

use engine::order::{AccountId, ClientOrderId, SelfTrade, Side, TimeInForce};
use engine::reject::Reject;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// A refusal with words for people: the code, and what was wrong with this very input.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) reject: Reject,
    pub(crate) message: String,
    /// The field at fault, where it is another than the code's own.
    pub(crate) field: Option<&'static str>,
}

impl Refusal {
    pub(crate) fn new(reject: Reject, message: impl Into<String>) -> Refusal {
        Refusal {
            reject,
            message: message.into(),
            field: reject.field(),
        }
    }

    pub(crate) fn malformed(field: &'static str, message: impl Into<String>) -> Refusal {
        Refusal {
            reject: Reject::Malformed,
            message: message.into(),
            field: Some(field),
        }
    }
}

/// One command, every field that any verb knows.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wire<'a> {
    #[serde(borrow)]
    verb: Cow<'a, str>,
    #[serde(borrow, default)]
    account_id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    market: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    order_id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    client_order_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    replaced_client_order_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    session_id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    api_key_id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    valid_until: Option<&'a RawValue>,
    #[serde(borrow, default)]
    side: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    price: Option<&'a RawValue>,
    #[serde(borrow, default)]
    quantity: Option<&'a RawValue>,
    #[serde(borrow, default)]
    budget: Option<&'a RawValue>,
    #[serde(borrow, default)]
    time_in_force: Option<Cow<'a, str>>,
    #[serde(default)]
    post_only: Option<bool>,
    #[serde(borrow, default)]
    self_trade: Option<Cow<'a, str>>,
}

/// By what right a command says to be given. It is judged when the command's turn has come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim {
    pub(crate) account: AccountId,
    pub(crate) session_id: Option<i64>,
    pub(crate) api_key_id: Option<i64>,
    /// The last moment at which the command may be done, in milliseconds since 1970.
    pub(crate) valid_until_ms: Option<i64>,
}

/// The verbs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Place,
    Cancel,
    CancelAll,
    Reduce,
    Replace,
}

impl<'a> Wire<'a> {
    /// Reads one command.
    pub(crate) fn parse(json: &'a str) -> Result<Wire<'a>, Refusal> {
        serde_json::from_str(json)
            .map_err(|error| Refusal::new(Reject::Malformed, error.to_string()))
    }

    pub(crate) fn verb(&self) -> Result<Verb, Refusal> {
        match &*self.verb {
            "place" => Ok(Verb::Place),
            "cancel" => Ok(Verb::Cancel),
            "cancel_all" => Ok(Verb::CancelAll),
            "reduce" => Ok(Verb::Reduce),
            "replace" => Ok(Verb::Replace),
            other => Err(Refusal::malformed(
                "verb",
                format!("unknown verb {other:?}"),
            )),
        }
    }

    pub(crate) fn account(&self) -> Result<AccountId, Refusal> {
        match id("account_id", self.account_id)? {
            Some(account) => Ok(account as AccountId),
            None => Err(Refusal::malformed("account_id", "account_id is missing")),
        }
    }

    /// The order's number, where one is given.
    pub(crate) fn order(&self) -> Result<Option<i64>, Refusal> {
        id("order_id", self.order_id)
    }

    pub(crate) fn market(&self) -> Option<&str> {
        self.market.as_deref()
    }

    pub(crate) fn client_order_id(&self) -> Result<Option<ClientOrderId>, Refusal> {
        self.client_order_id
            .as_deref()
            .map(client_order_id)
            .transpose()
    }

    /// The client's name for the order that a replacement ends.
    pub(crate) fn replaced_client_order_id(&self) -> Result<Option<ClientOrderId>, Refusal> {
        self.replaced_client_order_id
            .as_deref()
            .map(client_order_id)
            .transpose()
            .map_err(|refusal| Refusal {
                field: Some("replaced_client_order_id"),
                ..refusal
            })
    }

    /// The credential that came with the command, if any did.
    pub(crate) fn claim(&self, account: AccountId) -> Result<Option<Claim>, Refusal> {
        let claim = Claim {
            account,
            session_id: id("session_id", self.session_id)?,
            api_key_id: id("api_key_id", self.api_key_id)?,
            valid_until_ms: id("valid_until", self.valid_until)?,
        };
        let is_empty = claim.session_id.is_none()
            && claim.api_key_id.is_none()
            && claim.valid_until_ms.is_none();
        Ok((!is_empty).then_some(claim))
    }

    pub(crate) fn side(&self) -> Result<Option<Side>, Refusal> {
        match self.side.as_deref() {
            None => Ok(None),
            Some("buy") => Ok(Some(Side::Buy)),
            Some("sell") => Ok(Some(Side::Sell)),
            Some(other) => Err(Refusal::malformed(
                "side",
                format!("side is buy or sell, not {other:?}"),
            )),
        }
    }

    fn self_trade(&self) -> Result<SelfTrade, Refusal> {
        match self.self_trade.as_deref() {
            None | Some("expire_taker") => Ok(SelfTrade::ExpireTaker),
            Some("expire_maker") => Ok(SelfTrade::ExpireMaker),
            Some("expire_both") => Ok(SelfTrade::ExpireBoth),
            Some("none") => Ok(SelfTrade::None),
            Some(other) => {
                let message = format!(
                    "self_trade is expire_taker, expire_maker, expire_both or none, not {other:?}"
                );
                Err(Refusal::malformed("self_trade", message))
            }
        }
    }

    fn time_in_force(&self) -> Result<Option<TimeInForce>, Refusal> {
        match self.time_in_force.as_deref() {
            None => Ok(None),
            Some("gtc") => Ok(Some(TimeInForce::Gtc)),
            Some("ioc") => Ok(Some(TimeInForce::Ioc)),
            Some("fok") => Ok(Some(TimeInForce::Fok)),
            Some(other) => {
                let message = format!("time_in_force is gtc, ioc or fok, not {other:?}");
                Err(Refusal::malformed("time_in_force", message))
            }
        }
    }

    /// The order to place, as it was written.
    pub(crate) fn order_text(&self) -> Result<OrderText<'_>, Refusal> {
        let Some(side) = self.side()? else {
            return Err(Refusal::malformed("side", "side is missing"));
        };
        let terms = match self.kind.as_deref() {
            None | Some("limit") => self.limit()?,
            Some("market") => self.at_market(side)?,
            Some(other) => {
                let message = format!("kind is limit or market, not {other:?}");
                return Err(Refusal::malformed("kind", message));
            }
        };
        Ok(OrderText {
            client_order_id: self.client_order_id.as_deref(),
            side,
            terms,
            self_trade: self.self_trade()?,
        })
    }

    fn limit(&self) -> Result<TermsText<'_>, Refusal> {
        let time_in_force = self.time_in_force()?.unwrap_or(TimeInForce::Gtc);
        let post_only = self.post_only.unwrap_or(false);
        if self.budget.is_some() {
            let message = "a limit order takes quantity, not budget";
            return Err(Refusal::malformed("budget", message));
        }
        if post_only && time_in_force != TimeInForce::Gtc {
            let message = "only a gtc order can be post-only";
            return Err(Refusal::malformed("post_only", message));
        }
        Ok(TermsText::Limit {
            price: required("price", self.price)?,
            quantity: self.quantity_text()?,
            time_in_force,
            post_only,
        })
    }

    fn at_market(&self, side: Side) -> Result<TermsText<'_>, Refusal> {
        let time_in_force = self.time_in_force()?;
        let wrong = |field, message: &str| Err(Refusal::malformed(field, message));
        if self.post_only == Some(true) {
            return wrong("post_only", "a market order cannot be post-only");
        }
        if self.price.is_some() {
            return wrong("price", "a market order takes no price");
        }
        if time_in_force == Some(TimeInForce::Gtc) {
            return wrong("time_in_force", "a market order is ioc or fok");
        }
        let fill_or_kill = time_in_force == Some(TimeInForce::Fok);
        if self.budget.is_none() {
            let quantity = self.quantity_text()?;
            return Ok(TermsText::Market {
                quantity,
                fill_or_kill,
            });
        }
        if self.quantity.is_some() {
            return wrong("budget", "give quantity or budget, not both");
        }
        if side == Side::Sell {
            return wrong("budget", "only a buy takes a budget");
        }
        if fill_or_kill {
            return wrong("time_in_force", "a budget order is ioc");
        }
        let budget = required("budget", self.budget)?;
        Ok(TermsText::Budget { budget })
    }

    /// The quantity as it was written.
    pub(crate) fn quantity_text(&self) -> Result<&str, Refusal> {
        required("quantity", self.quantity)
    }
}

/// An order to place whose shape is right and whose numbers are still text.
pub(crate) struct OrderText<'a> {
    pub(crate) client_order_id: Option<&'a str>,
    pub(crate) side: Side,
    pub(crate) terms: TermsText<'a>,
    pub(crate) self_trade: SelfTrade,
}

/// Price and size as they were written.
pub(crate) enum TermsText<'a> {
    Limit {
        price: &'a str,
        quantity: &'a str,
        time_in_force: TimeInForce,
        post_only: bool,
    },
    Market {
        quantity: &'a str,
        fill_or_kill: bool,
    },
    Budget {
        budget: &'a str,
    },
}

/// An id: a json number, or the same in a string.
fn id(field: &'static str, raw: Option<&RawValue>) -> Result<Option<i64>, Refusal> {
    let Some(raw) = raw.map(RawValue::get).filter(|raw| *raw != "null") else {
        return Ok(None);
    };
    let digits = raw
        .strip_prefix('"')
        .and_then(|r| r.strip_suffix('"'))
        .unwrap_or(raw);
    let plain = digits.bytes().all(|b| b.is_ascii_digit());
    match digits.parse::<i64>() {
        Ok(id) if plain && id > 0 => Ok(Some(id)),
        _ => Err(Refusal::malformed(
            field,
            format!("{field} is a positive whole number"),
        )),
    }
}

/// The text of a decimal that must be there, given as json string or number.
fn required<'a>(field: &'static str, raw: Option<&'a RawValue>) -> Result<&'a str, Refusal> {
    let Some(raw) = raw.map(RawValue::get) else {
        return Err(Refusal::malformed(field, format!("{field} is missing")));
    };
    if let Some(text) = raw
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
    {
        return Ok(text);
    }
    if raw.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        return Ok(raw);
    }
    let message = format!("{field} is a decimal number, in a string or bare");
    Err(Refusal::malformed(field, message))
}

/// A client's own name for an order.
pub(crate) fn client_order_id(text: &str) -> Result<ClientOrderId, Refusal> {
    ClientOrderId::new(text).ok_or_else(|| {
        let message = "client_order_id takes 1 to 36 characters of A-Z a-z 0-9 _ - . :";
        Refusal::new(Reject::InvalidClientOrderId, message)
    })
}
