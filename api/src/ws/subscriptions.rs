//! What a socket follows: at most so many channels, each once.

use std::collections::HashMap;

use super::request::{After, Channel, ChannelName};
use crate::auth::Caller;
use crate::error::{ApiError, Rejection};
use crate::feed::candles::Interval;
use crate::feed::{AccountChannel, Feed, Subscription, Topic};
use crate::outbox::Outbox;

/// Channels that a socket may follow.
pub(super) const MOST: usize = 200;

/// Names a channel of a socket.
type Key = (ChannelName, Option<String>, Option<Interval>);

/// What a socket follows.
#[derive(Default)]
pub(super) struct Subscriptions(HashMap<Key, Subscription>);

/// A channel with all that it needs.
enum Wanted {
    Public(Topic, Option<i64>),
    Private(AccountChannel, HashMap<String, i64>),
    Finance(AccountChannel, Option<i64>),
}

impl Subscriptions {
    /// Follows all of these channels, or none.
    ///
    /// # Errors
    /// The channel at fault is named.
    pub(super) fn add(
        &mut self,
        channels: Vec<Channel>,
        caller: Option<&Caller>,
        feed: &Feed,
        outbox: &Outbox,
    ) -> Result<(), ApiError> {
        if channels.is_empty() {
            return Err(ApiError::malformed("channels", "name at least one channel"));
        }
        if self.0.len() + channels.len() > MOST {
            let message = format!("a socket follows at most {MOST} channels");
            return Err(refused(
                "TOO_MANY_SUBSCRIPTIONS",
                "channels".to_owned(),
                &message,
            ));
        }
        let mut wanted: Vec<(Key, Wanted)> = Vec::with_capacity(channels.len());
        for (index, channel) in channels.into_iter().enumerate() {
            let key = key(&channel);
            if self.0.contains_key(&key) || wanted.iter().any(|(other, _)| *other == key) {
                let field = format!("channels[{index}]");
                let message = "this channel is followed already";
                return Err(refused("DUPLICATE_SUBSCRIPTION", field, message));
            }
            wanted.push((key, want(index, channel)?));
        }
        let mut begun = Vec::with_capacity(wanted.len());
        for (index, (key, wanted)) in wanted.into_iter().enumerate() {
            let subscription = match wanted {
                Wanted::Public(topic, after) => feed.subscribe(topic, after, outbox),
                Wanted::Private(channel, after) => {
                    let account_id = caller.ok_or(ApiError::Unauthenticated)?.account_id;
                    feed.subscribe_account(account_id, channel, after, outbox)
                }
                Wanted::Finance(channel, after) => {
                    let account_id = caller.ok_or(ApiError::Unauthenticated)?.account_id;
                    feed.subscribe_finance(account_id, channel, after, outbox)
                }
            };
            begun.push((key, subscription.map_err(|error| within(index, error))?));
        }
        self.0.extend(begun);
        Ok(())
    }

    /// Follows these channels no more; what is queued still comes before the answer.
    ///
    /// # Errors
    /// The channel that was not followed; then all are still followed.
    pub(super) fn remove(&mut self, channels: &[Channel]) -> Result<(), ApiError> {
        let keys: Vec<Key> = channels.iter().map(key).collect();
        if let Some(index) = keys.iter().position(|key| !self.0.contains_key(key)) {
            let field = format!("channels[{index}]");
            return Err(refused(
                "NOT_SUBSCRIBED",
                field,
                "this channel is not followed",
            ));
        }
        for key in keys {
            self.0.remove(&key);
        }
        Ok(())
    }

    /// How many.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

impl ChannelName {
    /// Whether it tells of an account.
    pub(super) fn is_private(self) -> bool {
        matches!(
            self,
            ChannelName::Orders | ChannelName::Fills | ChannelName::Balances
        ) || self.is_of_finance()
    }

    /// Whether it tells of stream `finance`.
    pub(super) fn is_of_finance(self) -> bool {
        matches!(self, ChannelName::Deposits | ChannelName::Withdrawals)
    }
}

fn key(channel: &Channel) -> Key {
    (channel.channel, channel.market.clone(), channel.interval)
}

/// Each channel takes exactly its own fields.
fn want(index: usize, channel: Channel) -> Result<Wanted, ApiError> {
    let Channel {
        channel: name,
        market,
        interval,
        after,
    } = channel;
    let wrong = |field: &str, message: &str| {
        ApiError::malformed(&format!("channels[{index}].{field}"), message)
    };
    if name.is_private() && market.is_some() {
        return Err(wrong("market", "channels of an account are of all markets"));
    }
    if interval.is_some() != (name == ChannelName::Klines) {
        return Err(wrong(
            "interval",
            "klines have an interval, and nothing else has",
        ));
    }
    let symbol = || market.ok_or_else(|| wrong("market", "which market?"));
    let no_after = |after: Option<After>| match after {
        None => Ok(()),
        Some(_) => Err(wrong("after", "this channel begins with the whole")),
    };
    let number = |after: Option<After>| match after {
        None => Ok(None),
        Some(After::Number(number)) => Ok(Some(number)),
        Some(After::Markets(_)) => Err(wrong("after", "a number is expected")),
    };
    let numbers = |after: Option<After>| match after {
        None => Ok(HashMap::new()),
        Some(After::Markets(numbers)) => Ok(numbers),
        Some(After::Number(_)) => Err(wrong("after", "a number for each market is expected")),
    };
    Ok(match name {
        ChannelName::Depth => Wanted::Public(Topic::Depth(symbol()?), number(after)?),
        ChannelName::Trades => Wanted::Public(Topic::Trades(symbol()?), number(after)?),
        ChannelName::Ticker => {
            no_after(after)?;
            Wanted::Public(Topic::Ticker(symbol()?), None)
        }
        ChannelName::Klines => {
            let interval = interval.ok_or_else(|| wrong("interval", "which interval?"))?;
            Wanted::Public(Topic::Klines(symbol()?, interval), number(after)?)
        }
        ChannelName::Orders => Wanted::Private(AccountChannel::Orders, numbers(after)?),
        ChannelName::Fills => Wanted::Private(AccountChannel::Fills, numbers(after)?),
        ChannelName::Balances => {
            no_after(after)?;
            Wanted::Private(AccountChannel::Balances, HashMap::new())
        }
        ChannelName::Deposits => Wanted::Finance(AccountChannel::Deposits, number(after)?),
        ChannelName::Withdrawals => Wanted::Finance(AccountChannel::Withdrawals, number(after)?),
    })
}

pub(super) fn refused(code: &str, field: String, message: &str) -> ApiError {
    ApiError::Rejected(Rejection {
        code: code.to_owned(),
        field: Some(field),
        message: message.to_owned(),
    })
}

/// The feed names a field of the channel; the client sent a list of them.
fn within(index: usize, error: ApiError) -> ApiError {
    match error {
        ApiError::Rejected(rejection) => {
            let field = rejection
                .field
                .map(|field| format!("channels[{index}].{field}"));
            ApiError::Rejected(Rejection { field, ..rejection })
        }
        other => other,
    }
}
