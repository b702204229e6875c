//! Who carries a transaction of the Safe, and under which number of the gas account: strangers may
//! carry ours, numbers may be missing; each payment counts once, at the cost of who paid for it.

use alloy::primitives::{Address, Bytes, U256};
use alloy::sol;
use alloy::sol_types::SolCall as _;
use chain::safe::{self, SafeTransaction};
use serde_json::{Value, json};
use tests::arrivals::{ask, available_of, until_it_says};
use tests::evm_node::CHAIN_ID;
use tests::looks::payments_have_looked;
use tests::paying_evm::{FINAL, PayingEvm, receiver};
use tests::wait;

/// Nothing is sent a second time.
const ONCE: [(&str, &str); 1] = [("EXCHANGE_RESEND_AFTER_MS", "3600000")];
/// What the gas account has paid for what was undone.
const VAIN_COSTS: &str = "select count(*) || ' ' || bool_and(c.amount = a.fee and a.fee > 0)
    from exchange.network_costs c join chain.attempts a using (attempt_id)
    where a.is_reverted and a.from_script is not null";

sol! {
    function approveHash(bytes32 hash);
    function execTransaction(
        address to, uint256 value, bytes data, uint8 operation, uint256 safeTxGas, uint256 baseGas,
        uint256 gasPrice, address gasToken, address refundReceiver, bytes signatures
    ) returns (bool success);
}

/// Two owners of the Safe have it send nothing to itself, past the exchange; its next number is
/// used by that once a block is mined.
async fn used_by_owners(paying: &PayingEvm) {
    let (node, safe) = (&paying.world.node, paying.safe);
    let ask = async |data: Bytes| node.ask(safe, data.to_vec()).await.expect("an answer");
    let nonce = safe::read_nonce(&ask(safe::ask_nonce()).await).expect("a number");
    let owners = safe::read_owners(&ask(safe::ask_owners()).await).expect("owners");
    let spent = SafeTransaction {
        chain_id: CHAIN_ID,
        safe,
        to: safe,
        value: U256::ZERO,
        data: Bytes::new(),
        safe_tx_gas: 50_000,
        nonce,
    };
    let hash = spent.hash();
    let mut two = [owners[0], owners[2]];
    two.sort_unstable();
    let send = async |from: Address, data: Vec<u8>| {
        let called = json!({
            "from": from, "to": safe, "data": Bytes::from(data), "gas": "0x7a120",
            // Dearer than what the exchange offers.
            "gasPrice": "0x2540be4000" });
        node.send(called).await.expect("taken");
    };
    let mut signatures = Vec::new();
    for owner in two {
        let wealth = json!([owner, "0xde0b6b3a7640000"]);
        node.call("anvil_setBalance", wealth).await.expect("rich");
        let lent = node.call("anvil_impersonateAccount", json!([owner]));
        lent.await.expect("lent");
        send(owner, approveHashCall { hash }.abi_encode()).await;
        // Approved on the chain: the owner, nothing, 1.
        signatures.extend([&owner.into_word()[..], &[0; 32], &[1]].concat());
    }
    let executed = execTransactionCall {
        to: spent.to,
        value: spent.value,
        data: spent.data,
        operation: 0,
        safeTxGas: U256::from(spent.safe_tx_gas),
        baseGas: U256::ZERO,
        gasPrice: U256::ZERO,
        gasToken: Address::ZERO,
        refundReceiver: Address::ZERO,
        signatures: signatures.into(),
    };
    // After both approvals: of one account the numbers say the order.
    send(two[1], executed.abi_encode()).await;
}

fn once() -> Vec<(&'static str, String)> {
    ONCE.map(|(name, value)| (name, value.to_owned())).to_vec()
}

/// The hash of our one carrier, and what it says to the Safe.
async fn ours(paying: &PayingEvm) -> (String, Value) {
    let text = "select '0x' || encode(txid, 'hex') from chain.attempts
        where from_script is not null order by attempt_id desc limit 1";
    let txid = ask(&paying.world.owner, text).await;
    let found = paying
        .world
        .node
        .call("eth_getTransactionByHash", json!([txid]));
    let input = found.await.expect("it waits")["input"].clone();
    (txid, input)
}

/// Somebody else carries the same, and offers miners more.
async fn carried_by_a_stranger(paying: &PayingEvm, input: &Value) {
    let node = &paying.world.node;
    let carrier = json!({ "from": node.account(5), "to": paying.safe, "data": input,
        "gas": "0x4c4b40", "maxFeePerGas": "0x174876e800",
        "maxPriorityFeePerGas": "0x2540be400" });
    node.send(carrier).await.expect("taken");
}

async fn status_of(paying: &PayingEvm, txid: &str) -> Value {
    let receipt = paying.world.node.receipt(txid.parse().expect("a hash"));
    let receipt = receipt.await.expect("an answer");
    receipt.expect("it is mined")["status"].clone()
}

#[tokio::test]
async fn a_stranger_s_carrier_pays_once_and_the_number_of_ours_is_filled() {
    let paying = PayingEvm::start("evm_stranger").await;
    let owner = &paying.world.owner;
    let _signers = paying.house.signers(&paying.world.database);
    let to = receiver(30);
    let txid = {
        let _payments = paying.pays(&once());
        let withdrawal = paying.withdraw(to, "0.1").await;
        paying.until(withdrawal, "broadcast").await;
        let (txid, input) = ours(&paying).await;
        let dropped = paying
            .world
            .node
            .call("anvil_dropTransaction", json!([txid]));
        dropped.await.expect("dropped");
        carried_by_a_stranger(&paying, &input).await;
        paying.mined(1).await;
        let adopted = "select count(*)::text from chain.attempts
            where from_script is null and state = 'mined' and is_success";
        until_it_says(owner, adopted, "1").await;
        paying.ends_well(to, 1, "a stranger's carrier").await;
        let costs = "select count(*)::text from exchange.network_costs";
        assert_eq!(ask(owner, costs).await, "0", "the stranger has paid");
        txid
    };
    // Its payment has ended; its number must be used up all the same, at our cost.
    let _payments = paying.pays(&[]);
    let filling = "select string_agg(purpose || ' ' || state, ', ') from chain.payments
        where safe_nonce is null";
    wait::until("the number of our carrier is filled", async || {
        paying.mined(1).await;
        ask(owner, filling).await == "cancel confirmed"
    })
    .await;
    let lost = paying.world.node.receipt(txid.parse().expect("a hash"));
    assert_eq!(lost.await.expect("an answer"), None);
    paying.assert_agreed().await;
    paying.withdraw(to, "0.1").await;
    paying.ends_well(to, 2, "the next number").await;
}

#[tokio::test]
async fn a_carrier_that_comes_after_its_payment_has_ended_costs_its_gas_all_the_same() {
    let paying = PayingEvm::start("evm_late").await;
    let node = &paying.world.node;
    let _signers = paying.house.signers(&paying.world.database);
    let to = receiver(34);
    let (txid, raw) = {
        let _payments = paying.pays(&once());
        let withdrawal = paying.withdraw(to, "0.1").await;
        paying.until(withdrawal, "broadcast").await;
        let (txid, input) = ours(&paying).await;
        let raw = node.call("eth_getRawTransactionByHash", json!([txid]));
        let raw: Bytes = serde_json::from_value(raw.await.expect("it waits")).expect("bytes");
        let dropped = node.call("anvil_dropTransaction", json!([txid]));
        dropped.await.expect("dropped");
        carried_by_a_stranger(&paying, &input).await;
        paying.ends_well(to, 1, "a stranger's carrier").await;
        (txid, raw)
    };
    node.send_raw(&raw).await.expect("taken");
    paying.mined(1).await;
    assert_eq!(status_of(&paying, &txid).await, "0x0");
    let _payments = paying.pays(&[]);
    paying.mined(FINAL).await;
    until_it_says(&paying.world.owner, VAIN_COSTS, "1 true").await;
    paying.assert_agreed().await;
}

#[tokio::test]
async fn a_carrier_that_is_overtaken_in_its_own_block_costs_its_gas_and_is_not_repeated() {
    let paying = PayingEvm::start("evm_overtaken").await;
    let owner = &paying.world.owner;
    let _signers = paying.house.signers(&paying.world.database);
    let _payments = paying.pays(&once());
    let to = receiver(31);
    let withdrawal = paying.withdraw(to, "0.1").await;
    paying.until(withdrawal, "broadcast").await;
    let (txid, input) = ours(&paying).await;
    carried_by_a_stranger(&paying, &input).await;
    paying.mined(1).await;
    assert_eq!(status_of(&paying, &txid).await, "0x0");
    paying.ends_well(to, 1, "overtaken").await;
    let attempts = "select count(*) || ' ' || count(*) filter (where state = 'mined')
        from chain.attempts";
    assert_eq!(ask(owner, attempts).await, "2 2");
    assert_eq!(ask(owner, VAIN_COSTS).await, "1 true");
}

#[tokio::test]
async fn a_number_that_something_else_used_refunds_once_that_is_final_and_our_gas_is_booked() {
    let paying = PayingEvm::start("evm_number_used").await;
    let owner = &paying.world.owner;
    let _signers = paying.house.signers(&paying.world.database);
    let _payments = paying.pays(&[]);
    let to = receiver(32);
    let withdrawal = paying.withdraw(to, "0.1").await;
    paying.until(withdrawal, "broadcast").await;
    let available = available_of(paying.world.account(0), "ETH");
    assert_eq!(ask(owner, &available).await, "99.8999");
    used_by_owners(&paying).await;
    paying.mined(1).await;
    let undone = "select string_agg(state || ' ' || is_reverted, ', ') from chain.attempts";
    until_it_says(owner, undone, "mined true").await;
    paying.mined(FINAL - 2).await;
    payments_have_looked(&paying.world.database).await;
    assert_eq!(
        state(&paying, withdrawal).await,
        "broadcast",
        "not final yet"
    );
    assert_eq!(ask(owner, &available).await, "99.8999");
    paying.mined(1).await;
    paying.until(withdrawal, "failed").await;
    assert_eq!(ask(owner, &available).await, "100");
    assert_eq!(paying.holds(to).await, U256::ZERO);
    assert_eq!(ask(owner, undone).await, "mined true", "carried once");
    wait::until("our gas is booked", async || {
        ask(owner, VAIN_COSTS).await == "1 true"
    })
    .await;
    paying.assert_agreed().await;
}

async fn state(paying: &PayingEvm, withdrawal: i64) -> String {
    ask(&paying.world.owner, &tests::house::state_of(withdrawal)).await
}

#[tokio::test]
async fn a_gap_of_the_gas_account_s_numbers_is_filled_and_what_waits_behind_it_is_paid() {
    let paying = PayingEvm::start("evm_gap").await;
    let owner = &paying.world.owner;
    let gas = "select '0x' || encode(script, 'hex') from chain.wallets where role = 'gas'";
    let gas: Address = ask(owner, gas).await.parse().expect("an address");
    let node = &paying.world.node;
    let used = node.call("eth_getTransactionCount", json!([gas, "latest"]));
    let used: U256 = serde_json::from_value(used.await.expect("an answer")).expect("a number");
    // Two numbers are given, and nothing uses them.
    for _ in 0..2 {
        let take = format!(
            "select chain.take_nonce(2, decode('{}', 'hex'), {used})",
            hex::encode(gas)
        );
        owner.batch_execute(&take).await.expect("taken");
    }
    let _signers = paying.house.signers(&paying.world.database);
    let _payments = paying.pays(&[]);
    let to = receiver(33);
    paying.withdraw(to, "0.1").await;
    paying.ends_well(to, 1, "a gap").await;
    let fillings = "select string_agg(purpose || ' ' || state, ', ' order by payment_id)
        from chain.payments where safe_nonce is null";
    until_it_says(owner, fillings, "cancel confirmed, cancel confirmed").await;
    let numbers =
        "select count(*) || ' ' || count(distinct nonce) || ' ' || max(nonce) - min(nonce)
        from chain.attempts where state = 'mined'";
    assert_eq!(ask(owner, numbers).await, "3 3 2");
    paying.world.caught_up().await;
    paying.assert_agreed().await;
}
