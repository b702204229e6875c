//! What risk rules cost an order: the engine with rules of every kind in force and without, in turn
//! and in short slices, because a machine's noise is larger than the difference. The processor time
//! of the sessions' servers decides; the rates are beside it.

use std::time::Duration;

use anyhow::Result;

use super::engine_rate::Sessions;
use super::load::Done;
use super::report::Report;
use super::run::{MOST_PER_S, Plan};
use super::stage::Exchange;

/// Slices of each kind that a plan's round is cut into.
const SLICES_A_ROUND: usize = 5;
/// Commands of a batch.
const SIZE: usize = 256;

/// Rules that look at every order and meet none.
const RULES: [(&str, &str); 5] = [
    ("order_rate", r#"{"most":1000000000,"within_seconds":10}"#),
    (
        "order_notional",
        r#"{"asset":"USDT","most":"1000000000000000","within_seconds":60}"#,
    ),
    ("price_distance", r#"{"most_ppm":900000}"#),
    ("linked_trades", r#"{"most":1000000,"within_seconds":3600}"#),
    ("account_listed", r#"{"list":"suspects"}"#),
];

/// One account in a hundred is linked with another.
const LINKS: &str = "
    select count(risk.link_accounts(account_id, account_id + 1, 'bench'))
    from exchange.accounts where role = 'user' and account_id % 200 = 0
        and account_id < (select max(account_id) from exchange.accounts)";

/// Sums of slices of one kind.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    done: Done,
    cpu: Duration,
}

impl Sum {
    /// Processor time of one order.
    fn nanos_per_order(&self) -> u64 {
        let nanos = u64::try_from(self.cpu.as_nanos()).unwrap_or(u64::MAX);
        nanos / self.done.accepted.max(1)
    }
}

/// Measures and reports both, and what the one is of the other.
pub async fn measure(plan: &Plan, exchange: &Exchange, report: &mut Report) -> Result<()> {
    let owner = exchange.database.connect("postgres").await?;
    owner.batch_execute(LINKS).await?;
    owner
        .batch_execute("vacuum analyze exchange.accounts")
        .await?;
    let mut sessions = Sessions::open("risk", 6, plan.resting / 2, exchange).await?;
    let slice = plan.slice / u32::try_from(SLICES_A_ROUND)?;
    let most = 2 * sessions.measure(SIZE, slice, MOST_PER_S).await?.rate();
    let (mut without, mut with) = (Sum::default(), Sum::default());
    for number in 0..2 * SLICES_A_ROUND * plan.rounds {
        // Pairs of slices begin with the one and the other in turn.
        let has_rules = matches!(number % 4, 1 | 2);
        for (kind, parameters) in RULES {
            let text = match has_rules {
                true => format!(
                    "select risk.publish_rule('{kind}', 'order', '{kind}', '{parameters}', 'deny',
                         'BENCH')"
                ),
                false => format!(
                    "select risk.end_rule(rule) from risk.rules
                    where rule = '{kind}' and valid_until is null"
                ),
            };
            owner.batch_execute(&text).await?;
        }
        let before = sessions.cpu().await?;
        let done = sessions.measure(SIZE, slice, most).await?;
        let sum = if has_rules { &mut with } else { &mut without };
        sum.cpu += sessions.cpu().await? - before;
        sum.done.accepted += done.accepted;
        sum.done.rejected += done.rejected;
        sum.done.elapsed += done.elapsed;
    }
    let figures = [("without_rules", &without), ("with_rules", &with)];
    for (name, sum) in figures {
        report.add(&format!("engine_{name}_per_s"), sum.done.rate(), "orders/s");
        report.add(
            &format!("engine_{name}_cpu"),
            sum.nanos_per_order(),
            "ns/order",
        );
    }
    report.add_ratio(
        "risk_rules_cpu_to_without",
        with.nanos_per_order(),
        without.nanos_per_order(),
    );
    Ok(())
}
