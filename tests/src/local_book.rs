//! A book as a client keeps it: a snapshot, then updates, each proved by its checksum.

use std::collections::BTreeMap;
use std::str::FromStr as _;

use anyhow::{Context, Result, ensure};
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// Levels a side that the checksum covers.
const CHECKED_LEVELS: usize = 10;

/// Price and quantity as they were sent.
type Levels = BTreeMap<Decimal, (String, String)>;

/// The book of one market.
#[derive(Clone, Debug, Default)]
pub struct LocalBook {
    bids: Levels,
    asks: Levels,
    /// The last number that is in it; what a resumed subscription gives as `after`.
    pub sequence: i64,
    is_resumed: bool,
    is_known: bool,
}

impl LocalBook {
    /// The next update may begin before what is known: the subscription was resumed.
    pub fn resume(&mut self) {
        self.is_resumed = true;
    }

    /// Applies a message of channel `depth`; gives whether it was a snapshot.
    ///
    /// # Errors
    /// A hole, or a checksum that is not that of this book.
    pub fn apply(&mut self, message: &Value) -> Result<bool> {
        let is_snapshot = message["type"] == "snapshot";
        if is_snapshot {
            (self.bids, self.asks) = Default::default();
            self.sequence = number(message, "sequence")?;
            self.is_known = true;
        } else {
            let (first, last) = (number(message, "first")?, number(message, "last")?);
            let due = self.sequence + 1;
            let follows = first == due || self.is_resumed && first < due;
            ensure!(self.is_known && follows, "{first} came where {due} is due");
            ensure!(last >= self.sequence, "{last} is before {}", self.sequence);
            self.sequence = last;
        }
        self.is_resumed = false;
        set(&mut self.bids, &message["bids"])?;
        set(&mut self.asks, &message["asks"])?;
        let (sent, own) = (number(message, "checksum")?, i64::from(self.checksum()));
        ensure!(
            sent == own,
            "checksum {sent} is {own} here, at {}",
            self.sequence
        );
        Ok(is_snapshot)
    }

    /// CRC-32 over the ten best levels a side.
    pub fn checksum(&self) -> u32 {
        let text = |level: &(String, String)| format!("{}:{}", level.0, level.1);
        let bids = self.bids.values().rev().take(CHECKED_LEVELS).map(text);
        let asks = self.asks.values().take(CHECKED_LEVELS).map(text);
        let (bids, asks): (Vec<_>, Vec<_>) = (bids.collect(), asks.collect());
        crc32fast::hash(format!("{}|{}", bids.join(","), asks.join(",")).as_bytes())
    }

    /// Bids and asks, best first, as REST shows them.
    pub fn levels(&self) -> Value {
        let bids: Vec<_> = self.bids.values().rev().collect();
        let asks: Vec<_> = self.asks.values().collect();
        json!([bids, asks])
    }
}

fn number(message: &Value, name: &str) -> Result<i64> {
    let number = message[name].as_i64();
    number.with_context(|| format!("no {name} in {message}"))
}

fn set(levels: &mut Levels, changes: &Value) -> Result<()> {
    for change in changes.as_array().context("no levels")? {
        let (price, quantity) = (change[0].as_str(), change[1].as_str());
        let (price, quantity) = (price.context("no price")?, quantity.context("no quantity")?);
        let key = Decimal::from_str(price)?;
        if Decimal::from_str(quantity)?.is_zero() {
            levels.remove(&key);
        } else {
            levels.insert(key, (price.to_owned(), quantity.to_owned()));
        }
    }
    Ok(())
}
