//! Withdrawals of ETH and tokens: planned, signed by two, carried, followed, settled or refunded.

use alloy::primitives::{Address, U256};
use alloy::sol;
use alloy::sol_types::SolCall as _;
use serde_json::json;
use tests::arrivals::{ask, available_of, until_it_says};
use tests::checks::assert_clean;
use tests::house::{House, ask_withdrawal, count_in, fund, state_of};
use tests::watched_evm::{WatchedEvm, milliether_wei};
use tests::worker::Worker;

sol! {
    function mint(address to, uint256 value);
    function balanceOf(address of) returns (uint256);
}

/// Until a withdrawal is final, where it is listed.
const FINAL: u64 = 12;

struct Paying {
    world: WatchedEvm,
    house: House,
    safe: Address,
    _watcher: Worker,
}

impl Paying {
    async fn start(name: &str) -> Paying {
        let world = WatchedEvm::start(1).await;
        let house = House::make(name).expect("tokens");
        let safe = house
            .settle_evm(&world.database, &world.node)
            .await
            .expect("a Safe");
        world.mine(1).await;
        let watcher = world.watch();
        world.caught_up().await;
        fund(&world.owner, world.account(0), "ETH", "100").await;
        Paying {
            world,
            house,
            safe,
            _watcher: watcher,
        }
    }

    fn pays(&self, more: &[(&str, String)]) -> Worker {
        let mut settings = self.world.settings();
        settings.extend(more.iter().cloned());
        self.house.payments(&self.world.database, &settings)
    }

    async fn withdraw(&self, to: Address, amount: &str) -> i64 {
        let (owner, account) = (&self.world.owner, self.world.account(0));
        ask_withdrawal(owner, account, "ETH", to.as_slice(), amount).await
    }

    async fn until(&self, withdrawal: i64, state: &str) {
        until_it_says(&self.world.owner, &state_of(withdrawal), state).await;
    }

    async fn mined(&self, blocks: u64) {
        self.world.mine(blocks).await;
        self.world.caught_up().await;
    }

    /// Mines until a block holds the one attempt, which may have to be sent again first.
    async fn mined_again(&self) {
        tests::wait::until("a block holds the attempt", async || {
            self.mined(1).await;
            ask(&self.world.owner, "select state from chain.attempts").await == "mined"
        })
        .await;
    }

    async fn holds(&self, address: Address) -> U256 {
        self.world.node.balance(address).await.expect("a balance")
    }
}

fn receiver(number: u8) -> Address {
    Address::repeat_byte(0x50 + number)
}

#[tokio::test]
async fn an_approved_withdrawal_is_signed_by_two_sent_and_settled() {
    let paying = Paying::start("evm_settled").await;
    let owner = &paying.world.owner;
    let _signers = paying.house.signers(&paying.world.database);
    let _payments = paying.pays(&[]);
    let withdrawal = paying.withdraw(receiver(0), "1.5").await;
    paying.until(withdrawal, "broadcast").await;
    paying.mined(FINAL - 1).await;
    let mined = "select state from chain.attempts";
    until_it_says(owner, mined, "mined").await;
    assert_eq!(
        ask(owner, &state_of(withdrawal)).await,
        "broadcast",
        "not final yet"
    );
    paying.mined(1).await;
    paying.until(withdrawal, "confirmed").await;
    assert_eq!(paying.holds(receiver(0)).await, milliether_wei(1_500));
    let available = available_of(paying.world.account(0), "ETH");
    assert_eq!(ask(owner, &available).await, "98.4999");
    let told = "select string_agg(payload ->> 'change', ' ' order by last_sequence)
        from exchange.events where stream_id = 10001 and payload ? 'withdrawal_id'";
    assert_eq!(ask(owner, told).await, "signed broadcast confirmed");
    let signed = "select string_agg(signer || ' ' || kind, ', ' order by signing_id)
        from chain.signings where state = 'signed'";
    assert_eq!(ask(owner, signed).await.split(", ").count(), 3);
    let cost = "select count(*)::text from exchange.network_costs where amount > 0";
    assert_eq!(ask(owner, cost).await, "1");
    assert_clean(owner).await;
}

#[tokio::test]
async fn a_token_is_paid_by_its_contract() {
    let paying = Paying::start("evm_token").await;
    let owner = &paying.world.owner;
    let minted = mintCall {
        to: paying.safe,
        value: U256::from(50_000_000_u64),
    };
    let (node, token) = (&paying.world.node, paying.world.token);
    let minted = node.invoke(0, token, minted.abi_encode(), U256::ZERO).await;
    minted.expect("taken");
    paying.mined(1).await;
    let account = paying.world.account(0);
    fund(owner, account, "USDT", "100").await;
    let _signers = paying.house.signers(&paying.world.database);
    let _payments = paying.pays(&[]);
    let to = receiver(1);
    let withdrawal = ask_withdrawal(owner, account, "USDT", to.as_slice(), "25.5").await;
    paying.until(withdrawal, "broadcast").await;
    paying.mined(FINAL).await;
    paying.until(withdrawal, "confirmed").await;
    let asked = balanceOfCall { of: to }.abi_encode();
    let held = node.ask(token, asked).await.expect("an answer");
    assert_eq!(U256::from_be_slice(&held), U256::from(25_500_000_u64));
    assert_clean(owner).await;
}

#[tokio::test]
async fn a_receiver_that_refuses_gets_nothing_and_the_owner_is_refunded_without_the_fee() {
    let paying = Paying::start("evm_refused").await;
    let owner = &paying.world.owner;
    let node = &paying.world.node;
    let refuser = node
        .deploy(0, "Refuser", Vec::new())
        .await
        .expect("a contract");
    paying.world.caught_up().await;
    let _signers = paying.house.signers(&paying.world.database);
    let _payments = paying.pays(&[]);
    let refused = paying.withdraw(refuser, "2").await;
    let other = paying.withdraw(receiver(2), "3").await;
    paying.until(refused, "broadcast").await;
    paying.until(other, "broadcast").await;
    paying.mined(FINAL).await;
    paying.until(refused, "failed").await;
    paying.until(other, "confirmed").await;
    assert_eq!(paying.holds(refuser).await, U256::ZERO);
    assert_eq!(paying.holds(receiver(2)).await, milliether_wei(3_000));
    let available = available_of(paying.world.account(0), "ETH");
    assert_eq!(ask(owner, &available).await, "96.9998");
    assert_clean(owner).await;
}

#[tokio::test]
async fn what_is_stuck_in_a_fee_spike_is_replaced_and_counts_once() {
    let paying = Paying::start("evm_bumped").await;
    let owner = &paying.world.owner;
    let _signers = paying.house.signers(&paying.world.database);
    let _payments = paying.pays(&[("EXCHANGE_BUMP_AFTER_MS", "500".to_owned())]);
    let withdrawal = paying.withdraw(receiver(3), "1").await;
    paying.until(withdrawal, "broadcast").await;
    let spike = json!(["0x174876e800"]);
    let node = &paying.world.node;
    node.call("anvil_setNextBlockBaseFeePerGas", spike)
        .await
        .expect("set");
    paying.mined(1).await;
    let attempts = "select (count(*) > 1 and bool_or(number > 1 and state = 'broadcast'))::text
        from chain.attempts";
    until_it_says(owner, attempts, "true").await;
    paying.mined(FINAL).await;
    paying.until(withdrawal, "confirmed").await;
    assert_eq!(paying.holds(receiver(3)).await, milliether_wei(1_000));
    let mined = "select count(*) filter (where state = 'mined') || ' '
        || count(*) filter (where state not in ('mined', 'replaced')) || ' '
        || count(distinct nonce) from chain.attempts";
    assert_eq!(ask(owner, mined).await, "1 0 1");
    assert_clean(owner).await;
}

#[tokio::test]
async fn a_reorganisation_sends_the_same_bytes_again_before_and_after_the_end() {
    let paying = Paying::start("evm_reorganised").await;
    let owner = &paying.world.owner;
    let _signers = paying.house.signers(&paying.world.database);
    let _payments = paying.pays(&[]);
    let withdrawal = paying.withdraw(receiver(4), "1").await;
    paying.until(withdrawal, "broadcast").await;
    let state = "select state from chain.attempts";
    let mut height = paying.world.node.height().await.expect("a height");
    for (blocks, ended) in [(3, "broadcast"), (FINAL, "confirmed")] {
        paying.mined_again().await;
        paying.mined(blocks - 1).await;
        paying.until(withdrawal, ended).await;
        let now = paying.world.node.height().await.expect("a height");
        paying
            .world
            .node
            .reorganise(now - height)
            .await
            .expect("reorganised");
        height = now;
        until_it_says(owner, state, "broadcast").await;
        assert_eq!(paying.holds(receiver(4)).await, U256::ZERO, "it has gone");
    }
    paying.mined_again().await;
    paying.mined(FINAL).await;
    until_it_says(owner, "select state from chain.payments", "confirmed").await;
    assert_eq!(ask(owner, &state_of(withdrawal)).await, "confirmed");
    assert_eq!(paying.holds(receiver(4)).await, milliether_wei(1_000));
    assert_eq!(
        ask(owner, "select count(*)::text from chain.attempts").await,
        "1"
    );
    assert_clean(owner).await;
}

#[tokio::test]
async fn a_node_and_a_halt_are_waited_for() {
    let mut paying = Paying::start("evm_away").await;
    let _signers = paying.house.signers(&paying.world.database);
    let _payments = paying.pays(&[]);
    let halt =
        "update chain.coins set is_halted = true, halt_reason = 'test' where contract is null";
    paying
        .world
        .owner
        .batch_execute(halt)
        .await
        .expect("halted");
    let withdrawal = paying.withdraw(receiver(5), "1").await;
    paying.world.node.stop();
    let go_on = "update chain.coins set is_halted = false, halt_reason = null";
    assert_eq!(
        ask(&paying.world.owner, &state_of(withdrawal)).await,
        "approved"
    );
    paying
        .world
        .owner
        .batch_execute(go_on)
        .await
        .expect("goes on");
    paying.world.node.start_again().await.expect("it starts");
    paying.until(withdrawal, "broadcast").await;
    paying.mined(FINAL).await;
    paying.until(withdrawal, "confirmed").await;
    assert_eq!(paying.holds(receiver(5)).await, milliether_wei(1_000));
    assert_clean(&paying.world.owner).await;
}

#[tokio::test]
async fn two_workers_at_once_pay_each_withdrawal_once() {
    const COUNT: usize = 24;
    let paying = Paying::start("evm_two").await;
    let owner = &paying.world.owner;
    let _signers = paying.house.signers(&paying.world.database);
    let _payments = [paying.pays(&[]), paying.pays(&[])];
    for _ in 0..COUNT {
        paying.withdraw(receiver(6), "0.1").await;
    }
    for _ in 0..4 {
        until_it_says(owner, &count_in("approved"), "0").await;
        until_it_says(owner, &count_in("signed"), "0").await;
        paying.mined(FINAL).await;
    }
    until_it_says(owner, &count_in("confirmed"), &COUNT.to_string()).await;
    assert_eq!(paying.holds(receiver(6)).await, milliether_wei(2_400));
    let nonces = "select (count(*) = count(distinct safe_nonce) and count(*) = 24)::text
        from chain.payments";
    assert_eq!(ask(owner, nonces).await, "true");
    assert_clean(owner).await;
}

/// Where the worker and the signers can end themselves on the way of a withdrawal.
const PAYMENT_POINTS: [&str; 7] = [
    "payment_planned",
    "attempt_added",
    "raw_stored",
    "raw_sent",
    "broadcast_noted",
    "mined_noted",
    "payments_settled",
];
const SIGNER_POINTS: [&str; 2] = ["signature_made", "signature_stored"];

async fn ended(worker: &mut Worker, point: &str) {
    let worker = std::cell::RefCell::new(worker);
    tests::wait::until(&format!("the worker ended at {point}"), async || {
        worker.borrow_mut().has_ended().expect("asked").is_some()
    })
    .await;
}

#[tokio::test]
async fn the_worker_may_be_killed_at_every_step() {
    let paying = Paying::start("evm_killed").await;
    let owner = &paying.world.owner;
    let _signers = paying.house.signers(&paying.world.database);
    for (count, point) in (1_u64..).zip(PAYMENT_POINTS) {
        let mut doomed = paying.pays(&[("EXCHANGE_FAULT_POINT", point.to_owned())]);
        let withdrawal = paying.withdraw(receiver(7), "0.1").await;
        let is_late = ["mined_noted", "payments_settled"].contains(&point);
        if is_late {
            paying.until(withdrawal, "broadcast").await;
            paying.mined(FINAL).await;
        }
        ended(&mut doomed, point).await;
        let _payments = paying.pays(&[]);
        if !is_late {
            paying.until(withdrawal, "broadcast").await;
        }
        paying.mined(FINAL).await;
        paying.until(withdrawal, "confirmed").await;
        assert_eq!(
            paying.holds(receiver(7)).await,
            milliether_wei(100 * count),
            "{point}"
        );
        assert_clean(owner).await;
    }
}

#[tokio::test]
async fn each_signer_may_be_killed_at_every_step() {
    let paying = Paying::start("evm_signers").await;
    let _payments = paying.pays(&[]);
    let database = &paying.world.database;
    let mut count = 0;
    for (name, other) in [("a", "b"), ("b", "a")] {
        let _other = paying.house.signer(database, other, &[]);
        for point in SIGNER_POINTS {
            count += 1;
            let fault = [("EXCHANGE_FAULT_POINT", point)];
            let mut doomed = paying.house.signer(database, name, &fault);
            let withdrawal = paying.withdraw(receiver(8), "0.1").await;
            ended(&mut doomed, point).await;
            let _signer = paying.house.signer(database, name, &[]);
            paying.until(withdrawal, "broadcast").await;
            paying.mined(FINAL).await;
            paying.until(withdrawal, "confirmed").await;
            assert_eq!(
                paying.holds(receiver(8)).await,
                milliether_wei(100 * count),
                "{point}"
            );
        }
    }
    assert_clean(&paying.world.owner).await;
}
