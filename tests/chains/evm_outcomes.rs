//! Withdrawals and sweeps on a real node whose outcome is another than planned: tokens that take a
//! fee or say no, strangers who carry our payments, numbers that something else has used.

use alloy::primitives::{Address, U256};
use alloy::sol;
use alloy::sol_types::SolCall as _;
use serde_json::json;
use tests::arrivals::{ask, available_of, until_it_says};
use tests::chain_fixture::ETHEREUM;
use tests::checks::assert_clean;
use tests::evm_node::EvmNode;
use tests::house::{House, ask_withdrawal, fund, give, state_of};
use tests::watched_evm::{WatchedEvm, balance_call, milliether_wei, transfer_call};
use tests::worker::Worker;

sol! {
    function mint(address to, uint256 value);
    function change(uint256 fee, bool isClosed);
}

/// Until a payment is final, where it is listed.
const FINAL: u64 = 12;

struct Place {
    world: WatchedEvm,
    house: House,
    safe: Address,
    _watcher: Worker,
}

impl Place {
    /// With a token that does as its issuer likes, of which the Safe has 1,000.
    async fn start(name: &str) -> Place {
        let node = EvmNode::start().await.expect("a node");
        let token = node.deploy(0, "MoodyToken", Vec::new()).await;
        let world = WatchedEvm::with_token(node, token.expect("a token"), 1).await;
        let house = House::make(name).expect("tokens");
        let safe = house.settle_evm(&world.database, &world.node).await;
        let watcher = world.watch();
        let place = Place {
            world,
            house,
            safe: safe.expect("a Safe"),
            _watcher: watcher,
        };
        let minted = mintCall {
            to: place.safe,
            value: U256::from(1_000_000_000_u64),
        };
        place.tell(minted.abi_encode()).await;
        for (coin, amount) in [("ETH", "100"), ("USDT", "1000")] {
            fund(place.owner(), place.world.account(0), coin, amount).await;
        }
        place
    }

    fn owner(&self) -> &tokio_postgres::Client {
        &self.world.owner
    }

    /// The issuer calls its token.
    async fn tell(&self, call: Vec<u8>) {
        let (node, token) = (&self.world.node, self.world.token);
        node.invoke(0, token, call, U256::ZERO).await.expect("told");
        self.mined(1).await;
    }

    async fn mood(&self, fee: u64, is_closed: bool) {
        let change = changeCall {
            fee: U256::from(fee),
            isClosed: is_closed,
        };
        self.tell(change.abi_encode()).await;
    }

    async fn mined(&self, blocks: u64) {
        self.world.mine(blocks).await;
        self.world.caught_up().await;
    }

    fn pays(&self) -> Worker {
        let settings = self.world.settings();
        self.house.payments(&self.world.database, &settings)
    }

    async fn withdraw(&self, coin: &str, to: Address, amount: &str) -> i64 {
        let account = self.world.account(0);
        ask_withdrawal(self.owner(), account, coin, to.as_slice(), amount).await
    }

    async fn until(&self, withdrawal: i64, state: &str) {
        until_it_says(self.owner(), &state_of(withdrawal), state).await;
    }

    async fn tokens_of(&self, of: Address) -> U256 {
        let held = self.world.node.ask(self.world.token, balance_call(of));
        U256::from_be_slice(&held.await.expect("an answer"))
    }

    /// Sends as an account whose key the test has not.
    async fn send_as(&self, from: Address, transaction: serde_json::Value) {
        let node = &self.world.node;
        let lent = node.call("anvil_impersonateAccount", json!([from]));
        lent.await.expect("lent");
        node.send(transaction).await.expect("taken");
    }

    /// The one deposit address gets the name that its number derives.
    async fn derived(&self) -> Address {
        let number = ask(self.owner(), "select address_id::text from chain.addresses").await;
        let deposits = self.house.deposits("evm").expect("a key");
        let address = deposits.evm_deposit(number.parse().expect("a number"));
        let address = address.expect("an address");
        let text = "update chain.addresses set address = $1, script = $2";
        let (name, script) = (address.to_string(), address.as_slice());
        let named = self.owner().execute(text, &[&name, &script]).await;
        assert_eq!(named.expect("named"), 1);
        address
    }
}

fn receiver(number: u8) -> Address {
    Address::repeat_byte(0x60 + number)
}

const PAYMENTS: &str = "select string_agg(purpose || ' ' || state, ', ' order by payment_id)
    from chain.payments";

const CLOSED: &str = "select count(*)::text from chain.attempts where closed_at is not null";

#[tokio::test]
async fn tokens_that_left_with_a_fee_on_the_way_are_not_given_back() {
    let place = Place::start("evm_fee_token").await;
    let owner = place.owner();
    let _signers = place.house.signers(&place.world.database);
    let _payments = place.pays();
    place.mood(1_000_000, false).await;
    let withdrawal = place.withdraw("USDT", receiver(0), "100").await;
    place.until(withdrawal, "broadcast").await;
    place.mined(FINAL).await;
    until_it_says(owner, CLOSED, "1").await;
    assert_eq!(place.tokens_of(receiver(0)).await, U256::from(99_000_000));
    assert_eq!(ask(owner, &state_of(withdrawal)).await, "broadcast");
    let halted = "select is_halted::text from chain.coins where contract is not null";
    assert_eq!(ask(owner, halted).await, "true");
    let decide = "select chain.decide_payment(payment_id, true)::text from chain.payments";
    ask(owner, decide).await;
    place.until(withdrawal, "confirmed").await;
    assert_clean(owner).await;
}

#[tokio::test]
async fn a_token_that_says_no_moves_nothing_and_is_no_success() {
    let place = Place::start("evm_closed_token").await;
    let owner = place.owner();
    let address = place.derived().await;
    let (node, token) = (&place.world.node, place.world.token);
    let minted = mintCall {
        to: node.account(0),
        value: U256::from(50_000_000_u64),
    };
    place.tell(minted.abi_encode()).await;
    let paid = transfer_call(address, 50_000_000);
    node.invoke(0, token, paid, U256::ZERO).await.expect("paid");
    place.mined(3).await;
    let credited = "select count(*)::text from exchange.deposits where state = 'credited'";
    until_it_says(owner, credited, "1").await;
    give(node, address, 1).await.expect("gas");
    place.mood(0, true).await;
    let _signers = place.house.signers(&place.world.database);
    let _payments = place.pays();
    let withdrawal = place.withdraw("USDT", receiver(1), "100").await;
    place.until(withdrawal, "broadcast").await;
    let sweep = "select state from chain.payments where purpose = 'sweep' order by payment_id desc";
    until_it_says(owner, sweep, "broadcast").await;
    place.mined(FINAL).await;
    place.until(withdrawal, "failed").await;
    until_it_says(owner, sweep, "failed").await;
    assert_eq!(place.tokens_of(receiver(1)).await, U256::ZERO);
    // The amount is back, the fee is not.
    let available = available_of(place.world.account(0), "USDT");
    assert_eq!(ask(owner, &available).await, "1049.9999");
    place.mood(0, false).await;
    let resume = "select chain.resume_sweep(address_id, 'USDT')::text from chain.addresses";
    assert_eq!(ask(owner, resume).await, "true");
    until_it_says(owner, sweep, "broadcast").await;
    place.mined(FINAL).await;
    until_it_says(owner, sweep, "confirmed").await;
    assert_eq!(place.tokens_of(address).await, U256::ZERO);
    assert_clean(owner).await;
}

#[tokio::test]
async fn a_stranger_who_is_faster_with_our_signatures_costs_us_a_fee_that_is_booked() {
    let place = Place::start("evm_stranger").await;
    let owner = place.owner();
    let _signers = place.house.signers(&place.world.database);
    let _payments = place.pays();
    let withdrawal = place.withdraw("ETH", receiver(2), "1").await;
    place.until(withdrawal, "broadcast").await;
    let node = &place.world.node;
    let txid = "select '0x' || encode(txid, 'hex') from chain.attempts";
    let txid = ask(owner, txid).await;
    let ours = node.call("eth_getTransactionByHash", json!([txid])).await;
    let ours = ours.expect("a transaction");
    let copy = json!({
        "from": node.account(1), "to": ours["to"], "data": ours["input"], "gas": ours["gas"],
        "gasPrice": "0x2540be4000" });
    node.send(copy).await.expect("taken");
    // Too dear for ours, which comes later.
    let noted = "select string_agg(state, ' ') from chain.attempts where state = 'mined'";
    for (base_fee, wanted) in [("0x174876e800", "mined"), ("0x7", "mined mined")] {
        let set = node.call("anvil_setNextBlockBaseFeePerGas", json!([base_fee]));
        set.await.expect("set");
        // The node forgets what was too dear: it is sent again.
        tests::wait::until(wanted, async || {
            let said = ask(owner, noted).await;
            if said != wanted {
                place.mined(1).await;
            }
            said == wanted
        })
        .await;
    }
    place.mined(FINAL).await;
    place.until(withdrawal, "confirmed").await;
    until_it_says(owner, CLOSED, "1").await;
    let states = "select string_agg(state || ' ' || (fee > 0) || ' ' || is_reverted, ', '
        order by number) from chain.attempts where from_script is not null";
    assert_eq!(ask(owner, states).await, "mined true true");
    let costs = "select count(*)::text from exchange.network_costs where amount > 0";
    until_it_says(owner, costs, "1").await;
    let held = node.balance(receiver(2)).await.expect("a balance");
    assert_eq!(held, milliether_wei(1_000), "once");
    assert_clean(owner).await;
}

#[tokio::test]
async fn a_payment_whose_carriers_number_is_used_by_something_else_is_carried_anew() {
    let place = Place::start("evm_used_number").await;
    let owner = place.owner();
    let _signers = place.house.signers(&place.world.database);
    let _payments = place.pays();
    let withdrawal = place.withdraw("ETH", receiver(3), "1").await;
    place.until(withdrawal, "broadcast").await;
    let gas = "select '0x' || encode(from_script, 'hex') from chain.attempts";
    let gas: Address = ask(owner, gas).await.parse().expect("an account");
    let nonce = ask(owner, "select '0x' || to_hex(nonce) from chain.attempts").await;
    let other = json!({
        "from": gas, "to": gas, "value": "0x0", "nonce": nonce, "gasPrice": "0x2540be4000" });
    place.send_as(gas, other).await;
    place.mined(FINAL).await;
    let states = "select string_agg(state, ' ' order by number) from chain.attempts";
    until_it_says(owner, states, "replaced broadcast").await;
    assert_eq!(ask(owner, &state_of(withdrawal)).await, "broadcast");
    place.mined(FINAL).await;
    place.until(withdrawal, "confirmed").await;
    let held = place
        .world
        .node
        .balance(receiver(3))
        .await
        .expect("a balance");
    assert_eq!(held, milliether_wei(1_000), "once");
    assert_clean(owner).await;
}

#[tokio::test]
async fn a_sweep_takes_the_number_that_the_chain_says_whatever_was_given_before() {
    let place = Place::start("evm_burnt_number").await;
    let owner = place.owner();
    let address = place.derived().await;
    let paid = place
        .world
        .node
        .pay(0, address, milliether_wei(2_000))
        .await;
    paid.expect("paid");
    place.mined(3).await;
    let burnt = "insert into chain.nonces (network_id, script, next_nonce) values ($1, $2, 3)";
    let script = address.as_slice();
    let burnt = owner.execute(burnt, &[&ETHEREUM, &script]).await;
    burnt.expect("given before");
    let _signers = place.house.signers(&place.world.database);
    let _payments = place.pays();
    until_it_says(owner, PAYMENTS, "sweep broadcast").await;
    place.mined(FINAL).await;
    until_it_says(owner, PAYMENTS, "sweep confirmed").await;
}

#[tokio::test]
async fn a_refund_that_its_receiver_would_refuse_is_not_sent_and_waits_for_staff() {
    let place = Place::start("evm_refused_refund").await;
    let owner = place.owner();
    let address = place.derived().await;
    let node = &place.world.node;
    let refuser = node.deploy(0, "Refuser", Vec::new()).await;
    let refuser = refuser.expect("a contract");
    node.pay(0, address, milliether_wei(2_000))
        .await
        .expect("paid");
    // As deep as a deposit must lie to go back.
    place.mined(12).await;
    until_it_says(owner, "select state from exchange.deposits", "credited").await;
    let going = format!(
        "update exchange.deposits set state = 'refunding';
        insert into exchange.deposit_refunds (deposit_id, address, script)
        select deposit_id, '{refuser}', decode('{}', 'hex') from exchange.deposits",
        hex::encode(refuser)
    );
    owner.batch_execute(&going).await.expect("it goes back");
    let _signers = place.house.signers(&place.world.database);
    let _payments = place.pays();
    until_it_says(owner, "select state from exchange.deposits", "suspicious").await;
    let ended = "select end_reason from exchange.deposit_refunds";
    assert_eq!(ask(owner, ended).await, "the chain would refuse it");
    assert_eq!(ask(owner, PAYMENTS).await, "");
}

#[tokio::test]
async fn bytes_that_are_signed_stay_here_while_their_coin_is_halted() {
    let place = Place::start("evm_halted_bytes").await;
    let owner = place.owner();
    let _signers = place.house.signers(&place.world.database);
    let mut settings = place.world.settings();
    settings.push(("EXCHANGE_FAULT_POINT", "raw_stored".to_owned()));
    let doomed = place.house.payments(&place.world.database, &settings);
    let withdrawal = place.withdraw("ETH", receiver(4), "1").await;
    let doomed = std::cell::RefCell::new(doomed);
    tests::wait::until("the worker ended", async || {
        doomed.borrow_mut().has_ended().expect("asked").is_some()
    })
    .await;
    let halt =
        "update chain.coins set is_halted = true, halt_reason = 'test' where contract is null;
        update chain.coins set is_refill_wanted = true where contract is not null";
    owner.batch_execute(halt).await.expect("halted");
    let _payments = place.pays();
    // A round sends, and looks at the hot wallet after that.
    let looked = "select is_refill_wanted::text from chain.coins where contract is not null";
    until_it_says(owner, looked, "false").await;
    let state = "select state from chain.attempts";
    assert_eq!(ask(owner, state).await, "signed", "nobody has it");
    let go_on = "update chain.coins set is_halted = false, halt_reason = null";
    owner.batch_execute(go_on).await.expect("goes on");
    place.until(withdrawal, "broadcast").await;
}

#[tokio::test]
async fn a_safe_that_was_made_and_not_written_down_is_found_again_and_paid_for_once() {
    let place = Place::start("evm_safe_again").await;
    let owner = place.owner();
    let (database, node) = (&place.world.database, &place.world.node);
    let keys = [node.account(1), node.account(2), node.account(3)].map(|it| it.to_string());
    let keys = keys.join(" ");
    let make = async |keys: &str| place.house.settle_cold_evm(database, node, keys).await;
    let made = make(&keys).await.expect("a Safe");
    let costs = "select count(*) || ' ' || trim_scale(sum(amount)) from exchange.reserve_entries
        where position = 'lost'";
    let paid = ask(owner, costs).await;
    // As if it had been killed before it wrote anything down.
    let forget = "delete from chain.wallets where role = 'cold';
        delete from exchange.reserve_entries where reserve_entry_id =
            (select max(reserve_entry_id) from exchange.reserve_entries)";
    owner.batch_execute(forget).await.expect("forgotten");
    assert_eq!(make(&keys).await.expect("found"), made);
    assert_eq!(ask(owner, costs).await, paid);
    assert_eq!(make(&keys).await.expect("known"), made);
    assert_eq!(ask(owner, costs).await, paid, "once");
    let others = [node.account(1), node.account(2), node.account(4)].map(|it| it.to_string());
    let refused = make(&others.join(" ")).await.expect_err("others");
    let words = format!("{refused:#}");
    assert!(words.contains("is of other owners"), "{words}");
}
