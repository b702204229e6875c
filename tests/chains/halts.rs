//! One coin is halted while a payment of it waits to be carried: what shares the Safe's numbers
//! with it goes on, and it is paid once when the halt is lifted.

use alloy::primitives::{Address, U256};
use tests::arrivals::{ask, until_it_says};
use tests::house::{ask_withdrawal, state_of};
use tests::looks::payments_have_looked;
use tests::paying_evm::{PayingEvm, receiver};
use tests::wait;
use tests::watched_evm::{balance_of, milliether_wei};

/// Purposes, coins and states of what the Safe pays, in the order of its numbers.
const PAYMENTS: &str = "select string_agg(purpose || ' ' || symbol || ' ' || p.state, ', '
        order by safe_nonce, payment_id)
    from chain.payments p join exchange.assets using (asset_id) where safe_nonce is not null";
/// What is said of a payment that was only halted.
const REASONS: &str = "select string_agg(end_reason, '; ') from chain.payments
    where end_reason is not null";
const SAID: &str = "refused: others waited behind it while its coin was halted";
const CANCELLED_AND_PAID_ANEW: &str = "withdrawal USDT failed, cancel ETH confirmed, \
    withdrawal ETH confirmed, withdrawal USDT confirmed";

/// Who has answered for the first payment.
const SIGNED: &str = "select string_agg(signer || ' ' || state, ', ' order by signer)
    from chain.signings where kind = 'safe'
        and payment_id = (select min(payment_id) from chain.payments)";

struct Place {
    paying: PayingEvm,
    tokens_to: Address,
    ether_to: Address,
}

impl Place {
    /// The Safe and the customer have tokens.
    async fn start(name: &str) -> Place {
        let paying = PayingEvm::start(name).await;
        paying.gets_tokens().await;
        Place {
            paying,
            tokens_to: receiver(20),
            ether_to: receiver(21),
        }
    }

    async fn says(&self, text: &str) -> String {
        ask(&self.paying.world.owner, text).await
    }

    async fn until(&self, text: &str, wanted: &str) {
        until_it_says(&self.paying.world.owner, text, wanted).await;
    }

    async fn withdraw_tokens(&self) -> i64 {
        let (owner, account) = (&self.paying.world.owner, self.paying.world.account(0));
        ask_withdrawal(owner, account, "USDT", self.tokens_to.as_slice(), "25.5").await
    }

    async fn withdraw_ether(&self) -> i64 {
        self.paying.withdraw(self.ether_to, "0.1").await
    }

    /// Halts the token for a reason, or lets it go on.
    async fn halt(&self, reason: &str) {
        let text = format!("select exchange.set_withdrawal_halt('USDT', 'ethereum', {reason})");
        assert_eq!(self.says(&format!("{text}::text")).await, "1");
    }

    async fn tokens_held(&self) -> U256 {
        let held = self
            .paying
            .world
            .node
            .ask(self.paying.world.token, balance_of(self.tokens_to));
        U256::from_be_slice(&held.await.expect("an answer"))
    }

    /// Mines until a query says so.
    async fn mined_until(&self, text: &str, wanted: &str) {
        wait::until(
            &format!("'{wanted}', while blocks come, of: {text}"),
            async || {
                self.paying.mined(1).await;
                self.says(text).await == wanted
            },
        )
        .await;
    }

    /// The ether is paid while the token is halted, whose withdrawal is planned anew after that.
    async fn pays_ether_alone(&self, tokens: i64, ether: i64) {
        self.mined_until(&state_of(ether), "confirmed").await;
        let given_back = format!(
            "select state || ' ' || (payment_id is null) from exchange.withdrawals
             where withdrawal_id = {tokens}"
        );
        self.mined_until(&given_back, "approved true").await;
        let halted = "select is_halted::text from chain.coins where contract is not null";
        assert_eq!(self.says(halted).await, "true");
        assert_eq!(self.says(REASONS).await, SAID);
        assert_eq!(self.tokens_held().await, U256::ZERO);
    }

    /// All is paid, once, and chain and books agree.
    async fn ends_well(&self, tokens: i64, payments: &str) {
        self.mined_until(&state_of(tokens), "confirmed").await;
        self.mined_until(PAYMENTS, payments).await;
        let open = "select count(*)::text from chain.payments where ended_at is null";
        self.mined_until(open, "0").await;
        assert_eq!(self.tokens_held().await, U256::from(25_500_000_u64), "once");
        let held = self.paying.holds(self.ether_to).await;
        assert_eq!(held, milliether_wei(100), "once");
        // What was behind a number was carried after what used it up.
        let undone = "select count(*)::text from chain.attempts where is_reverted";
        assert_eq!(self.says(undone).await, "0", "carried in vain");
        let halted = "select count(*)::text from chain.networks where is_halted";
        assert_eq!(self.says(halted).await, "0", "no signer saw anything wrong");
        self.paying.assert_agreed().await;
    }
}

#[tokio::test]
async fn a_halted_coin_s_planned_payment_holds_up_no_other_and_is_paid_once_it_goes_on() {
    let place = Place::start("halts_planned").await;
    let _payments = place.paying.pays(&[]);
    let tokens = place.withdraw_tokens().await;
    place.until(PAYMENTS, "withdrawal USDT planned").await;
    place.halt("'a test'").await;
    let ether = place.withdraw_ether().await;
    let _signers = place.paying.house.signers(&place.paying.world.database);
    place.pays_ether_alone(tokens, ether).await;
    place.halt("null").await;
    place.ends_well(tokens, CANCELLED_AND_PAID_ANEW).await;
}

#[tokio::test]
async fn what_one_signer_has_signed_of_a_halted_coin_holds_up_no_other() {
    let place = Place::start("halts_half").await;
    let (house, database) = (&place.paying.house, &place.paying.world.database);
    let _a = house.signer(database, "a", &[]);
    let _payments = place.paying.pays(&[]);
    let tokens = place.withdraw_tokens().await;
    place.until(SIGNED, "a signed, b waiting").await;
    place.halt("'a test'").await;
    let ether = place.withdraw_ether().await;
    place.until(SIGNED, "a signed, b refused").await;
    let _b = house.signer(database, "b", &[]);
    place.pays_ether_alone(tokens, ether).await;
    place.halt("null").await;
    place.ends_well(tokens, CANCELLED_AND_PAID_ANEW).await;
    let told = format!(
        "select string_agg(payload ->> 'change', ' ' order by last_sequence) from exchange.events
         where stream_id = 10001 and payload ->> 'withdrawal_id' = '{tokens}'"
    );
    assert_eq!(place.says(&told).await, "signed broadcast confirmed");
}

/// A signer would have to be told by the payer that it is dead, to sign for it once more.
#[tokio::test]
async fn what_both_have_signed_of_a_halted_coin_keeps_its_number_and_is_sent_once_it_goes_on() {
    let place = Place::start("halts_signed").await;
    let _signers = place.paying.house.signers(&place.paying.world.database);
    let doom = [("EXCHANGE_FAULT_POINT", "raw_stored".to_owned())];
    let mut doomed = place.paying.pays(&doom);
    let tokens = place.withdraw_tokens().await;
    doomed.dies_at("raw_stored").await;
    let attempts = "select string_agg(state || ' ' || (raw is not null) || ' '
        || (broadcast_at is null), ', ') from chain.attempts";
    assert_eq!(place.says(attempts).await, "signed true true");
    place.halt("'a test'").await;
    let ether = place.withdraw_ether().await;
    let _payments = place.paying.pays(&[]);
    let waiting = "withdrawal USDT signed, withdrawal ETH planned";
    place.until(PAYMENTS, waiting).await;
    payments_have_looked(&place.paying.world.database).await;
    assert_eq!(place.says(PAYMENTS).await, waiting);
    place.halt("null").await;
    place.mined_until(&state_of(ether), "confirmed").await;
    place
        .ends_well(
            tokens,
            "withdrawal USDT confirmed, withdrawal ETH confirmed",
        )
        .await;
}

#[tokio::test]
async fn a_halt_that_is_lifted_while_the_cancelling_is_under_way_pays_once_by_a_new_payment() {
    for sent in [false, true] {
        let place = Place::start("halts_lifted").await;
        let _payments = place.paying.pays(&[]);
        let tokens = place.withdraw_tokens().await;
        place.until(PAYMENTS, "withdrawal USDT planned").await;
        place.halt("'a test'").await;
        let ether = place.withdraw_ether().await;
        let signers = || place.paying.house.signers(&place.paying.world.database);
        let early = sent.then(signers);
        let state = if sent { "broadcast" } else { "planned" };
        let both = format!("withdrawal USDT planned, cancel ETH {state}, withdrawal ETH {state}");
        place.until(PAYMENTS, &both).await;
        place.halt("null").await;
        let _signers = early.unwrap_or_else(signers);
        place.mined_until(&state_of(ether), "confirmed").await;
        place.ends_well(tokens, CANCELLED_AND_PAID_ANEW).await;
    }
}

#[tokio::test]
async fn more_payments_of_a_halted_coin_than_are_under_way_at_once_leave_room_for_others() {
    const MOST: usize = 32;
    let place = Place::start("halts_many").await;
    let _payments = place.paying.pays(&[]);
    let (owner, account) = (&place.paying.world.owner, place.paying.world.account(0));
    for _ in 0..MOST {
        ask_withdrawal(owner, account, "USDT", place.tokens_to.as_slice(), "1").await;
    }
    let planned = "select count(*)::text from chain.payments where state = 'planned'";
    place.until(planned, &MOST.to_string()).await;
    place.halt("'a test'").await;
    let ether = place.withdraw_ether().await;
    let _signers = place.paying.house.signers(&place.paying.world.database);
    place.mined_until(&state_of(ether), "confirmed").await;
    assert_eq!(place.tokens_held().await, U256::ZERO);
    place.halt("null").await;
    let open = "select count(*)::text from exchange.withdrawals where state <> 'confirmed'";
    place.mined_until(open, "0").await;
    let held = place.tokens_held().await;
    assert_eq!(held, U256::from(MOST * 1_000_000), "once each");
    place.paying.assert_agreed().await;
}
