//! Networks and coins as the tests list them: few confirmations, low limits.

use alloy::primitives::Address;
use tokio_postgres::Client;

use crate::evm_node::CHAIN_ID;
use crate::fixture::MARKETS;

/// Number of the Bitcoin network.
pub const BITCOIN: i32 = 1;
/// Number of the Ethereum network.
pub const ETHEREUM: i32 = 2;

/// Lists Bitcoin (regtest) with BTC: 2 confirmations, 6 from 5 BTC on, at least 0.0001 BTC.
pub async fn list_bitcoin(owner: &Client) {
    let text = "
        select chain.create_network(1, 'bitcoin', 'bitcoin', 'regtest');
        select chain.create_coin('BTC', 'bitcoin', null, confirmations => 2, large_amount => 5,
            large_confirmations => 6, min_deposit => 0.0001, min_withdrawal => 0.001,
            review_above => 1, second_review_above => 5, fee_units => 200, fee_floor => 0.00001,
            fee_ceiling => 0.001, sweep_above => 0.001, hot_floor => 1, hot_ceiling => 100);";
    list(owner, text).await;
}

/// Lists Ethereum with ETH: 3 confirmations, 12 from 50 ETH on, at least 0.001 ETH; and, where the
/// contract is on the chain, USDT: the same, 12 from 100,000 USDT on, at least 1 USDT.
pub async fn list_ethereum(owner: &Client, usdt: Option<Address>) {
    let mut text = format!(
        "select chain.create_network(2, 'ethereum', 'evm', '{CHAIN_ID}');
        select chain.create_coin('ETH', 'ethereum', null, confirmations => 3, large_amount => 50,
            large_confirmations => 12, min_deposit => 0.001, min_withdrawal => 0.01,
            review_above => 10, second_review_above => 50, fee_units => 120000,
            fee_floor => 0.00001, fee_ceiling => 0.05, sweep_above => 0.01, hot_floor => 10,
            hot_ceiling => 1000);"
    );
    if let Some(contract) = usdt {
        text.push_str(&format!(
            "select chain.create_coin('USDT', 'ethereum', decode('{}', 'hex'), confirmations => 3,
                large_amount => 100000, large_confirmations => 12, min_deposit => 1,
                min_withdrawal => 5, review_above => 10000, second_review_above => 100000,
                fee_units => 150000, fee_floor => 0.1, fee_ceiling => 50, sweep_above => 10,
                hot_floor => 1000, hot_ceiling => 1000000);",
            hex::encode(contract)
        ));
    }
    list(owner, &text).await;
}

/// The account's deposit address on a network, by its script; the number is the address's.
pub async fn give_address(
    owner: &Client,
    network_id: i32,
    account_id: i64,
    asset: &str,
    address: &str,
    script: &[u8],
) -> i64 {
    let text = "insert into chain.addresses (network_id, account_id, asset_id, address, script)
        select $1, $2, a.asset_id, $4, $5 from exchange.assets a where a.symbol = $3
        returning address_id";
    owner
        .query_one(text, &[&network_id, &account_id, &asset, &address, &script])
        .await
        .expect("the address is given")
        .get(0)
}

/// With the markets, unless they are there.
async fn list(owner: &Client, text: &str) {
    let markets = owner
        .query_one("select count(*) from exchange.markets", &[])
        .await
        .expect("an exchange")
        .get::<_, i64>(0);
    let first = match markets {
        0 => MARKETS,
        _ => "",
    };
    owner
        .batch_execute(&[first, text].concat())
        .await
        .expect("the coins are listed");
}
