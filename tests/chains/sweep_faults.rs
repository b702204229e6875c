//! Workers that are killed while they gather deposits, send gas for it, or move what is too much to
//! the cold wallet: each coin moves once, and chain and books agree.

use alloy::primitives::{Address, U256};
use bitcoin::ScriptBuf;
use tests::arrivals::{ask, until_it_says};
use tests::cold_room::{ColdRoom, operate};
use tests::fault_points::Part;
use tests::paying_bitcoin::{self, PayingBitcoin, script_of};
use tests::paying_evm::{self, PayingEvm};
use tests::token::words;
use tests::watched_evm::{balance_call, milliether_wei, transfer_call};
use tokio_postgres::Client;

/// What payments of a purpose have come to.
fn states_of(purpose: &str) -> String {
    format!(
        "select string_agg(state, ', ' order by payment_id) from chain.payments
         where purpose = '{purpose}'"
    )
}

/// Waits until so many deposits are credited.
async fn credited(owner: &Client, count: u32) {
    let text = "select count(*)::text from exchange.deposits where state = 'credited'";
    until_it_says(owner, text, &count.to_string()).await;
}

/// Three keys that nobody uses, apart by spaces.
fn cold_keys() -> String {
    let room = ColdRoom::open();
    ["first", "second", "third"]
        .map(|name| room.make_key(name).to_string())
        .join(" ")
}

/// Mines until no payment is under way.
async fn bitcoin_rests(paying: &PayingBitcoin) {
    tests::wait::until("nothing is under way", async || {
        paying.mined(1).await;
        let open = "select count(*)::text from chain.payments where ended_at is null";
        ask(&paying.world.owner, open).await == "0"
    })
    .await;
}

#[tokio::test]
async fn a_gatherer_of_bitcoin_may_be_killed_at_every_step() {
    let mut paying = PayingBitcoin::start("bitcoin_sweep_killed").await;
    let cold = cold_wallet(&paying);
    let _signers = paying.house.signers(&paying.world.database);
    let mut gathered = 0;
    for point in Part::BitcoinSweep.points() {
        let fault = [("EXCHANGE_FAULT_POINT", point.clone())];
        let purpose = point.trim_end_matches("_planned");
        match purpose {
            "cold" => limit(&paying, "3").await,
            _ => {
                gathered += 1;
                pay_in(&mut paying, 40_000_000).await;
                credited(&paying.world.owner, gathered).await;
            }
        }
        let mut doomed = paying.pays(&fault);
        doomed.dies_at(&point).await;
        let _payments = paying.pays(&[]);
        until_it_says(&paying.world.owner, &states_of(purpose), "broadcast").await;
        bitcoin_rests(&paying).await;
        let owner = &paying.world.owner;
        assert_eq!(
            ask(owner, &states_of(purpose)).await,
            "confirmed",
            "{point}"
        );
        limit(&paying, "100").await;
        paying.assert_agreed().await;
    }
    let gathered_from = paying.holds_at(&paying.deposit.name).await;
    assert_eq!(gathered_from, "0.0", "the deposit address is empty");
    // 4 BTC and what was gathered, less its fee; all above 3 BTC went away.
    let excess = "select trim_scale(sum(i.amount))::text from chain.payment_items i
        join chain.payments p using (payment_id) where p.purpose = 'cold'";
    let excess = ask(&paying.world.owner, excess).await;
    assert!(excess.starts_with("1.39"), "{excess}");
    assert_eq!(paying.holds_at(&cold).await, excess);
}

async fn limit(paying: &PayingBitcoin, ceiling: &str) {
    let text = format!("update chain.coins set hot_ceiling = {ceiling}");
    let limited = paying.world.owner.batch_execute(&text).await;
    limited.expect("limited");
}

fn cold_wallet(paying: &PayingBitcoin) -> String {
    let command = format!("wallets bitcoin cold {}", cold_keys());
    let output = operate(&paying.world.database, &command, &paying.world.settings());
    assert!(output.status.success(), "{}", words(&output));
    let said = String::from_utf8(output.stdout).expect("text");
    script_of(said.trim());
    paying.house.pin("bitcoin:regtest/cold", said.trim());
    said.trim().to_owned()
}

async fn pay_in(paying: &mut PayingBitcoin, sats: u64) {
    let script = ScriptBuf::from_bytes(paying.deposit.script.clone());
    let world = &mut paying.world;
    let paid = world.purse.pay(&[(script, sats)], tests::purse::FEE);
    let paid = paid.expect("a payment");
    world.node.send(&paid).await.expect("taken");
    paying.mined(paying_bitcoin::FINAL).await;
}

#[tokio::test]
async fn a_gatherer_of_ether_and_tokens_may_be_killed_at_every_step() {
    let paying = PayingEvm::start("evm_sweep_killed").await;
    let (world, owner) = (&paying.world, &paying.world.owner);
    let cold = paying
        .house
        .settle_cold_evm(&world.database, &world.node, &cold_keys())
        .await;
    let cold = cold.expect("a cold Safe");
    limit_ether(owner, "100000").await;
    let _signers = paying.house.signers(&world.database);
    let (mut moved, mut tokens) = (String::new(), 0);
    for point in Part::EvmSweep.points() {
        let purpose = point.trim_end_matches("_planned");
        match purpose {
            "cold" => limit_ether(owner, "900").await,
            "gas" => {
                tokens += 30_000_000;
                let paid = transfer_call(paying.deposit, 30_000_000);
                let paid = world.node.invoke(0, world.token, paid, U256::ZERO).await;
                paid.expect("taken");
            }
            _ => {
                let paid = world.node.pay(0, paying.deposit, milliether_wei(2_000));
                paid.await.expect("paid");
            }
        }
        paying.mined(paying_evm::FINAL).await;
        credited(owner, u32::from(tokens > 0) + 1).await;
        let mut doomed = paying.pays(&[("EXCHANGE_FAULT_POINT", point.clone())]);
        doomed.dies_at(&point).await;
        let _payments = paying.pays(&[]);
        ethereum_rests(&paying).await;
        moved.push_str(&format!("{purpose} "));
        let said = "select string_agg(purpose || ' ' || state, ', ' order by payment_id)
            from chain.payments";
        let wanted = match purpose {
            "sweep" => "sweep confirmed",
            "gas" => "sweep confirmed, gas confirmed, sweep confirmed",
            _ => "sweep confirmed, gas confirmed, sweep confirmed, cold confirmed",
        };
        assert_eq!(ask(owner, said).await, wanted, "{point}");
        limit_ether(owner, "100000").await;
        paying.assert_agreed().await;
    }
    assert_eq!(moved, "sweep gas cold ");
    assert_eq!(token_of(&paying, paying.safe).await, U256::from(tokens));
    assert_eq!(token_of(&paying, paying.deposit).await, U256::ZERO);
    assert_eq!(paying.holds(paying.safe).await, milliether_wei(900_000));
    // 1,000 ETH and what was gathered; all above 900 ETH went away.
    let held = paying.holds(cold).await;
    let range = milliether_wei(101_900)..milliether_wei(102_000);
    assert!(range.contains(&held), "{held}");
}

async fn limit_ether(owner: &Client, ceiling: &str) {
    let text = format!("update chain.coins set hot_ceiling = {ceiling} where contract is null");
    owner.batch_execute(&text).await.expect("limited");
}

async fn token_of(paying: &PayingEvm, address: Address) -> U256 {
    let asked = balance_call(address);
    let held = paying.world.node.ask(paying.world.token, asked).await;
    U256::from_be_slice(&held.expect("an answer"))
}

/// Mines until no payment is under way and nothing waits to be gathered.
async fn ethereum_rests(paying: &PayingEvm) {
    let open = "select ((select count(*) from chain.payments where ended_at is null)
        + (select count(*) from chain.gathered(2, 0, 100)))::text";
    tests::wait::until("nothing is under way", async || {
        paying.mined(1).await;
        ask(&paying.world.owner, open).await == "0"
    })
    .await;
}
