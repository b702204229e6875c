//! Somebody has the role of the worker that pays, and writes the plans. The signers hold against
//! it: what they sign is what was asked, once, out of coins whose amounts are proved.

use bitcoin::{Amount, Psbt, ScriptBuf, Transaction};
use chain::bitcoin_wallet::BitcoinWallet;
use chain::coin_selection::{Coin, CoinOwner};
use chain::network::BitcoinNetwork;
use chain::previous::Previous;
use chain::spend::{Payment, Spend};
use tests::arrivals::{ask, until_it_says};
use tests::checks::assert_clean;
use tests::house::{House, ask_withdrawal, fund};
use tests::purse::Purse;
use tests::trading::refusal;
use tests::watched_bitcoin::WatchedBitcoin;
use tests::worker::Worker;
use tokio_postgres::Client;

/// Satoshis of each coin of the hot wallet, and how many it has.
const COIN: u64 = 100_000_000;
const COINS: usize = 4;
const FEE: u64 = 2_000;

struct Place {
    world: WatchedBitcoin,
    house: House,
    /// As the worker that pays, which does not run.
    payer: Client,
    wallet: BitcoinWallet,
    filled: Transaction,
    _watcher: Worker,
}

/// A payment that the payer has written down.
struct Written {
    payment: String,
    withdrawal: i64,
    to: ScriptBuf,
}

impl Place {
    async fn start(name: &str) -> Place {
        let mut world = WatchedBitcoin::start(1).await;
        let house = House::make(name).expect("tokens");
        house.settle_bitcoin(&world.database).expect("a wallet");
        let owner = &world.owner;
        let descriptor = ask(owner, "select descriptor from chain.wallets").await;
        let wallet = BitcoinWallet::from_descriptor(BitcoinNetwork::Regtest, &descriptor, None);
        let wallet = wallet.expect("a wallet");
        let outputs = vec![(wallet.hot_script().clone(), COIN); COINS];
        let filled = world.purse.pay(&outputs, 10_000).expect("a payment");
        world.node.send(&filled).await.expect("taken");
        world.mine(1).await;
        let watcher = world.watch();
        world.caught_up().await;
        fund(&world.owner, world.account(0), "BTC", "10").await;
        Place {
            payer: world.database.connect("exchange_worker").await.expect("it"),
            world,
            house,
            wallet,
            filled,
            _watcher: watcher,
        }
    }

    async fn asks(&self, query: &str) -> String {
        ask(&self.world.owner, query).await
    }

    /// A withdrawal of half a bitcoin, and its payment of so many satoshis.
    async fn write(&self, key: u8, atoms: u64) -> Written {
        let to = Purse::new(key).address().script_pubkey();
        let (owner, account) = (&self.world.owner, self.world.account(0));
        let withdrawal = ask_withdrawal(owner, account, "BTC", to.as_bytes(), "0.5").await;
        Written {
            payment: self.pay(withdrawal, &to, atoms).await,
            withdrawal,
            to,
        }
    }

    async fn pay(&self, withdrawal: i64, to: &ScriptBuf, atoms: u64) -> String {
        let text = format!(
            "select chain.add_payment(1, 'withdrawal', (select asset_id from exchange.assets
                where symbol = 'BTC'), '{atoms}', 'hot', null, null, null, '{{}}',
                jsonb_build_array(
                jsonb_build_object('withdrawal_id', {withdrawal}, 'address', 'there',
                    'script', '{}', 'atoms', '50000000')))::text",
            to.to_hex_string()
        );
        ask(&self.payer, &text).await
    }

    /// What spends these coins of the hot wallet for it; the rest, but for the fee, is change.
    fn spend(&self, written: &Written, coins: &[usize], fee_sats: u64) -> Psbt {
        self.spend_times(1, written, coins, fee_sats)
    }

    fn spend_times(&self, times: usize, written: &Written, coins: &[usize], fee_sats: u64) -> Psbt {
        let payment = Payment {
            script: written.to.clone(),
            value_sats: 50_000_000,
        };
        let hot = self.wallet.hot_script();
        let outputs = (0..).zip(&self.filled.output);
        let outputs: Vec<u32> = outputs
            .filter(|(_, output)| &output.script_pubkey == hot)
            .map(|(index, _)| index)
            .collect();
        let coin = |index: &usize| Coin {
            outpoint: bitcoin::OutPoint::new(self.filled.compute_txid(), outputs[*index]),
            value_sats: COIN,
            owner: CoinOwner::Hot,
        };
        let coins: Vec<Coin> = coins.iter().map(coin).collect();
        let held = COIN * coins.len() as u64;
        let spend = Spend {
            coins,
            payments: vec![payment; times],
            change: Some(Payment {
                script: hot.clone(),
                value_sats: held - 50_000_000 * times as u64 - fee_sats,
            }),
            fee_sats,
            vsize: 0,
        };
        let mut previous = Previous::default();
        previous.add(self.filled.clone());
        spend.psbt(&self.wallet, &previous).expect("a PSBT")
    }

    fn attempt(&self, payment: &str, psbt: &Psbt) -> String {
        format!(
            "select chain.add_attempt({payment}, null, null, decode('{}', 'hex'), '1', '2000',
                '{{a hot_outputs,b hot_outputs}}')::text",
            hex::encode(psbt.serialize())
        )
    }

    /// Waits until nothing waits for these signers.
    async fn judged(&self, signers: &str) {
        let waiting = format!(
            "select count(*)::text from chain.signings
             where state = 'waiting' and signer in ({signers})"
        );
        until_it_says(&self.world.owner, &waiting, "0").await;
    }

    /// Has each signer judge what waits, by itself: what one refuses at large halts the network,
    /// and the other would wait.
    async fn each_judges(&self) {
        for signer in ["a", "b"] {
            let lift = "update chain.networks set is_halted = false, halt_reason = null";
            self.world.owner.batch_execute(lift).await.expect("lifted");
            let _signer = self.house.signer(&self.world.database, signer, &[]);
            self.judged(&format!("'{signer}'")).await;
        }
    }
}

/// What became of signings, one after the other.
const SIGNINGS: &str = "select string_agg(signer || ' ' || state, ', ' order by signing_id)
    from chain.signings";
const REFUSALS: &str = "select string_agg(distinct refusal, '; ') from chain.signings";

#[tokio::test]
async fn an_amount_that_is_only_said_is_not_signed_and_halts_the_network_once() {
    let place = Place::start("said").await;
    let written = place.write(50, 50_000_000).await;
    // Two coins, of which one is said to hold less: in earnest the fee is nearly a bitcoin.
    let mut psbt = place.spend(&written, &[0, 1], 90_000_000);
    let said = psbt.inputs[1].witness_utxo.as_mut().expect("an output");
    said.value = Amount::from_sat(COIN - 90_000_000 + FEE);
    let attempt = place.attempt(&written.payment, &psbt);
    ask(&place.payer, &attempt).await;
    let _signers = place.house.signers(&place.world.database);
    place.judged("'a', 'b'").await;
    assert_eq!(place.asks(SIGNINGS).await, "a refused, b refused");
    let words = place.asks(REFUSALS).await;
    assert!(
        words.contains("holds something else than it says"),
        "{words}"
    );

    let halted = "select is_halted || ' ' || (halt_reason like 'signer % refused payment %')
        from chain.networks";
    assert_eq!(place.asks(halted).await, "true true");
    let told = "select count(*)::text from exchange.events
        where stream_id = 10001 and payload ->> 'change' = 'withdrawals_halted'";
    assert_eq!(place.asks(told).await, "1");
    // Whoever lifts it has seen the refusal: it is not halted for it again.
    let lift = "select exchange.set_withdrawal_halt(null, 'bitcoin', null)::text";
    assert_eq!(place.asks(lift).await, "1");
    let dropped = "select chain.drop_refused_payments(1)::text";
    assert_eq!(ask(&place.payer, dropped).await, "1");
    assert_eq!(
        place
            .asks("select is_halted::text from chain.networks")
            .await,
        "false"
    );
    let state = tests::house::state_of(written.withdrawal);
    assert_eq!(place.asks(&state).await, "approved");
    assert_clean(&place.world.owner).await;
}

#[tokio::test]
async fn a_payment_that_says_less_than_its_items_is_not_signed() {
    let place = Place::start("less").await;
    let written = place.write(50, 1).await;
    let psbt = place.spend(&written, &[0], FEE);
    let attempt = place.attempt(&written.payment, &psbt);
    ask(&place.payer, &attempt).await;
    let limit = [("EXCHANGE_SIGNER_HOURLY", "BTC=0.6")];
    let _a = place.house.signer(&place.world.database, "a", &limit);
    place.judged("'a'").await;
    assert_eq!(place.asks(SIGNINGS).await, "a refused, b waiting");
    let words = place.asks(REFUSALS).await;
    assert!(words.contains("another amount than its items"), "{words}");
}

#[tokio::test]
async fn of_versions_that_could_both_happen_one_is_signed() {
    let place = Place::start("versions").await;
    let written = place.write(50, 50_000_000).await;
    let [first, second] = [[0], [1]].map(|coins| place.spend(&written, &coins, FEE));
    let attempt = ask(&place.payer, &place.attempt(&written.payment, &first)).await;
    // Beside one that waits there is no other.
    let refused = refusal(&place.payer, &place.attempt(&written.payment, &second)).await;
    assert_eq!(refused.0, "55000");
    // Unless somebody says that it is signed.
    let raw = format!("select chain.store_raw({attempt}, 'x', sha256('x'))::text");
    assert_eq!(ask(&place.payer, &raw).await, "true");
    // As it was before: the signers have to see to it themselves.
    let back = "update exchange.withdrawals set state = 'approved'";
    place
        .world
        .owner
        .batch_execute(back)
        .await
        .expect("put back");
    ask(&place.payer, &place.attempt(&written.payment, &second)).await;
    place.each_judges().await;
    assert_eq!(
        place.asks(SIGNINGS).await,
        "a signed, b signed, a refused, b refused"
    );
    let words = place.asks(REFUSALS).await;
    assert_eq!(words, "a version that could happen beside another");
}

#[tokio::test]
async fn a_later_version_is_a_first_one_to_a_signer_that_has_signed_none() {
    let place = Place::start("first").await;
    let written = place.write(50, 50_000_000).await;
    let psbt = place.spend(&written, &[0], FEE);
    let attempt = ask(&place.payer, &place.attempt(&written.payment, &psbt)).await;
    {
        let _a = place.house.signer(&place.world.database, "a", &[]);
        place.judged("'a'").await;
    }
    let raw = format!("select chain.store_raw({attempt}, 'x', sha256('x'))::text");
    assert_eq!(ask(&place.payer, &raw).await, "true");
    let later = place.spend(&written, &[0], 2 * FEE);
    ask(&place.payer, &place.attempt(&written.payment, &later)).await;
    let frozen = "update exchange.withdrawals set state = 'approved';
        update exchange.accounts set status = 'frozen' where role = 'user'";
    place
        .world
        .owner
        .batch_execute(frozen)
        .await
        .expect("frozen");
    let _b = place.house.signer(&place.world.database, "b", &[]);
    place.judged("'b'").await;
    let by_b = "select string_agg(state, ', ' order by signing_id) from chain.signings
        where signer = 'b'";
    assert_eq!(place.asks(by_b).await, "refused, refused");
    let words = "select string_agg(distinct refusal, '; ') from chain.signings where signer = 'b'";
    assert!(place.asks(words).await.contains("the account is frozen"));
}

#[tokio::test]
async fn a_withdrawal_whose_payment_is_signed_is_not_paid_by_another() {
    let place = Place::start("elsewhere").await;
    let written = place.write(50, 50_000_000).await;
    let psbt = place.spend(&written, &[0], FEE);
    ask(&place.payer, &place.attempt(&written.payment, &psbt)).await;
    place.each_judges().await;
    assert_eq!(place.asks(SIGNINGS).await, "a signed, b signed");
    // The payer keeps the signatures, and makes believe that the payment came to nothing.
    let ended = format!(
        "update chain.payments set state = 'failed', end_reason = 'x', ended_at = now();
         update exchange.withdrawals set state = 'approved', payment_id = null
         where withdrawal_id = {}",
        written.withdrawal
    );
    place
        .world
        .owner
        .batch_execute(&ended)
        .await
        .expect("ended");
    let again = place.pay(written.withdrawal, &written.to, 50_000_000).await;
    let psbt = place.spend(&written, &[1], FEE);
    ask(&place.payer, &place.attempt(&again, &psbt)).await;
    place.each_judges().await;
    assert_eq!(
        place.asks(SIGNINGS).await,
        "a signed, b signed, a refused, b refused"
    );
    let words = place.asks(REFUSALS).await;
    assert_eq!(words, "another payment of it is signed already");
}

#[tokio::test]
async fn a_wallet_that_is_not_in_the_signers_settings_is_not_believed() {
    let place = Place::start("pinned").await;
    let written = place.write(50, 50_000_000).await;
    let psbt = place.spend(&written, &[0], FEE);
    ask(&place.payer, &place.attempt(&written.payment, &psbt)).await;
    let other = Purse::new(66).address().to_string();
    let pins = [(
        "EXCHANGE_SIGNER_WALLETS",
        format!("bitcoin:regtest/hot={other}"),
    )];
    let pins = [(pins[0].0, pins[0].1.as_str())];
    let _a = place.house.signer(&place.world.database, "a", &pins);
    place.judged("'a'").await;
    assert_eq!(place.asks(SIGNINGS).await, "a refused, b waiting");
    let words = place.asks(REFUSALS).await;
    assert!(words.contains("is not the one of the settings"), "{words}");
    // Without any it does not start.
    let mut b = place.house.signer(
        &place.world.database,
        "b",
        &[("EXCHANGE_SIGNER_WALLETS", "")],
    );
    tests::wait::until_blocking("the signer has ended", || {
        b.has_ended().expect("asked") == Some(false)
    });
    assert_eq!(place.asks(SIGNINGS).await, "a refused, b waiting");
}

#[tokio::test]
async fn a_payment_pays_a_withdrawal_once() {
    let place = Place::start("twice").await;
    let written = place.write(50, 50_000_000).await;
    let twice = format!(
        "insert into chain.payment_items (payment_id, item, withdrawal_id, address, script, amount)
         select payment_id, 1, withdrawal_id, address, script, amount from chain.payment_items;
         update chain.payments set amount = 1 where payment_id = {}",
        written.payment
    );
    let owner = &place.world.owner;
    assert_eq!(refusal(owner, &twice).await.0, "23505");
    // The signers hold where the table would not.
    let free = "drop index chain.payment_items_withdrawal_key";
    owner.batch_execute(free).await.expect("dropped");
    owner.batch_execute(&twice).await.expect("twice");
    let psbt = place.spend_times(2, &written, &[0, 1], FEE);
    ask(&place.payer, &place.attempt(&written.payment, &psbt)).await;
    place.each_judges().await;
    assert_eq!(place.asks(SIGNINGS).await, "a refused, b refused");
    let words = place.asks(REFUSALS).await;
    assert_eq!(words, "a payment that pays a withdrawal twice");
}
