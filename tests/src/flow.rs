//! Flows: requests to the real API, in text. Read one of `flows/*.txt` first.
//!
//! `login alice` opens and funds an account and logs in; `alice POST <path> <json>` sends a request
//! with her token, `nobody GET <path>` one without; `alice/key-1 POST …` one with an idempotency
//! key. `{cursor}` in a path is the last answer's `nextCursor`. Indented below stands the answer.

use std::collections::HashMap;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::api_server::{self, ApiServer, Request};
use crate::database::Database;
use crate::{checks, fixture};

/// A line and what it answered.
pub type Answered = (usize, String);

/// Values that differ from run to run, and words for people, are shown as a star.
const VARYING: &[&str] = &[
    "nextCursor",
    "token",
    "expiresAt",
    "placedAt",
    "closedAt",
    "tradedAt",
    "occurredAt",
    "cancelAt",
    "accountId",
    "sessionId",
    "deviceId",
    "deviceToken",
    "firstSeenAt",
    "lastSeenAt",
    "message",
    "openTime",
    "closeTime",
    "serverTime",
    "createdAt",
];

/// What each account starts with.
const FUNDS: [(&str, &str); 2] = [("BTC", "10"), ("USDT", "1000")];

/// Runs a flow on a fresh exchange with the markets of the fixture.
pub async fn run(text: &str, database: &Database) -> Result<Vec<Answered>> {
    let owner = database.connect("postgres").await?;
    owner.batch_execute(fixture::MARKETS).await?;
    let server = ApiServer::start(database).await?;
    let mut tokens = HashMap::new();
    let mut cursor = String::new();
    let mut answered = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') || line.starts_with(' ') {
            continue;
        }
        let mut words = line.splitn(4, ' ');
        let who = words.next().unwrap_or_default();
        if who == "login" {
            let name = words.next().context("login <name>")?;
            let account = api_server::open_account(&owner, name).await?;
            fund(&owner, account, name).await?;
            tokens.insert(name, api_server::login(server.port(), name).await?);
            continue;
        }
        let method = words.next().with_context(|| line.to_string())?;
        let path = words.next().with_context(|| line.to_string())?;
        let path = &path.replace("{cursor}", &cursor);
        let body = words.next();
        let (who, key) = match who.split_once('/') {
            Some((who, key)) => (who, Some(key)),
            None => (who, None),
        };
        let token = tokens.get(who).map(String::as_str);
        let request = Request { token, key, body };
        let answer = api_server::send(server.port(), method, path, request).await?;
        let mut shown = answer.body;
        if let Some(next) = shown["nextCursor"].as_str() {
            cursor = next.to_owned();
        }
        mask(&mut shown);
        answered.push((index + 1, format!("{} {shown}", answer.status)));
    }
    checks::assert_clean(&owner).await;
    Ok(answered)
}

async fn fund(owner: &tokio_postgres::Client, account: i64, name: &str) -> Result<()> {
    for (asset, amount) in FUNDS {
        let text = format!(
            "select exchange.adjust_balance({account}, '{asset}', {amount}, 'test',
                 'fund-{name}-{asset}')"
        );
        owner.batch_execute(&text).await?;
    }
    Ok(())
}

fn mask(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields.iter_mut() {
                if VARYING.contains(&name.as_str()) && !value.is_null() {
                    *value = "*".into();
                }
                mask(value);
            }
        }
        Value::Array(values) => values.iter_mut().for_each(mask),
        _ => {}
    }
}
