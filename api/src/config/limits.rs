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
}

impl LimitsConfig {
    pub(super) fn read(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        Ok(LimitsConfig {
            address: limit(lookup, "EXCHANGE_RATE_ADDRESS")?,
            account: limit(lookup, "EXCHANGE_RATE_ACCOUNT")?,
            key: limit(lookup, "EXCHANGE_RATE_KEY")?,
        })
    }
}

/// `<weight>/<seconds>`, or `off`; 6000 a minute where unset.
fn limit(lookup: Lookup<'_>, name: &'static str) -> Result<Option<Limit>, ConfigError> {
    let text = lookup(name).unwrap_or_default();
    let (weight, seconds) = match text.as_str() {
        "off" => return Ok(None),
        "" => ("6000", "60"),
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
