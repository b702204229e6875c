//! Where the bench runs: a durable cluster, and exchanges with three markets and 10,000 accounts.

use anyhow::Result;
use engine::fee::Rates;
use engine::rules::{Rules, Status};
use tokio_postgres::Client;

use crate::cluster::{Cluster, Settings};
use crate::database::Database;

/// How many accounts trade.
pub const ACCOUNTS: u64 = 10_000;

/// Fee rates of all accounts: 0.1 % and 0.2 %.
pub const RATES: Rates = Rates {
    maker_ppm: 1_000,
    taker_ppm: 2_000,
};

/// A market of the bench.
#[derive(Clone, Copy, Debug)]
pub struct BenchMarket {
    /// base/quote.
    pub symbol: &'static str,
    /// Where the sides meet.
    pub middle_ticks: u64,
    /// Decimals of a tick, which is 10^-this.
    pub tick_scale: u32,
    /// Decimals of a lot, which is 10^-this.
    pub lot_scale: u32,
    base: (u32, u32),
    quote: (u32, u32),
}

/// Assets and their scales.
const BTC: (u32, u32) = (1, 8);
const ETH: (u32, u32) = (2, 18);
const USDT: (u32, u32) = (3, 6);

/// The markets, numbered from 1.
pub const MARKETS: [BenchMarket; 3] = [
    BenchMarket {
        symbol: "BTC/USDT",
        middle_ticks: 6_000_000,
        tick_scale: 2,
        lot_scale: 4,
        base: BTC,
        quote: USDT,
    },
    BenchMarket {
        symbol: "ETH/USDT",
        middle_ticks: 300_000,
        tick_scale: 2,
        lot_scale: 3,
        base: ETH,
        quote: USDT,
    },
    BenchMarket {
        symbol: "ETH/BTC",
        middle_ticks: 5_000,
        tick_scale: 5,
        lot_scale: 2,
        base: ETH,
        quote: BTC,
    },
];

impl BenchMarket {
    /// Decimals of base and quote amounts.
    pub fn scales(&self) -> (u32, u32) {
        (self.base.1, self.quote.1)
    }

    /// The rules as the pure engine wants them.
    pub fn rules(&self, number: u32, fee_account: u64) -> Rules {
        let digits = self.quote.1 - self.tick_scale - self.lot_scale.min(self.quote.1);
        Rules {
            market: number,
            base: self.base.0,
            quote: self.quote.0,
            fee_account,
            lot_atoms: 10u64.pow(self.base.1 - self.lot_scale),
            tick_lot_atoms: 10u64.pow(digits),
            min_quantity_lots: 1,
            max_quantity_lots: 1_000_000,
            min_notional: 0,
            band_ppm: 500_000,
            reference_price_ticks: self.middle_ticks,
            max_open_orders: 1_000_000,
            allow_self_trade: false,
            status: Status::Trading,
        }
    }
}

/// An exchange with markets and funded accounts.
#[derive(Debug)]
pub struct Exchange {
    /// Where it is.
    pub database: Database,
    /// Number of the account before the first that trades.
    pub before_accounts: u64,
    /// Who gets the fees of each market.
    pub fee_accounts: Vec<u64>,
}

/// The settings of `make run`, and what it does to a new cluster.
const SETTINGS: &str = concat!(
    include_str!("../../../scripts/postgres.conf"),
    "log_min_duration_statement = -1"
);
const PREPARE_WAL: &str = include_str!("../../../scripts/prepare_wal.sql");

/// The cluster, as `make run` makes it, with room for larger books. Everything that durability
/// asks for is on.
pub fn cluster() -> Result<Cluster> {
    let cluster = Cluster::start(Settings {
        durable: true,
        max_markets: 16,
        max_open_orders: 1_200_000,
        extra: SETTINGS,
    })?;
    cluster.primary().run_script("postgres", PREPARE_WAL)?;
    Ok(cluster)
}

/// Makes an exchange in a database of that name.
pub async fn exchange(cluster: &Cluster, name: &str) -> Result<Exchange> {
    let database = Database::named(cluster.primary(), name).await?;
    let owner = database.connect("postgres").await?;
    owner.batch_execute(ASSETS).await?;
    for (index, market) in MARKETS.iter().enumerate() {
        owner.batch_execute(&create(index + 1, market)).await?;
    }
    let row = owner
        .query_one(ACCOUNTS_SQL, &[&i64::try_from(ACCOUNTS)?])
        .await?;
    let first = row.get::<_, i64>(0);
    fund(&owner, first).await?;
    let text = "select fee_account_id from exchange.markets order by market_id";
    let fees = owner.query(text, &[]).await?;
    owner.batch_execute("vacuum analyze").await?;
    Ok(Exchange {
        database,
        before_accounts: u64::try_from(first)? - 1,
        fee_accounts: fees
            .iter()
            .map(|row| row.get::<_, i64>(0).unsigned_abs())
            .collect(),
    })
}

const ASSETS: &str = "
    insert into exchange.assets (asset_id, symbol, scale)
    values (1, 'BTC', 8), (2, 'ETH', 18), (3, 'USDT', 6) on conflict do nothing;
    insert into exchange.fee_tiers (fee_tier_id, name, maker_rate, taker_rate)
    values (1, 'standard', 0.001, 0.002) on conflict do nothing;
    insert into exchange.accounts (role)
    select 'external' where not exists (select from exchange.accounts where role = 'external')";

const ACCOUNTS_SQL: &str = "
    with made as (
        insert into exchange.accounts (email)
        select 'user' || n || '@example.com' from generate_series(1, $1::bigint) n
        returning account_id)
    select min(account_id) from made";

/// A billion of every asset for every account, in four statements rather than 30,000 calls of
/// `adjust_balance`, with all that such calls would have written.
async fn fund(owner: &Client, first: i64) -> Result<()> {
    for text in FUND {
        owner.execute(text, &[&first]).await?;
    }
    Ok(())
}

const FUND: [&str; 4] = [
    "insert into exchange.adjustments
         (account_id, asset_id, amount, counter_account_id, reason, idempotency_key)
     select a.account_id, asset_id, round(1000000000, scale), contra.account_id, 'bench',
         'fund-' || a.account_id || '-' || symbol
     from exchange.accounts a cross join exchange.assets
     join exchange.accounts contra on contra.role = 'external'
     where a.role = 'user' and a.account_id >= $1",
    "insert into exchange.balances (account_id, asset_id, available)
     select account_id, asset_id, amount from exchange.adjustments where account_id >= $1",
    "insert into exchange.events (stream_id, first_sequence, last_sequence, payload, occurred_at)
     select 10000, n, n, jsonb_build_object('change', 'adjusted'), now()
     from exchange.adjustments cross join lateral (select adjustment_id as n) numbered
     where account_id >= $1",
    "update exchange.streams set last_sequence = (
         select count(*) from exchange.adjustments where account_id >= $1)
     where stream_id = 10000",
];

fn create(number: usize, market: &BenchMarket) -> String {
    let (base, quote) = market.symbol.split_once('/').unwrap_or_default();
    let unit = |scale| engine::decimal::format(1, scale);
    let reference = engine::decimal::format(market.middle_ticks.into(), market.tick_scale);
    let (tick, lot) = (unit(market.tick_scale), unit(market.lot_scale));
    format!(
        "select exchange.create_market({number}, '{base}', '{quote}', tick => {tick}, lot => {lot},
             min_quantity => {lot}, max_quantity => 1000000 * {lot}, min_notional => 0,
             price_band => 0.5, reference_price => {reference}, max_open_orders => 1000000)"
    )
}
