//! Withdrawals of BTC: several in one transaction, signed by two, replaced where it is stuck.

use bitcoin::{Address, ScriptBuf};
use serde_json::json;
use tests::arrivals::{ask, available_of, until_it_says};
use tests::checks::assert_clean;
use tests::house::{House, ask_withdrawal, count_in, fund, state_of};
use tests::purse::Purse;
use tests::watched_bitcoin::WatchedBitcoin;
use tests::worker::Worker;

/// Until a withdrawal is final, where it is listed.
const FINAL: u32 = 6;
/// Outputs of 1 BTC that the hot wallet begins with.
const OUTPUTS: usize = 4;

struct Paying {
    world: WatchedBitcoin,
    house: House,
    _watcher: Worker,
}

impl Paying {
    async fn start(name: &str) -> Paying {
        let mut world = WatchedBitcoin::start(1).await;
        let house = House::make(name).expect("tokens");
        let hot = house.settle_bitcoin(&world.database).expect("a wallet");
        let hot: Address = hot
            .parse::<Address<_>>()
            .expect("an address")
            .assume_checked();
        let outputs = vec![(hot.script_pubkey(), 100_000_000); OUTPUTS];
        let filled = world.purse.pay(&outputs, 10_000).expect("a payment");
        world.node.send(&filled).await.expect("taken");
        world.mine(1).await;
        let watcher = world.watch();
        world.caught_up().await;
        fund(&world.owner, world.account(0), "BTC", "10").await;
        Paying {
            world,
            house,
            _watcher: watcher,
        }
    }

    fn pays(&self, more: &[(&str, String)]) -> Worker {
        let mut settings = self.world.settings();
        settings.extend(more.iter().cloned());
        self.house.payments(&self.world.database, &settings)
    }

    async fn withdraw(&self, to: &ScriptBuf, amount: &str) -> i64 {
        let (owner, account) = (&self.world.owner, self.world.account(0));
        ask_withdrawal(owner, account, "BTC", to.as_bytes(), amount).await
    }

    async fn until(&self, withdrawal: i64, state: &str) {
        until_it_says(&self.world.owner, &state_of(withdrawal), state).await;
    }

    async fn mined(&self, blocks: u32) {
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

    /// What the chain holds for a key, in bitcoins as the node writes them.
    async fn holds(&self, key: u8) -> String {
        let address = Purse::new(key).address().to_string();
        let params = json!(["start", [format!("addr({address})")]]);
        let found = self
            .world
            .node
            .call("scantxoutset", params)
            .await
            .expect("an answer");
        found["total_amount"].to_string()
    }
}

fn receiver(key: u8) -> ScriptBuf {
    Purse::new(key).address().script_pubkey()
}

#[tokio::test]
async fn withdrawals_that_wait_go_in_one_transaction() {
    let paying = Paying::start("bitcoin_batch").await;
    let owner = &paying.world.owner;
    let mut withdrawals = Vec::new();
    for key in [50, 51, 52] {
        withdrawals.push(paying.withdraw(&receiver(key), "0.5").await);
    }
    let _signers = paying.house.signers(&paying.world.database);
    let _payments = paying.pays(&[]);
    for withdrawal in &withdrawals {
        paying.until(*withdrawal, "broadcast").await;
    }
    assert_eq!(
        ask(owner, "select count(*)::text from chain.payments").await,
        "1"
    );
    paying.mined(FINAL - 1).await;
    until_it_says(owner, "select state from chain.attempts", "mined").await;
    assert_eq!(
        ask(owner, &state_of(withdrawals[0])).await,
        "broadcast",
        "not final yet"
    );
    paying.mined(1).await;
    for (withdrawal, key) in withdrawals.iter().zip([50, 51, 52]) {
        paying.until(*withdrawal, "confirmed").await;
        assert_eq!(paying.holds(key).await, "0.5");
    }
    let available = available_of(paying.world.account(0), "BTC");
    assert_eq!(ask(owner, &available).await, "8.4997");
    let cost = "select (c.amount = a.fee and a.fee > 0)::text
        from exchange.network_costs c join chain.attempts a using (attempt_id)";
    assert_eq!(ask(owner, cost).await, "true");
    assert_clean(owner).await;
}

#[tokio::test]
async fn what_is_stuck_is_replaced_from_the_same_outputs_and_counts_once() {
    let paying = Paying::start("bitcoin_bumped").await;
    let owner = &paying.world.owner;
    let _signers = paying.house.signers(&paying.world.database);
    let withdrawal = {
        let _payments = paying.pays(&[]);
        let withdrawal = paying.withdraw(&receiver(53), "0.5").await;
        paying.until(withdrawal, "broadcast").await;
        withdrawal
    };
    // Blocks ask for more from now on.
    let _payments = paying.pays(&[
        ("EXCHANGE_MIN_SATS_PER_KVB", "5000".to_owned()),
        ("EXCHANGE_BUMP_AFTER_MS", "100".to_owned()),
    ]);
    let replaced = "select (count(*) > 1 and bool_or(number > 1 and state = 'broadcast'))::text
        from chain.attempts";
    until_it_says(owner, replaced, "true").await;
    paying.mined(FINAL).await;
    paying.until(withdrawal, "confirmed").await;
    assert_eq!(paying.holds(53).await, "0.5");
    let mined = "select count(*) filter (where state = 'mined') || ' '
        || count(*) filter (where state not in ('mined', 'replaced')) from chain.attempts";
    assert_eq!(ask(owner, mined).await, "1 0");
    let reserved = "select count(*)::text from chain.outputs
        where payment_id is not null and spent_txid is null";
    assert_eq!(ask(owner, reserved).await, "0");
    assert_clean(owner).await;
}

#[tokio::test]
async fn a_reorganisation_sends_the_same_bytes_again_before_and_after_the_end() {
    let paying = Paying::start("bitcoin_reorganised").await;
    let owner = &paying.world.owner;
    let _signers = paying.house.signers(&paying.world.database);
    let _payments = paying.pays(&[]);
    let withdrawal = paying.withdraw(&receiver(54), "0.5").await;
    paying.until(withdrawal, "broadcast").await;
    let state = "select state from chain.attempts";
    let mut height = paying.world.node.height().await.expect("a height");
    for (blocks, ended) in [(2, "broadcast"), (FINAL, "confirmed")] {
        paying.mined_again().await;
        paying.mined(blocks - 1).await;
        paying.until(withdrawal, ended).await;
        let now = paying.world.node.height().await.expect("a height");
        paying
            .world
            .node
            .drop_blocks(now - height)
            .await
            .expect("dropped");
        paying.world.mine_empty(now - height + 1).await;
        height = now + 1;
        until_it_says(owner, state, "broadcast").await;
    }
    paying.mined_again().await;
    paying.mined(FINAL).await;
    until_it_says(owner, "select state from chain.payments", "confirmed").await;
    assert_eq!(ask(owner, &state_of(withdrawal)).await, "confirmed");
    assert_eq!(paying.holds(54).await, "0.5");
    assert_clean(owner).await;
}

/// Where the worker can end itself on the way of a withdrawal.
const POINTS: [&str; 6] = [
    "payment_planned",
    "raw_stored",
    "raw_sent",
    "broadcast_noted",
    "mined_noted",
    "payments_settled",
];

#[tokio::test]
async fn the_worker_may_be_killed_at_every_step() {
    let paying = Paying::start("bitcoin_killed").await;
    let owner = &paying.world.owner;
    let _signers = paying.house.signers(&paying.world.database);
    for (key, point) in (60..).zip(POINTS) {
        let mut doomed = paying.pays(&[("EXCHANGE_FAULT_POINT", point.to_owned())]);
        let withdrawal = paying.withdraw(&receiver(key), "0.1").await;
        let is_late = ["mined_noted", "payments_settled"].contains(&point);
        if is_late {
            paying.until(withdrawal, "broadcast").await;
            paying.mined(FINAL).await;
        }
        tests::wait::until_blocking(&format!("the worker ended at {point}"), || {
            doomed.has_ended().expect("asked").is_some()
        });
        let _payments = paying.pays(&[]);
        if !is_late {
            paying.until(withdrawal, "broadcast").await;
        }
        paying.mined(FINAL).await;
        paying.until(withdrawal, "confirmed").await;
        assert_eq!(paying.holds(key).await, "0.1", "{point}");
        assert_clean(owner).await;
    }
}

#[tokio::test]
async fn two_workers_at_once_pay_each_withdrawal_once() {
    let paying = Paying::start("bitcoin_two").await;
    let owner = &paying.world.owner;
    let _signers = paying.house.signers(&paying.world.database);
    let _payments = [paying.pays(&[]), paying.pays(&[])];
    for key in 70..82 {
        paying.withdraw(&receiver(key), "0.1").await;
    }
    tests::wait::until("each is confirmed", async || {
        paying.mined(1).await;
        ask(owner, &count_in("confirmed")).await == "12"
    })
    .await;
    for key in 70..82 {
        assert_eq!(paying.holds(key).await, "0.1");
    }
    assert_clean(owner).await;
}

#[tokio::test]
async fn a_replacement_that_was_refused_is_not_the_last() {
    let paying = Paying::start("bitcoin_refused").await;
    let (owner, database) = (&paying.world.owner, &paying.world.database);
    let _a = paying.house.signer(database, "a", &[]);
    let withdrawal = {
        let _b = paying.house.signer(database, "b", &[]);
        let _payments = paying.pays(&[]);
        let withdrawal = paying.withdraw(&receiver(55), "0.5").await;
        paying.until(withdrawal, "broadcast").await;
        withdrawal
    };
    let dear = [
        ("EXCHANGE_MIN_SATS_PER_KVB", "5000".to_owned()),
        ("EXCHANGE_BUMP_AFTER_MS", "100".to_owned()),
    ];
    let payments = paying.pays(&dear);
    let halted = "select is_halted::text from chain.networks";
    {
        let mean = [("EXCHANGE_SIGNER_MAX_FEE_SATS", "500")];
        let _b = paying.house.signer(database, "b", &mean);
        until_it_says(owner, halted, "true").await;
    }
    drop(payments);
    assert_eq!(ask(owner, &state_of(withdrawal)).await, "broadcast");
    let b = paying.house.signer(database, "b", &[]);
    let lift = "select exchange.set_withdrawal_halt(null, 'bitcoin', null)::text";
    assert_eq!(ask(owner, lift).await, "1");
    let payments = paying.pays(&dear);
    let replaced = "select (bool_or(number > 2 and state = 'broadcast'))::text
        from chain.attempts";
    until_it_says(owner, replaced, "true").await;
    // Another one is half signed when the payment ends.
    drop((b, payments));
    let _payments = paying.pays(&[
        ("EXCHANGE_MIN_SATS_PER_KVB", "9000".to_owned()),
        ("EXCHANGE_BUMP_AFTER_MS", "100".to_owned()),
    ]);
    let half = "select count(*)::text from chain.signings where state = 'waiting'";
    until_it_says(owner, half, "1").await;
    paying.mined(FINAL).await;
    paying.until(withdrawal, "confirmed").await;
    assert_eq!(paying.holds(55).await, "0.5");
    let left = "select count(*)::text from chain.signings where state = 'waiting'";
    assert_eq!(
        ask(owner, left).await,
        "0",
        "what has ended waits for nobody"
    );
    assert_clean(owner).await;
}
