//! What became of deposits and withdrawals, told to those whose they are: the newest messages of
//! stream `finance` in memory, so that who comes back is told what was missed.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::ws::Utf8Bytes;
use client::Message;
use serde_json::{Map, Value, json};
use tokio::sync::watch;

use super::accounts::{AccountChannel, Accounts};
use super::market::REACH_LIMIT;
use crate::error::ApiError;
use crate::outbox::Outbox;

/// The stream.
pub(crate) const FINANCE: i32 = 10_001;
/// Messages that are kept for those who come back, and read back by a server that starts.
pub(super) const MESSAGES_KEPT: usize = 10_000;

/// What an owner is told of a payload's texts: their names there and on the wire. Whatever else a
/// payload may have is for staff.
const TOLD: [(&str, &str); 8] = [
    ("kind", "kind"),
    ("asset", "asset"),
    ("network", "network"),
    ("amount", "amount"),
    ("fee", "fee"),
    ("state", "state"),
    ("reason", "reason"),
    ("txid", "txid"),
];

/// The same of its numbers.
const COUNTED: [(&str, &str); 2] = [
    ("confirmations", "confirmations"),
    ("required_confirmations", "requiredConfirmations"),
];

/// The newest messages, and who follows them.
pub struct Finance {
    accounts: Arc<Accounts>,
    kept: Mutex<Kept>,
    /// The number of the last message that was told; -1 before the first look.
    reached: watch::Sender<i64>,
}

struct Kept {
    /// Everything after this number is kept.
    after: i64,
    /// Up to this one everything was told.
    last: i64,
    moves: VecDeque<Move>,
}

/// A message of one account.
struct Move {
    account_id: i64,
    channel: AccountChannel,
    sequence: i64,
    text: Utf8Bytes,
}

impl Finance {
    pub(super) fn new(accounts: Arc<Accounts>) -> Self {
        Finance {
            accounts,
            kept: Mutex::new(Kept {
                after: 0,
                last: 0,
                moves: VecDeque::new(),
            }),
            reached: watch::Sender::new(-1),
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins right after a number.
    pub(super) fn begin(&self, after: i64) {
        let mut kept = self.kept();
        kept.moves.clear();
        (kept.after, kept.last) = (after, after);
    }

    /// Tells a message to those who follow, and keeps it.
    pub(super) fn tell(&self, message: &Message) {
        let mut kept = self.kept();
        // After a failure a page is read again.
        if message.sequence <= kept.last {
            return;
        }
        kept.last = message.sequence;
        let Some(told) = read(message) else {
            return;
        };
        self.accounts
            .push(told.account_id, told.channel, &told.text);
        kept.moves.push_back(told);
        if kept.moves.len() > MESSAGES_KEPT
            && let Some(oldest) = kept.moves.pop_front()
        {
            kept.after = oldest.sequence;
        }
    }

    /// All messages up to this number were told.
    pub(super) fn reach(&self, sequence: i64) {
        self.reached.send_replace(sequence);
    }

    /// Waits until messages up to this number were told.
    ///
    /// # Errors
    /// `Unavailable`: that takes too long.
    pub async fn reached(&self, sequence: i64) -> Result<(), ApiError> {
        let mut reached = self.reached.subscribe();
        let waiting = reached.wait_for(|known| *known >= sequence.max(0));
        match tokio::time::timeout(REACH_LIMIT, waiting).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(ApiError::Unavailable),
        }
    }

    /// Registers a subscriber: what was missed after a number comes first, or where that is not
    /// known any more, how far the stream is.
    ///
    /// # Errors
    /// `Unavailable` before the first look.
    pub(super) fn subscribe(
        &self,
        (account_id, channel): (i64, AccountChannel),
        after: Option<i64>,
        (number, outbox): (u64, &Outbox),
    ) -> Result<(), ApiError> {
        let kept = self.kept();
        if *self.reached.borrow() < 0 {
            return Err(ApiError::Unavailable);
        }
        let position = kept.last;
        let known = after.filter(|after| (kept.after..=position).contains(after));
        match known {
            None => {
                let snapshot = json!({ "channel": channel.name(), "type": "snapshot",
                    "sequence": position });
                outbox.push(snapshot.to_string().into());
            }
            Some(after) => {
                let own = |told: &&Move| told.account_id == account_id && told.channel == channel;
                let missed = kept.moves.iter().filter(|told| told.sequence > after);
                for told in missed.filter(own) {
                    outbox.push(told.text.clone());
                }
            }
        }
        let mut followed = self.accounts.lock();
        let subscribers = followed.entry((account_id, channel)).or_default();
        subscribers.add(number, outbox);
        Ok(())
    }
}

/// What an account is told of a message; `None` where it tells nobody anything.
fn read(message: &Message) -> Option<Move> {
    let payload = &message.payload;
    let text = |name: &str| match &payload[name] {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let account_id = text("account_id")?.parse().ok()?;
    let (channel, object, name, number) = match (text("deposit_id"), text("withdrawal_id")) {
        (Some(number), None) => (AccountChannel::Deposits, "deposit", "depositId", number),
        (None, Some(number)) => (
            AccountChannel::Withdrawals,
            "withdrawal",
            "withdrawalId",
            number,
        ),
        _ => return None,
    };
    let mut told = Map::new();
    told.insert(name.to_owned(), Value::String(number));
    for (known, wire) in TOLD {
        if let Some(value) = text(known) {
            told.insert(wire.to_owned(), Value::String(value));
        }
    }
    for (known, wire) in COUNTED {
        if let Some(count) = payload[known].as_i64() {
            told.insert(wire.to_owned(), Value::from(count));
        }
    }
    let sequence = message.sequence;
    let text = json!({ "channel": channel.name(), "type": "update", "sequence": sequence,
        "change": text("change")?, object: told });
    Some(Move {
        account_id,
        channel,
        sequence,
        text: text.to_string().into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::OffsetDateTime;

    fn message(payload: Value) -> Message {
        Message {
            stream_id: FINANCE,
            sequence: 7,
            topic: "finance".to_owned(),
            account_ids: vec![3],
            payload,
            occurred_at: OffsetDateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn an_owner_is_told_of_a_deposit_and_nothing_that_is_for_staff() {
        let payload = json!({ "change": "suspicious", "deposit_id": "17", "account_id": "3",
            "asset": "BTC", "network": "bitcoin", "amount": "0.50000000", "state": "suspicious",
            "rule": "tainted_source" });
        let told = read(&message(payload)).expect("it is told");
        assert_eq!(
            (told.account_id, told.channel),
            (3, AccountChannel::Deposits)
        );
        let text: Value = serde_json::from_str(&told.text).expect("JSON");
        let expected = json!({ "channel": "deposits", "type": "update", "sequence": 7,
            "change": "suspicious", "deposit": { "depositId": "17", "asset": "BTC",
            "network": "bitcoin", "amount": "0.50000000", "state": "suspicious" } });
        assert_eq!(text, expected);
        assert!(read(&message(json!({ "change": "halted", "asset": "BTC" }))).is_none());
    }
}
