//! Keeps a local copy of one market's book over `/api/ws`: takes the snapshot, applies each
//! difference, verifies each checksum, and goes on where it was after a lost connection.
//!
//! `cargo run -p api --example local_book -- ws://127.0.0.1:8080/api/ws BTC/USDT [updates]`
//! prints a line an update, and ends after so many.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use futures::{SinkExt as _, StreamExt as _};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

/// Levels of a side that the checksum covers.
const CHECKED_LEVELS: usize = 10;
/// Between two attempts to connect.
const RECONNECT_PAUSE: Duration = Duration::from_millis(500);

/// Price and quantity, as sent.
type Level = (String, String);

/// A message of the channel.
#[derive(Deserialize)]
struct Depth {
    #[serde(rename = "type")]
    kind: String,
    /// Of a snapshot: the number that it stands for.
    sequence: Option<i64>,
    /// Of a difference: the numbers that it covers.
    first: Option<i64>,
    last: Option<i64>,
    bids: Vec<Level>,
    asks: Vec<Level>,
    checksum: u32,
}

/// The book: the texts as they were sent, in the order of their prices.
#[derive(Default)]
struct Book {
    bids: BTreeMap<Decimal, Level>,
    asks: BTreeMap<Decimal, Level>,
    /// The last number that was applied.
    sequence: Option<i64>,
}

impl Book {
    /// Applies a message; an error means that the book is not the server's any more.
    fn apply(&mut self, depth: Depth) -> Result<()> {
        let Some(last) = depth.sequence.or(depth.last) else {
            bail!("a message without a number");
        };
        if depth.kind == "snapshot" {
            *self = Book::default();
        } else {
            let known = self.sequence.context("a difference before any snapshot")?;
            let first = depth
                .first
                .context("a difference without its first number")?;
            // It may begin before what is known, never after: quantities are absolute.
            ensure!(first <= known + 1, "{known} is followed by {first}");
        }
        for (side, levels) in [(&mut self.bids, depth.bids), (&mut self.asks, depth.asks)] {
            for level in levels {
                set(side, level)?;
            }
        }
        self.sequence = Some(last);
        let sum = self.checksum();
        ensure!(
            sum == depth.checksum,
            "checksum {sum} at {last}, not {}",
            depth.checksum
        );
        Ok(())
    }

    fn checksum(&self) -> u32 {
        let bids = top(self.bids.values().rev());
        let asks = top(self.asks.values());
        crc32fast::hash(format!("{bids}|{asks}").as_bytes())
    }
}

fn set(side: &mut BTreeMap<Decimal, Level>, level: Level) -> Result<()> {
    let price: Decimal = level.0.parse().context("a price")?;
    let quantity: Decimal = level.1.parse().context("a quantity")?;
    if quantity.is_zero() {
        side.remove(&price);
    } else {
        side.insert(price, level);
    }
    Ok(())
}

fn top<'a>(levels: impl Iterator<Item = &'a Level>) -> String {
    let levels = levels.take(CHECKED_LEVELS);
    let levels: Vec<String> = levels
        .map(|(price, quantity)| format!("{price}:{quantity}"))
        .collect();
    levels.join(",")
}

/// Follows the market until the connection ends, or so many updates have come.
async fn follow(url: &str, market: &str, book: &mut Book, left: &mut u64) -> Result<()> {
    let (mut socket, _) = connect_async(url).await?;
    let mut channel = json!({ "channel": "depth", "market": market });
    if let Some(sequence) = book.sequence {
        channel["after"] = json!(sequence);
    }
    let subscribe = json!({ "id": 1, "op": "subscribe", "channels": [channel] });
    socket.send(Message::text(subscribe.to_string())).await?;
    while *left > 0 {
        let message = socket.next().await.context("the server has gone")??;
        // Pings are answered below us; a close ends the stream.
        let Message::Text(text) = message else {
            continue;
        };
        let value: Value = serde_json::from_str(&text)?;
        if value["error"].is_object() {
            bail!("refused: {}", value["error"]);
        }
        if value["channel"] != "depth" {
            continue;
        }
        if let Err(error) = book.apply(serde_json::from_value(value)?) {
            // From nothing: the next subscription asks for a snapshot.
            *book = Book::default();
            return Err(error);
        }
        *left -= 1;
        let best = |level: Option<(_, &Level)>| level.map_or("-".into(), |(_, l)| l.0.clone());
        let (bid, ask) = (
            best(book.bids.last_key_value()),
            best(book.asks.first_key_value()),
        );
        let sequence = book.sequence.unwrap_or_default();
        println!("{sequence} {bid} {ask} {}", book.checksum());
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let usage = "local_book <url> <market> [updates]";
    let url = arguments.next().context(usage)?;
    let market = arguments.next().context(usage)?;
    let mut left = match arguments.next() {
        Some(text) => text.parse().context(usage)?,
        None => u64::MAX,
    };
    let mut book = Book::default();
    while left > 0 {
        if let Err(error) = follow(&url, &market, &mut book, &mut left).await {
            eprintln!("{error:#}; connecting again");
            tokio::time::sleep(RECONNECT_PAUSE).await;
        }
    }
    Ok(())
}
