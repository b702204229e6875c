//! Streams of messages. What was read is published only once it is durable.

use serde_json::Value;
use time::OffsetDateTime;

use crate::error::Error;
use crate::query::{Query, Statement, column};

/// Most messages of a page.
pub const MAX_PAGE: i32 = 10_000;

/// A message of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// A market's number, or another stream's.
    pub stream_id: i32,
    /// Its place in the stream: gapless, in commit order.
    pub sequence: i64,
    /// order or trade, or the stream's name.
    pub topic: String,
    /// The accounts that may see all of it.
    pub account_ids: Vec<i64>,
    /// What happened.
    pub payload: Value,
    /// When.
    pub occurred_at: OffsetDateTime,
}

/// The next messages of a stream after a number, oldest first, waited for until they are durable,
/// so that none that was given is ever lost. Fewer than `limit`: there are no more now.
///
/// # Errors
/// The database's.
pub async fn messages_after(
    on: &impl Query,
    stream_id: i32,
    after_sequence: i64,
    limit: i32,
) -> Result<Vec<Message>, Error> {
    const STATEMENT: Statement = Statement::read(
        "messages_after",
        "select stream_id, sequence, topic, account_ids, payload, occurred_at \
         from exchange.messages_after($1, $2, $3)",
    );
    let rows = on
        .rows(STATEMENT, &[&stream_id, &after_sequence, &limit])
        .await?;
    if !rows.is_empty() {
        wait_durable(on).await?;
    }
    let message = |row| {
        Ok(Message {
            stream_id: column(row, 0)?,
            sequence: column(row, 1)?,
            topic: column(row, 2)?,
            account_ids: column(row, 3)?,
            payload: column(row, 4)?,
            occurred_at: column(row, 5)?,
        })
    };
    rows.iter().map(message).collect()
}

/// Waits until everything that is visible now is on disk (and replicated, where configured).
///
/// # Errors
/// The database's.
pub async fn wait_durable(on: &impl Query) -> Result<(), Error> {
    const STATEMENT: Statement = Statement::read("wait_durable", "select exchange.wait_durable()");
    on.rows(STATEMENT, &[]).await.map(drop)
}

/// A stream and its last message's number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamPosition {
    /// A market's number, or another stream's.
    pub stream_id: i32,
    /// The market's symbol, or the stream's topic.
    pub name: String,
    /// 0 where nothing was said yet.
    pub last_sequence: i64,
}

/// Every stream, where it stands now.
///
/// # Errors
/// The database's.
pub async fn stream_positions(on: &impl Query) -> Result<Vec<StreamPosition>, Error> {
    const STATEMENT: Statement = Statement::read(
        "stream_positions",
        "select stream_id, name, last_sequence from exchange.stream_positions() limit 20000",
    );
    let position = |row| {
        Ok(StreamPosition {
            stream_id: column(row, 0)?,
            name: column(row, 1)?,
            last_sequence: column(row, 2)?,
        })
    };
    on.rows(STATEMENT, &[])
        .await?
        .iter()
        .map(position)
        .collect()
}
