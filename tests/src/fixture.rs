//! A small exchange to test on: three markets that share assets, and accounts with money.

use tokio_postgres::Client;

/// Units that keep examples readable: prices around 100, fees 0.1 % and 0.2 %.
pub const MARKETS: &str = "
    insert into exchange.assets (asset_id, symbol, scale)
    values (1, 'BTC', 8), (2, 'ETH', 18), (3, 'USDT', 6) on conflict do nothing;
    insert into exchange.fee_tiers (fee_tier_id, name, maker_rate, taker_rate)
    values (1, 'standard', 0.001, 0.002) on conflict do nothing;
    insert into exchange.accounts (role)
    select 'external' where not exists (select from exchange.accounts where role = 'external');
    select exchange.create_market(market_id, base, quote, tick => 0.01, lot => 0.0001,
        min_quantity => 0.0001, max_quantity => 1000, min_notional => 0.01, price_band => 0.5,
        reference_price => 100, max_open_orders => 1000000)
    from (values (1, 'BTC', 'USDT'), (2, 'ETH', 'USDT'), (3, 'ETH', 'BTC'))
        pairs (market_id, base, quote);";

/// BTC on regtest, ETH and USDT on anvil's chain, and what their nodes last said of fees. After the
/// markets.
pub const COINS: &str = "
    select chain.create_network(1, 'bitcoin', 'bitcoin', 'regtest'),
        chain.create_network(2, 'ethereum', 'evm', '31337');
    select chain.create_coin('BTC', 'bitcoin', null, confirmations => 2, large_amount => 5,
            large_confirmations => 6, min_deposit => 0.0001, min_withdrawal => 0.001,
            review_above => 1, second_review_above => 5, fee_units => 200, fee_floor => 0.00001,
            fee_ceiling => 0.001, sweep_above => 0.001, hot_floor => 1, hot_ceiling => 100),
        chain.create_coin('ETH', 'ethereum', null, confirmations => 3, large_amount => 50,
            large_confirmations => 12, min_deposit => 0.001, min_withdrawal => 0.01,
            review_above => 10, second_review_above => 50, fee_units => 120000,
            fee_floor => 0.00001, fee_ceiling => 0.05, sweep_above => 0.01, hot_floor => 10,
            hot_ceiling => 1000),
        chain.create_coin('USDT', 'ethereum', decode(repeat('dd', 20), 'hex'),
            confirmations => 3, large_amount => 100000, large_confirmations => 12,
            min_deposit => 1, min_withdrawal => 5, review_above => 10000,
            second_review_above => 100000, fee_units => 150000, fee_floor => 0.1,
            fee_ceiling => 50, sweep_above => 10, hot_floor => 1000, hot_ceiling => 1000000);
    insert into chain.fee_samples (network_id, sampled_at, rate)
    values (1, now(), 20), (2, now(), 20000000000);";

/// Makes the markets and so many accounts, each with a million of every asset. Gives the first
/// account's number; the others follow it.
pub async fn populate(owner: &Client, accounts: i64) -> i64 {
    owner
        .batch_execute(MARKETS)
        .await
        .expect("the markets are made");
    let text = "insert into exchange.accounts (email)
        select 'user' || n || '@example.com' from generate_series(1, $1::bigint) n
        order by n returning account_id";
    let rows = owner
        .query(text, &[&accounts])
        .await
        .expect("the accounts are made");
    let first = rows
        .iter()
        .map(|row| row.get::<_, i64>(0))
        .min()
        .expect("some accounts");
    let text = "select count(exchange.adjust_balance(account_id, symbol, 1000000, 'test',
            'fund-' || account_id || '-' || symbol))
        from exchange.accounts, exchange.assets where role = 'user' and account_id >= $1";
    owner
        .query_one(text, &[&first])
        .await
        .expect("the accounts are funded");
    first
}
