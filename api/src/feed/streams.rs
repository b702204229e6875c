//! The doorbell of a server, and its streams that are no market's: revoked credentials, changed
//! balances, deposits and withdrawals, new markets.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use client::{Listener, Message, Pool, Ring};
use serde_json::Value;
use tokio::sync::Notify;

use super::Feed;
use super::finance::{FINANCE, MESSAGES_KEPT};

/// Adjustments of balances.
const ASSET: i32 = 10_000;
/// Credentials.
const ACCESS: i32 = 10_003;
/// Markets that are new or have changed.
pub(crate) const MARKETS: i32 = 10_004;
/// Messages that are read at once.
const PAGE: i32 = 1000;
/// Pause while the database is away.
const PAUSE: Duration = Duration::from_millis(200);

/// Credentials that are good no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// Whose they were.
    pub account_id: i64,
    /// Sessions that were ended.
    pub session_ids: Vec<i64>,
    /// API keys that were revoked.
    pub api_key_ids: Vec<i64>,
}

impl Revoked {
    /// Numbers are text in payloads, and were numbers once.
    fn read(payload: &Value) -> Option<Self> {
        let number = |value: &Value| match value {
            Value::String(text) => text.parse().ok(),
            other => other.as_i64(),
        };
        let numbers = |name: &str| {
            let values = payload[name].as_array().into_iter().flatten();
            values.filter_map(number).collect()
        };
        (payload["change"] == "revoked").then_some(())?;
        Some(Revoked {
            account_id: number(&payload["account_id"])?,
            session_ids: numbers("session_ids"),
            api_key_ids: numbers("api_key_ids"),
        })
    }
}

/// Passes each ring on to whom it concerns.
pub(super) async fn dispatch(feed: Feed, mut listener: Listener, pool: Pool) {
    let mut bells: HashMap<i32, Arc<Notify>> = HashMap::new();
    tokio::spawn(follow_markets(feed.clone()));
    for stream_id in [ASSET, FINANCE, ACCESS] {
        let bell = Arc::new(Notify::new());
        bells.insert(stream_id, bell.clone());
        tokio::spawn(follow(feed.clone(), pool.clone(), stream_id, bell));
    }
    loop {
        match listener.next().await {
            Ring::Stream(stream_id) => {
                if let Some(bell) = bells.get(&stream_id) {
                    bell.notify_one();
                } else if let Some(market) = feed.market_by_id(stream_id) {
                    market.ring();
                } else {
                    // The rules, or a market that is not known yet: it is looked for.
                    feed.rules().ring();
                }
            }
            Ring::Everything => {
                bells.values().for_each(|bell| bell.notify_one());
                feed.rules().ring();
                feed.each_market(|market| market.ring());
            }
        }
    }
}

/// Reads the rules of markets whenever one may have changed.
async fn follow_markets(feed: Feed) {
    loop {
        feed.rules().rung().await;
        while let Err(error) = feed.find_markets().await {
            tracing::warn!(%error, "cannot read the markets; coming back");
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Follows one stream from where it stands.
async fn follow(feed: Feed, pool: Pool, stream_id: i32, bell: Arc<Notify>) {
    let mut position = None;
    loop {
        match read(&feed, &pool, stream_id, position).await {
            Ok(reached) => {
                position = Some(reached);
                bell.notified().await;
            }
            Err(error) => {
                tracing::warn!(stream_id, %error, "cannot read a stream; coming back");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Reads what is new and gives the position after it.
async fn read(
    feed: &Feed,
    pool: &Pool,
    stream_id: i32,
    position: Option<i64>,
) -> Result<i64, client::Error> {
    let mut after = match position {
        Some(position) => position,
        None => {
            let positions = client::positions_of(pool, &[stream_id]).await?;
            let position = positions.first().map_or(0, |(_, position)| *position);
            if stream_id != FINANCE {
                return Ok(position);
            }
            // Of this one the newest messages are read back.
            let kept = i64::try_from(MESSAGES_KEPT).unwrap_or(i64::MAX);
            let after = position.saturating_sub(kept).max(0);
            feed.finance().begin(after);
            after
        }
    };
    loop {
        let page = client::messages_after(pool, stream_id, after, PAGE).await?;
        let Some(last) = page.last() else {
            if stream_id == FINANCE {
                feed.finance().reach(after);
            }
            return Ok(after);
        };
        after = last.sequence;
        page.iter().for_each(|message| tell(feed, message));
    }
}

fn tell(feed: &Feed, message: &Message) {
    match message.stream_id {
        ASSET => feed.touch(&message.account_ids),
        FINANCE => feed.finance().tell(message),
        ACCESS => {
            if let Some(revoked) = Revoked::read(&message.payload) {
                feed.revoke(revoked);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revocation_is_read() {
        let payload = serde_json::json!({ "change": "revoked", "account_id": "7",
            "session_ids": ["1", "2"], "api_key_ids": [3] });
        let expected = Revoked {
            account_id: 7,
            session_ids: vec![1, 2],
            api_key_ids: vec![3],
        };
        assert_eq!(Revoked::read(&payload), Some(expected));
        let other = serde_json::json!({ "change": "created", "account_id": "7" });
        assert_eq!(Revoked::read(&other), None);
    }
}
