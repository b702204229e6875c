//! `risk.rules` for orders: kept in this backend's memory until `risk.order_rules_state` tells of a
//! change; and `risk.events`, written once a batch.

use crate::pg::counters;
use crate::pg::table::{Key, Table};
use engine::order::{AccountId, AssetId, Atoms};
use pgrx::prelude::*;
use serde::Deserialize;
use std::cell::RefCell;
use std::rc::Rc;

/// Column of `risk.order_rules_state`.
const CHANGE: usize = 1;

/// The rules that orders are judged by.
#[derive(Debug, Default)]
pub(crate) struct OrderRules {
    /// Accounts of whom nothing is asked, ascending.
    pub(crate) allowed: Vec<AccountId>,
    pub(crate) rules: Vec<Rule>,
}

/// A rule in force.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) name: String,
    pub(crate) version: i32,
    pub(crate) denies: bool,
    /// Whether it adds to its counter: of rules that share one, the first does.
    pub(crate) counts: bool,
    pub(crate) condition: Condition,
}

/// When a rule is met; see `risk.kinds`.
#[derive(Debug)]
pub(crate) enum Condition {
    OrderRate {
        most: u64,
        window_seconds: u32,
    },
    OrderNotional {
        asset: AssetId,
        most: Atoms,
        window_seconds: u32,
    },
    PriceDistance {
        most_ppm: u64,
    },
    LinkedTrades {
        most: u64,
        window_seconds: u32,
    },
    AccountListed {
        list: String,
        accounts: Vec<AccountId>,
    },
}

/// As `risk.order_rules()` writes them.
#[derive(Deserialize)]
struct WireRules {
    allowed: Vec<AccountId>,
    rules: Vec<WireRule>,
}

#[derive(Deserialize)]
struct WireRule {
    rule: String,
    version: i32,
    kind: String,
    denies: bool,
    parameters: serde_json::Value,
    within_seconds: u32,
    asset_id: AssetId,
    most: String,
    accounts: Vec<AccountId>,
}

thread_local! {
    static KNOWN: RefCell<Option<(i64, Rc<OrderRules>)>> = const { RefCell::new(None) };
}

/// The rules in force now. A database without them has none.
pub(crate) fn in_force() -> Rc<OrderRules> {
    let mut change = None;
    if let Some(state) = Table::find_to_read(c"risk", "order_rules_state") {
        state.scan(|_, row| change = Some(row.bigint(CHANGE)));
    }
    let Some(change) = change else {
        return Rc::default();
    };
    KNOWN.with_borrow_mut(|known| match known {
        Some((known_change, rules)) if *known_change == change => Rc::clone(rules),
        _ => {
            let rules = Rc::new(read());
            *known = Some((change, Rc::clone(&rules)));
            rules
        }
    })
}

fn read() -> OrderRules {
    let json = ask("select risk.order_rules()", &[]);
    let wire: WireRules = serde_json::from_str(&json)
        .unwrap_or_else(|error| panic!("cannot read the rules of orders: {error}"));
    let mut allowed = wire.allowed;
    allowed.sort_unstable();
    let mut rules: Vec<Rule> = wire.rules.into_iter().filter_map(rule).collect();
    for position in 0..rules.len() {
        let counter = rules[position].condition.counter();
        let is_same = |before: &Rule| before.condition.counter() == counter;
        rules[position].counts = counter.is_some() && !rules[..position].iter().any(is_same);
    }
    OrderRules { allowed, rules }
}

impl Condition {
    /// What tells counters of one account apart: what they count, and their window.
    fn counter(&self) -> Option<(u32, u32)> {
        match *self {
            Condition::OrderRate { window_seconds, .. } => Some((counters::ORDERS, window_seconds)),
            Condition::OrderNotional {
                asset,
                window_seconds,
                ..
            } => Some((counters::notional_in(asset), window_seconds)),
            Condition::LinkedTrades { window_seconds, .. } => {
                Some((counters::linked_trades_in(0), window_seconds))
            }
            Condition::PriceDistance { .. } | Condition::AccountListed { .. } => None,
        }
    }
}

fn rule(wire: WireRule) -> Option<Rule> {
    let most = || {
        let most = wire.most.parse();
        most.unwrap_or_else(|error| panic!("most of rule {}: {error}", wire.rule))
    };
    let condition = match &*wire.kind {
        "order_rate" => Condition::OrderRate {
            most: most() as u64,
            window_seconds: wire.within_seconds.max(1),
        },
        "order_notional" => Condition::OrderNotional {
            asset: wire.asset_id,
            most: most(),
            window_seconds: wire.within_seconds.max(1),
        },
        "price_distance" => Condition::PriceDistance {
            most_ppm: most() as u64,
        },
        "linked_trades" => Condition::LinkedTrades {
            most: most() as u64,
            window_seconds: wire.within_seconds.max(1),
        },
        "account_listed" => Condition::AccountListed {
            list: wire.parameters["list"].as_str().unwrap_or_default().into(),
            accounts: sorted(wire.accounts),
        },
        other => {
            let (name, other) = (&wire.rule, other);
            pgrx::warning!("rule {name} is not kept: this library knows no condition {other}");
            return None;
        }
    };
    Some(Rule {
        name: wire.rule,
        version: wire.version,
        denies: wire.denies,
        counts: false,
        condition,
    })
}

fn sorted(mut accounts: Vec<AccountId>) -> Vec<AccountId> {
    accounts.sort_unstable();
    accounts
}

/// Whether `risk.links` says that the accounts seem to be one person's.
pub(crate) fn are_linked(account: AccountId, other: AccountId) -> bool {
    let Some(table) = Table::find_to_read(c"risk", "links") else {
        return false;
    };
    let mut lookup = table.index("links_pkey", 2);
    let key = [Key::Bigint(account as i64), Key::Bigint(other as i64)];
    lookup.find(&key, |_, _| ()).is_some()
}

/// Records which rules were met, a json array as `risk.record_order_events()` takes it.
pub(crate) fn record(met: &serde_json::Value) {
    ask(
        "select risk.record_order_events($1::jsonb)::text",
        &[met.to_string().into()],
    );
}

fn ask(query: &str, arguments: &[pgrx::datum::DatumWithOid<'_>]) -> String {
    Spi::connect_mut(|client| {
        let row = client.update(query, Some(1), arguments)?.first();
        row.get::<String>(1)
    })
    .unwrap_or_else(|error| panic!("{query}: {error}"))
    .unwrap_or_default()
}
