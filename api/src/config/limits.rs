//! How much a caller may ask for.

use super::{ConfigError, Lookup};

/// So much weight in each window of so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The weight.
    pub weight: u32,
    /// The window's length; windows begin at whole multiples of it.
    pub seconds: u32,
}

/// Longest window: what upkeep forgets must be older.
const LONGEST_SECONDS: u32 = 86_400;

/// The limits; `None` is no limit.
#[derive(Clone, Copy, Debug)]
pub struct LimitsConfig {
    /// `EXCHANGE_RATE_ADDRESS`: of an address; of an IPv6 network of 64 bits.
    pub address: Option<Limit>,
    /// `EXCHANGE_RATE_ACCOUNT`: of an account.
    pub account: Option<Limit>,
    /// `EXCHANGE_RATE_KEY`: of an API key.
    pub key: Option<Limit>,
    /// `EXCHANGE_RATE_MEMBER`: of a member of staff.
    pub member: Option<Limit>,
}

impl LimitsConfig {
    pub(super) fn read(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        Ok(LimitsConfig {
            address: limit(lookup, "EXCHANGE_RATE_ADDRESS", CALLER)?,
            account: limit(lookup, "EXCHANGE_RATE_ACCOUNT", CALLER)?,
            key: limit(lookup, "EXCHANGE_RATE_KEY", CALLER)?,
            member: limit(lookup, "EXCHANGE_RATE_MEMBER", PERSON)?,
        })
    }
}

/// What callers may ask for where nothing is set: programs trade.
const CALLER: Limit = Limit {
    weight: 6_000,
    seconds: 60,
};
/// What a member of staff may ask for: a person looks at accounts one by one, and who took a token
/// shall not read them all.
const PERSON: Limit = Limit {
    weight: 1_200,
    seconds: 60,
};

/// `<weight>/<seconds>`, or `off`; `unset` where nothing is said.
fn limit(
    lookup: Lookup<'_>,
    name: &'static str,
    unset: Limit,
) -> Result<Option<Limit>, ConfigError> {
    let text = lookup(name).unwrap_or_default();
    let (weight, seconds) = match text.as_str() {
        "off" => return Ok(None),
        "" => return Ok(Some(unset)),
        text => text.split_once('/').unwrap_or((text, "")),
    };
    match (weight.parse(), seconds.parse()) {
        (Ok(weight), Ok(seconds)) if weight > 0 && (1..=LONGEST_SECONDS).contains(&seconds) => {
            Ok(Some(Limit { weight, seconds }))
        }
        _ => Err(ConfigError::new(
            name,
            format!("must be weight/seconds such as 6000/60, or off, not '{text}'"),
        )),
    }
}
