//! An endless stream of commands of every kind, the same for the same seed and the same answers.
//! Prices stay close together, so that orders meet.

use std::collections::VecDeque;
use std::ops::Range;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

/// How many of its orders the stream remembers, to cancel, reduce and replace them.
const REMEMBERED: usize = 200;

/// The stream.
#[derive(Debug)]
pub struct RandomCommands {
    random: StdRng,
    name: String,
    markets: Vec<String>,
    accounts: Range<i64>,
    orders: VecDeque<Known>,
    made: u64,
}

#[derive(Clone, Debug)]
struct Known {
    account: i64,
    order: String,
}

impl RandomCommands {
    /// `name` is unique among streams: client order ids begin with it.
    pub fn new(name: &str, seed: u64, markets: &[&str], accounts: Range<i64>) -> RandomCommands {
        RandomCommands {
            random: StdRng::seed_from_u64(seed),
            name: name.into(),
            markets: markets.iter().map(|market| (*market).into()).collect(),
            accounts,
            orders: VecDeque::new(),
            made: 0,
        }
    }

    /// So many commands.
    pub fn batch(&mut self, size: usize) -> Vec<Value> {
        (0..size).map(|_| self.next()).collect()
    }

    /// Remembers the orders that were placed.
    pub fn learn(&mut self, batch: &[Value], outcomes: &[Value]) {
        for (command, outcome) in batch.iter().zip(outcomes) {
            let status = outcome.get("placed").unwrap_or(outcome);
            let order = status.get("order_id").and_then(Value::as_str);
            let (Some(order), Some("open")) = (order, status["state"].as_str()) else {
                continue;
            };
            let Some(account) = command["account_id"].as_i64() else {
                continue;
            };
            self.orders.push_back(Known {
                account,
                order: order.into(),
            });
            if self.orders.len() > REMEMBERED {
                self.orders.pop_front();
            }
        }
    }

    fn next(&mut self) -> Value {
        self.made += 1;
        match self.random.random_range(0..100) {
            0..10 => self.on_known("cancel"),
            10..14 => self.on_known("reduce"),
            14..18 => self.on_known("replace"),
            18 if self.random.random_ratio(1, 10) => {
                let account = self.random.random_range(self.accounts.clone());
                json!({ "verb": "cancel_all", "account_id": account, "market": self.market() })
            }
            _ => self.place(),
        }
    }

    fn on_known(&mut self, verb: &str) -> Value {
        let index = self.random.random_range(0..self.orders.len().max(1));
        let Some(known) = self.orders.get(index).cloned() else {
            return self.place();
        };
        if verb != "reduce" {
            self.orders.remove(index);
        }
        let mut command =
            json!({ "verb": verb, "account_id": known.account, "order_id": known.order });
        match verb {
            "reduce" => command["quantity"] = json!(self.quantity()),
            "replace" => {
                command["side"] = json!(self.side());
                command["price"] = json!(self.price());
                command["quantity"] = json!(self.quantity());
                command["client_order_id"] = json!(self.id());
            }
            _ => {}
        }
        command
    }

    fn place(&mut self) -> Value {
        let account = self.random.random_range(self.accounts.clone());
        let market = self.market();
        let modes = ["expire_taker", "expire_maker", "expire_both"];
        let self_trade = modes.choose(&mut self.random).copied().unwrap_or_default();
        let mut command = json!({
            "verb": "place", "account_id": account, "market": market,
            "self_trade": self_trade, "client_order_id": self.id() });
        match self.random.random_range(0..100) {
            0..6 => {
                command["side"] = json!("buy");
                command["kind"] = json!("market");
                command["budget"] = json!(self.random.random_range(1..50).to_string());
            }
            6..14 => {
                command["side"] = json!(self.side());
                command["kind"] = json!("market");
                command["quantity"] = json!(self.quantity());
            }
            kind => {
                command["side"] = json!(self.side());
                command["price"] = json!(self.price());
                command["quantity"] = json!(self.quantity());
                match kind {
                    14..24 => command["time_in_force"] = json!("ioc"),
                    24..30 => command["time_in_force"] = json!("fok"),
                    30..36 => command["post_only"] = json!(true),
                    _ => {}
                }
            }
        }
        command
    }

    fn id(&self) -> String {
        format!("{}-{}", self.name, self.made)
    }

    fn market(&mut self) -> String {
        self.markets
            .choose(&mut self.random)
            .cloned()
            .unwrap_or_default()
    }

    fn side(&mut self) -> &'static str {
        if self.random.random() { "buy" } else { "sell" }
    }

    fn price(&mut self) -> String {
        format!(
            "{}.{:02}",
            self.random.random_range(99..=101),
            self.random.random_range(0..100)
        )
    }

    fn quantity(&mut self) -> String {
        format!("0.{:04}", self.random.random_range(1..500))
    }
}
