//! What clients were told, and whether the tables know it.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;
use tokio_postgres::Client;

/// What the clients remember.
#[derive(Default)]
pub(super) struct Acknowledged(Mutex<Memory>);

#[derive(Default)]
struct Memory {
    /// Account, base and quote filled at once, by order.
    placed: HashMap<i64, (i64, String, String)>,
    cancelled: HashSet<i64>,
    by_sql: usize,
    by_api: usize,
    trades: usize,
}

impl Acknowledged {
    /// Remembers an outcome of a command of `account`, in the words of SQL or of the API.
    pub(super) fn remember(&self, account: i64, outcome: &Value, is_api: bool) {
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *(if is_api {
            &mut memory.by_api
        } else {
            &mut memory.by_sql
        }) += 1;
        if let (Some(cancelled), Some(placed)) = (outcome.get("cancelled"), outcome.get("placed")) {
            memory.status(account, cancelled);
            memory.status(account, placed);
        } else {
            memory.status(account, outcome);
        }
    }

    /// Outcomes by SQL and by the API.
    pub(super) fn seen(&self) -> (usize, usize) {
        let memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (memory.by_sql, memory.by_api)
    }

    /// Orders, trading orders, cancels.
    pub(super) fn counts(&self) -> (usize, usize, usize) {
        let memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (memory.placed.len(), memory.trades, memory.cancelled.len())
    }

    /// Panics where the tables do not know something that was acknowledged.
    pub(super) async fn compare(&self, owner: &Client, place: &str) {
        let (placed, cancelled) = {
            let memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            (memory.placed.clone(), memory.cancelled.clone())
        };
        let numbers: Vec<i64> = placed.keys().copied().collect();
        let text = "
            with took as (
                select taker_order_id, sum(quantity) as quantity, sum(quote_amount) as quote
                from exchange.trades where taker_order_id = any($1) group by taker_order_id)
            select o.order_id, o.account_id, trim_scale(coalesce(t.quantity, 0))::text,
                trim_scale(coalesce(t.quote, 0))::text
            from exchange.orders o left join took t on t.taker_order_id = o.order_id
            where o.order_id = any($1)";
        let rows = owner.query(text, &[&numbers]).await.expect("the orders");
        let known: HashMap<i64, (i64, String, String)> = rows
            .iter()
            .map(|row| (row.get(0), (row.get(1), row.get(2), row.get(3))))
            .collect();
        for (order, told) in &placed {
            assert_eq!(known.get(order), Some(told), "{place}: order {order}");
        }
        let numbers: Vec<i64> = cancelled.into_iter().collect();
        let text = "select n from unnest($1::bigint[]) n
            where not exists (select from exchange.orders o
                where o.order_id = n and o.state = 'cancelled')
            or not exists (select from exchange.order_updates u
                where u.order_id = n and u.kind = 'cancelled')";
        let lost = owner.query(text, &[&numbers]).await.expect("the cancels");
        assert!(lost.is_empty(), "{place}: {} cancels are lost", lost.len());
    }
}

impl Memory {
    fn status(&mut self, account: i64, status: &Value) {
        let text = |snake: &str, camel: &str| {
            status
                .get(snake)
                .or_else(|| status.get(camel))
                .and_then(Value::as_str)
        };
        let Some(order) = text("order_id", "orderId").and_then(|text| text.parse().ok()) else {
            return;
        };
        if status["state"] == "cancelled" {
            self.cancelled.insert(order);
        }
        let filled = text("filled_quantity", "filledQuantity");
        let quote = text("filled_quote", "filledQuote");
        if let (Some(filled), Some(quote)) = (filled, quote)
            && !self.placed.contains_key(&order)
        {
            let (filled, quote) = (trimmed(filled), trimmed(quote));
            self.trades += usize::from(filled != "0");
            self.placed.insert(order, (account, filled, quote));
        }
    }
}

/// Without zeros at its end, as `trim_scale` gives it.
fn trimmed(decimal: &str) -> String {
    if !decimal.contains('.') {
        return decimal.into();
    }
    decimal.trim_end_matches('0').trim_end_matches('.').into()
}
