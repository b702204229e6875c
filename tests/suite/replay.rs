//! What Postgres did, read back from its tables and replayed through the pure engine: the same
//! trades, bit for bit, under the same numbers.

use std::collections::BTreeMap;

use engine::book::{Book, Journal, OwnedMemory};
use engine::command::Command;
use engine::decimal::{format, parse};
use engine::facts::{Facts, Trade};
use engine::fee::Rates;
use engine::host::{Host, Prior};
use engine::order::{
    AccountId, AssetId, Atoms, ClientOrderId, NewOrder, SelfTrade, Side, Terms, TimeInForce,
};
use engine::rules::{Rules, Status};
use tests::checks::assert_clean;
use tests::database::Database;
use tests::fixture;
use tests::random_commands::RandomCommands;
use tests::trading::submit;
use tokio_postgres::{Client, Row};

const SEQUENCES: i64 = 100_000_000_000_000;

/// Accepted orders had enough; keys are unique; so nobody needs to be asked again.
struct Rich;

impl Host for Rich {
    fn available(&mut self, _: AccountId, _: AssetId) -> Atoms {
        Atoms::MAX / 2
    }
    fn hold(&mut self, _: AccountId, _: AssetId, _: Atoms) {}
    fn release(&mut self, _: AccountId, _: AssetId, _: Atoms) {}
    fn pay(&mut self, _: AccountId, _: AssetId, _: Atoms) {}
    fn receive(&mut self, _: AccountId, _: AssetId, _: Atoms) {}
    fn prior(&mut self, _: AccountId, _: &ClientOrderId) -> Option<Prior> {
        None
    }
}

/// A market of the fixture as the engine wants it.
fn rules(market: u32, base_scale: u32, quote_scale: u32) -> Rules {
    Rules {
        market,
        base: 1,
        quote: 2,
        fee_account: 0,
        lot_atoms: 10u64.pow(base_scale - 4),
        tick_lot_atoms: 10u64.pow(quote_scale - 6),
        min_quantity_lots: 1,
        max_quantity_lots: 10_000_000,
        min_notional: 10u128.pow(quote_scale - 2),
        band_ppm: 500_000,
        reference_price_ticks: 10_000,
        max_open_orders: 1_000_000,
        allow_self_trade: false,
        status: Status::Trading,
    }
}

fn number(row: &Row, column: &str, scale: u32) -> Option<u128> {
    let text: Option<String> = row.get(column);
    text.map(|text| parse(&text, scale).expect("a decimal of that scale"))
}

fn placement(row: &Row, quote_scale: u32) -> NewOrder {
    let text = |column: &str| row.get::<_, String>(column);
    let lots = number(row, "quantity", 4).map(|lots| lots as u64);
    let time_in_force = match text("time_in_force").as_str() {
        "gtc" => TimeInForce::Gtc,
        "ioc" => TimeInForce::Ioc,
        _ => TimeInForce::Fok,
    };
    let terms = match (
        number(row, "price", 2),
        lots,
        number(row, "budget", quote_scale),
    ) {
        (Some(price), Some(quantity_lots), None) => Terms::Limit {
            price_ticks: price as u64,
            quantity_lots,
            time_in_force,
            post_only: row.get("post_only"),
        },
        (None, Some(quantity_lots), None) => Terms::Market {
            quantity_lots,
            fill_or_kill: time_in_force == TimeInForce::Fok,
        },
        (None, None, Some(budget)) => Terms::MarketBudget { budget },
        other => panic!("terms {other:?}"),
    };
    NewOrder {
        account: row.get::<_, i64>("account_id").unsigned_abs(),
        client_order_id: None,
        side: if text("side") == "buy" {
            Side::Buy
        } else {
            Side::Sell
        },
        terms,
        self_trade: match text("self_trade").as_str() {
            "expire_taker" => SelfTrade::ExpireTaker,
            "expire_maker" => SelfTrade::ExpireMaker,
            "expire_both" => SelfTrade::ExpireBoth,
            _ => SelfTrade::None,
        },
        rates: Rates {
            maker_ppm: number(row, "maker_rate", 6).unwrap_or_default() as u32,
            taker_ppm: number(row, "taker_rate", 6).unwrap_or_default() as u32,
        },
    }
}

/// What clients asked of a market, by number: placements from orders, the rest from updates that no
/// rule caused.
async fn commands(owner: &Client, market: i32, quote_scale: u32) -> BTreeMap<i64, Command> {
    let mut commands = BTreeMap::new();
    let text = "select order_id, account_id, side, kind, time_in_force, post_only, self_trade,
            price::text, quantity::text, budget::text, maker_rate::text, taker_rate::text
        from exchange.orders where market_id = $1";
    for row in owner.query(text, &[&market]).await.expect("the orders") {
        let sequence = row.get::<_, i64>("order_id") % SEQUENCES;
        commands.insert(sequence, Command::Place(placement(&row, quote_scale)));
    }
    let text = "select order_update_id, order_id, account_id, kind, removed_quantity::text
        from exchange.order_updates where market_id = $1 and kind <> 'expired'";
    for row in owner.query(text, &[&market]).await.expect("the updates") {
        let sequence = row.get::<_, i64>("order_update_id") % SEQUENCES;
        let order = (row.get::<_, i64>("order_id") % SEQUENCES).unsigned_abs();
        let account = row.get::<_, i64>("account_id").unsigned_abs();
        let command = if row.get::<_, String>("kind") == "reduced" {
            // What was taken off; what remains is known once its turn has come.
            let lots = number(&row, "removed_quantity", 4).unwrap_or_default() as u64;
            Command::Reduce {
                account,
                order,
                remaining_lots: lots,
            }
        } else {
            Command::Cancel { account, order }
        };
        commands.insert(sequence, command);
    }
    commands
}

fn replay(rules: &Rules, commands: BTreeMap<i64, Command>) -> Vec<Trade> {
    let mut memory = OwnedMemory::new(2048);
    let mut journal = Journal::default();
    let mut facts = Facts::default();
    let mut book = Book::new(memory.lend(), &mut journal);
    for (sequence, command) in commands {
        let next = book.sequence() + 1;
        assert_eq!(next as i64, sequence, "the next fact is {command:?}");
        let command = match command {
            Command::Reduce {
                account,
                order,
                remaining_lots: removed,
            } => {
                let open = book.get(order).expect("it is open").remaining_lots;
                Command::Reduce {
                    account,
                    order,
                    remaining_lots: open - removed,
                }
            }
            other => other,
        };
        let outcome = book.execute(rules, &mut Rich, &command, &mut facts);
        assert!(outcome.is_ok(), "{sequence}: {command:?}: {outcome:?}");
    }
    facts.trades
}

/// A trade as a line of text, every column but the time.
fn line(rules: &Rules, trade: &Trade, base_scale: u32, quote_scale: u32) -> String {
    let name = |sequence: u64| i64::from(rules.market) * SEQUENCES + sequence as i64;
    let (maker, taker) = match trade.taker_side {
        Side::Buy => (quote_scale, base_scale),
        Side::Sell => (base_scale, quote_scale),
    };
    format!(
        "{} {} {} {} {} {} {} {} {} {} {}",
        name(trade.sequence),
        format(trade.price_ticks.into(), 2),
        format(trade.quantity_lots.into(), 4),
        format(trade.quote, quote_scale),
        trade.taker_side.name(),
        name(trade.maker.order),
        name(trade.taker.order),
        trade.maker.account,
        trade.taker.account,
        format(trade.maker.fee, maker),
        format(trade.taker.fee, taker),
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn history_replayed_through_the_engine_gives_the_same_trades() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let first = fixture::populate(&owner, 8).await;
    let markets = ["BTC/USDT", "ETH/USDT", "ETH/BTC"];
    let mut tasks = Vec::new();
    for session in 0..4 {
        let trader = database.trader().await;
        let name = format!("replay{session}");
        let mut stream = RandomCommands::new(&name, session, &markets, first..first + 8);
        tasks.push(tokio::spawn(async move {
            for _ in 0..60 {
                let batch = stream.batch(100);
                match submit(&trader, &batch).await {
                    Ok(outcomes) => stream.learn(&batch, &outcomes),
                    Err(error) => assert_eq!(error.code().map(|c| c.code()), Some("40001")),
                }
            }
        }));
    }
    for task in tasks {
        task.await.expect("the session ends well");
    }
    assert_clean(&owner).await;
    for (market, base_scale, quote_scale) in [(1i32, 8, 6), (2, 18, 6), (3, 18, 8)] {
        let rules = rules(market.unsigned_abs(), base_scale, quote_scale);
        let replayed: Vec<String> = replay(&rules, commands(&owner, market, quote_scale).await)
            .iter()
            .map(|trade| line(&rules, trade, base_scale, quote_scale))
            .collect();
        let text = format!(
            "select concat_ws(' ', trade_id, price, quantity, quote_amount, taker_side,
                 maker_order_id, taker_order_id, maker_account_id, taker_account_id, maker_fee,
                 taker_fee)
             from exchange.trades where market_id = {market} order by trade_id"
        );
        let recorded = tests::trading::rows(&owner, &text).await;
        assert!(recorded.len() > 500, "only {} trades", recorded.len());
        assert_eq!(replayed, recorded);
    }
}
