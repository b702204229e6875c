//! Payments on EVM networks as the database sees them: what the worker writes down, step by step,
//! where a real node would make the same case hard to reach.

mod gathering;

use alloy::primitives::Address;
use tests::arrivals::{ask, available_of, open_accounts};
use tests::chain_fixture::{ETHEREUM, give_address, list_ethereum};
use tests::checks::assert_clean;
use tests::database::Database;
use tests::house::{ask_withdrawal, fund};
use tokio_postgres::Client;

/// A network with wallets, and functions that write down what workers would.
const SETUP: &str = "
insert into chain.wallets (network_id, role, address, script, descriptor) values
    (2, 'hot', 'hot', decode(repeat('11', 20), 'hex'), 'a,b,c'),
    (2, 'cold', 'cold', decode(repeat('22', 20), 'hex'), 'd,e,f'),
    (2, 'gas', 'gas', decode(repeat('33', 20), 'hex'), null);

create function public.hash_of(what text, number bigint) returns bytea language sql as $$
    select sha256(convert_to(what || number, 'UTF8')) $$;
create function public.mine(fork text, first bigint, last bigint) returns void
language sql as $$
    insert into chain.blocks (network_id, height, hash, parent_hash, mined_at)
    select 2, h, hash_of(fork, h), coalesce(b.hash, hash_of(fork, h - 1)), now()
    from generate_series(first, last) h
    left join chain.blocks b on b.network_id = 2 and b.is_active and b.height = h - 1 $$;
create function public.unmine(above bigint) returns void language sql as $$
    update chain.blocks set is_active = false where network_id = 2 and height > above $$;

create function public.pay(purpose text, symbol text, amount numeric, wallet text, address bigint,
    number bigint, items jsonb) returns bigint language sql as $$
    select chain.add_payment(2, purpose, a.asset_id, chain.atoms(amount, a.scale), wallet, address,
        number, case when number is not null then hash_of(purpose, number) end,
        '{\"data\": \"0x\"}', items)
    from exchange.assets a where a.symbol = pay.symbol $$;
create function public.attempt(payment bigint, sender bytea, number bigint) returns bigint
language plpgsql as $$
declare made bigint;
begin
    made := chain.add_attempt(payment, sender, number, '\\x02', '1', null, '{a gas_account}');
    update chain.signings set state = 'signed', signature = '\\x00', ended_at = now()
    where attempt_id = made;
    perform chain.store_raw(made, '\\x02', hash_of('tx', made));
    perform chain.note_broadcast(made);
    return made;
end $$;
create function public.mined(attempt bigint, fork text, height bigint, outcome text, fee text)
returns boolean language sql as $$
    select chain.note_mined(attempt, hash_of(fork, height), height, outcome, fee) $$;";

const GAS: &str = "decode(repeat('33', 20), 'hex')";

struct Chain {
    owner: Client,
    account: i64,
    address: i64,
    database: Database,
}

impl Chain {
    async fn start() -> Chain {
        let database = Database::fresh().await;
        let owner = database.owner().await;
        list_ethereum(&owner, Some(Address::repeat_byte(0x77))).await;
        let account = open_accounts(&owner, 1).await;
        let script = [0xa0; 20];
        let address = give_address(&owner, ETHEREUM, account, "ETH", "0xa0", &script).await;
        owner.batch_execute(SETUP).await.expect("set up");
        let chain = Chain {
            owner,
            account,
            address,
            database,
        };
        chain.says("select public.mine('a', 0, 1)").await;
        chain
    }

    async fn says(&self, text: &str) -> String {
        let text = format!("select ({text})::text");
        ask(&self.owner, &text).await
    }

    async fn says_all(&self, text: &str) -> String {
        ask(&self.owner, text).await
    }

    async fn pays(&self, arguments: &str) -> String {
        self.says(&format!("select public.pay({arguments})")).await
    }

    async fn attempt(&self, payment: &str, sender: &str, nonce: i64) -> String {
        let text = format!("select public.attempt({payment}, {sender}, {nonce})");
        self.says(&text).await
    }

    async fn mined(&self, attempt: &str, place: &str, outcome: &str, fee: &str) {
        let text = format!("select public.mined({attempt}, {place}, '{outcome}', {fee})");
        assert_eq!(self.says(&text).await, "true", "{text}");
    }

    async fn settle(&self) {
        self.says("select chain.settle_payments(2, 100)").await;
        while self.says("select chain.end_failed_payment(2)").await == "true" {}
        self.says("select chain.close_attempts(2)").await;
    }

    /// A deposit at the one address, in block 1.
    async fn deposit(&self, symbol: &str, amount: &str, state: &str, number: i64) -> String {
        let text = format!(
            "with made as (insert into exchange.deposits (network_id, txid, position, asset_id,
                account_id, address_id, amount, block_hash, block_height, required_confirmations,
                state, credited_at)
            select 2, public.hash_of('in', {number}), 'value', asset_id, {}, {}, {amount},
                public.hash_of('a', 1), 1, 1, '{state}', now()
            from exchange.assets where symbol = '{symbol}' returning deposit_id)
            select deposit_id::text from made",
            self.account, self.address
        );
        self.says_all(&text).await
    }

    /// What is to leave deposit addresses, in atoms.
    async fn gathered(&self) -> String {
        let text = "select string_agg(a.symbol || ' ' || g.atoms, ', ' order by a.symbol)
            from chain.gathered(2, 0, 100) g join exchange.assets a using (asset_id)";
        self.says_all(text).await
    }
}

const ITEM: &str = "jsonb_build_array(jsonb_build_object(
    'address', 'x', 'script', repeat('44', 20), 'atoms', '1'))";

#[tokio::test]
async fn a_payment_whose_block_is_undone_late_is_sent_again_beside_the_next_one() {
    let chain = Chain::start().await;
    let first = chain
        .pays(&format!("'cold', 'ETH', 5, 'hot', null, 0, {ITEM}"))
        .await;
    let attempt = chain.attempt(&first, GAS, 0).await;
    chain.mined(&attempt, "'a', 1", "success", "'21000'").await;
    chain.says("select public.mine('a', 2, 12)").await;
    chain.settle().await;
    let second = chain
        .pays(&format!("'cold', 'ETH', 6, 'hot', null, 1, {ITEM}"))
        .await;
    chain.says("select public.unmine(0)").await;
    chain.says("select public.mine('b', 1, 13)").await;
    let states = "select string_agg(p.state || ' ' || coalesce(a.state, 'none'), ', '
        order by p.payment_id) from chain.payments p left join chain.attempts a using (payment_id)";
    assert_eq!(
        chain.says_all(states).await,
        "confirmed mined, planned none"
    );
    assert_eq!(chain.says("select chain.reopen_attempts(2)").await, "1");
    let opened = "broadcast broadcast, planned none";
    assert_eq!(chain.says_all(states).await, opened);
    assert_eq!(chain.says("select chain.reopen_attempts(2)").await, "0");
    // A third one of the key waits as ever for the second.
    let third = format!("public.pay('cold', 'ETH', 7, 'hot', null, 2, {ITEM})");
    let refused = chain.owner.query(&format!("select {third}"), &[]).await;
    let refused = refused.expect_err("one at a time");
    let code = refused.code().map(|code| code.code().to_owned());
    assert_eq!(code.as_deref(), Some("23505"), "{refused:?}");
    chain.mined(&attempt, "'b', 1", "success", "'21000'").await;
    chain.settle().await;
    assert_eq!(
        chain.says_all(states).await,
        "confirmed mined, planned none"
    );
    let costs = "select count(*)::text from exchange.network_costs";
    assert_eq!(chain.says_all(costs).await, "1");
    chain
        .says(&format!("select chain.fail_payment({second}, 'ended')"))
        .await;
    assert_clean(&chain.owner).await;
}

#[tokio::test]
async fn what_our_carrier_cost_is_booked_though_a_strangers_was_faster() {
    let chain = Chain::start().await;
    let payment = chain
        .pays(&format!("'cold', 'ETH', 5, 'hot', null, 0, {ITEM}"))
        .await;
    let ours = chain.attempt(&payment, GAS, 0).await;
    let waiting = "chain.add_attempt($1, $2, 1, '\\x02', '1', null, '{a gas_account}')";
    let waiting = waiting.replace("$1", &payment).replace("$2", GAS);
    let unsigned = chain.says(&format!("select {waiting}")).await;
    let adopted = format!("chain.adopt_attempt({payment}, '\\x02', public.hash_of('other', 1))");
    let adopted = chain.says(&format!("select {adopted}")).await;
    chain.mined(&adopted, "'a', 1", "success", "null").await;
    let states = "select string_agg(state || ' ' || (closed_at is not null), ', '
        order by number) from chain.attempts";
    let all = "broadcast false, unsigned false, mined false";
    assert_eq!(chain.says_all(states).await, all);
    let given_up = format!("select state from chain.signings where attempt_id = {unsigned}");
    assert_eq!(
        chain.says(&given_up).await,
        "refused",
        "nobody signs it now"
    );
    chain.says("select public.mine('a', 2, 12)").await;
    chain.settle().await;
    let paid = "select coalesce(sum(amount), 0)::float8::text from exchange.network_costs";
    assert_eq!(
        chain.says_all(paid).await,
        "0",
        "a stranger's cost us nothing"
    );
    // Ours comes in a later block, and is undone as a whole: that was paid for.
    chain
        .mined(&ours, "'a', 12", "reverted", "'2000000000000000000'")
        .await;
    chain.says("select public.mine('a', 13, 23)").await;
    chain.settle().await;
    assert_eq!(chain.says_all(paid).await, "2");
    let all = "mined true, unsigned false, mined false";
    assert_eq!(chain.says_all(states).await, all);
    assert_clean(&chain.owner).await;
}

#[tokio::test]
async fn a_stranger_may_carry_two_payments_at_once() {
    let chain = Chain::start().await;
    for (asset, number) in [("ETH", 0), ("USDT", 1)] {
        let payment = format!("'cold', '{asset}', 5, 'hot', null, {number}, {ITEM}");
        let payment = chain.pays(&payment).await;
        let adopted = format!("chain.adopt_attempt({payment}, '\\x02', public.hash_of('it', 1))");
        let adopted = chain.says(&format!("select {adopted}")).await;
        chain.mined(&adopted, "'a', 1", "success", "null").await;
    }
    chain.says("select public.mine('a', 2, 12)").await;
    chain.settle().await;
    let states = "select string_agg(state, ' ') from chain.payments";
    assert_eq!(chain.says_all(states).await, "confirmed confirmed");
}

#[tokio::test]
async fn a_coin_that_waits_for_a_refill_holds_up_no_other() {
    let chain = Chain::start().await;
    let (owner, account) = (&chain.owner, chain.account);
    fund(owner, account, "USDT", "1000").await;
    fund(owner, account, "ETH", "10").await;
    for _ in 0..4 {
        ask_withdrawal(owner, account, "USDT", &[0x44; 20], "10").await;
    }
    ask_withdrawal(owner, account, "ETH", &[0x44; 20], "1").await;
    let planned = "select string_agg(a.symbol, ' ' order by w.withdrawal_id)
        from chain.approved_withdrawals(2, 2) w join exchange.assets a using (asset_id)";
    assert_eq!(chain.says_all(planned).await, "USDT USDT ETH");
}

#[tokio::test]
async fn a_refused_sweep_halts_its_coin_and_not_the_network() {
    let chain = Chain::start().await;
    let payment = format!("'sweep', 'USDT', 50, null, {}, null, {ITEM}", chain.address);
    let payment = chain.pays(&payment).await;
    let waiting = format!(
        "select chain.add_attempt({payment}, decode(repeat('a0', 20), 'hex'), 0, '\\x02', '1',
            null, '{{a deposit_keys}}')"
    );
    chain.says(&waiting).await;
    let signer = chain.database.connect("exchange_signer_a").await;
    let refuse = "select chain.refuse_signing(signing_id, 'no', null) from chain.signings";
    let refused = signer.expect("a session").query_one(refuse, &[]).await;
    assert!(refused.expect("an answer").get::<_, bool>(0));
    assert_eq!(
        chain.says("select chain.drop_refused_payments(2)").await,
        "1"
    );
    let halted = "select string_agg(a.symbol, ' ') from chain.coins c
        join exchange.assets a using (asset_id) where c.is_halted";
    assert_eq!(chain.says_all(halted).await, "USDT");
    let network = "select is_halted::text from chain.networks where network_id = 2";
    assert_eq!(chain.says_all(network).await, "false");
}

#[tokio::test]
async fn tokens_that_left_otherwise_wait_for_a_person_who_decides_either_way() {
    for (has_paid, state, available) in
        [(true, "confirmed", "89.9999"), (false, "failed", "99.9999")]
    {
        let chain = Chain::start().await;
        let (owner, account) = (&chain.owner, chain.account);
        fund(owner, account, "USDT", "100").await;
        let withdrawal = ask_withdrawal(owner, account, "USDT", &[0x44; 20], "10").await;
        let item = ITEM.replace("'1'", "'10000000'");
        let item = item.replace(
            "'address'",
            &format!("'withdrawal_id', {withdrawal}, 'address'"),
        );
        let payment = chain
            .pays(&format!("'withdrawal', 'USDT', 10, 'hot', null, 0, {item}"))
            .await;
        let attempt = chain.attempt(&payment, GAS, 0).await;
        chain.mined(&attempt, "'a', 1", "disputed", "'21000'").await;
        chain.says("select public.mine('a', 2, 12)").await;
        chain.settle().await;
        let now =
            format!("select state from exchange.withdrawals where withdrawal_id = {withdrawal}");
        assert_eq!(chain.says(&now).await, "broadcast", "nothing is given back");
        let halted = "select string_agg(a.symbol, ' ') from chain.coins c
            join exchange.assets a using (asset_id) where c.is_halted";
        assert_eq!(chain.says_all(halted).await, "USDT");
        chain
            .says(&format!(
                "select chain.decide_payment({payment}, {has_paid})"
            ))
            .await;
        chain.settle().await;
        assert_eq!(chain.says(&now).await, state);
        // What the chain refused is given back without the fee.
        let left = available_of(account, "USDT");
        assert_eq!(chain.says_all(&left).await, available);
        let fee = "select trim_scale(sum(amount))::text from exchange.ledger
            where fact_kind = 'withdrawal' and leg = 'fee' and amount > 0";
        assert_eq!(chain.says_all(fee).await, "0.0001");
        let own = format!(
            "select trim_scale(sum(amount))::text from exchange.ledger_of({account}, 'USDT',
                '-infinity', 'infinity', null, null, null, 1000) where leg = 'fee'"
        );
        assert_eq!(chain.says_all(&own).await, "-0.0001");
        assert_clean(owner).await;
    }
}

#[tokio::test]
async fn a_number_that_another_used_ends_an_accounts_payment_and_frees_a_safes() {
    let chain = Chain::start().await;
    let gap = chain
        .pays("'cancel', 'ETH', 0, 'gas', null, null, '[]'")
        .await;
    let carried = chain
        .pays(&format!("'cold', 'ETH', 5, 'hot', null, 0, {ITEM}"))
        .await;
    for payment in [&gap, &carried] {
        let attempt = chain.attempt(payment, GAS, 0).await;
        let replaced = format!("select chain.note_replaced({attempt})");
        assert_eq!(chain.says(&replaced).await, "true");
        assert_eq!(chain.says(&replaced).await, "false");
    }
    let states = "select string_agg(state, ' ' order by payment_id) from chain.payments";
    assert_eq!(chain.says_all(states).await, "failed broadcast");
    let next = format!("select chain.begin_attempt({carried}, 2)");
    assert_eq!(chain.says(&next).await, "true", "it is carried anew");
}

#[tokio::test]
async fn of_a_payment_and_what_cancels_it_one_happens_and_what_both_cost_is_booked() {
    for (payments, becomes, withdrawn) in [
        (["success", "reverted"], "confirmed failed", "confirmed"),
        (["failure", "reverted"], "failed failed", "failed"),
        (["reverted", "success"], "failed confirmed", "approved"),
    ] {
        let chain = Chain::start().await;
        let (owner, account) = (&chain.owner, chain.account);
        fund(owner, account, "USDT", "100").await;
        let withdrawal = ask_withdrawal(owner, account, "USDT", &[0x44; 20], "10").await;
        let of_it = format!("'withdrawal_id', {withdrawal}, 'address'");
        let item = ITEM.replace("'1'", "'10000000'");
        let item = item.replace("'address'", &of_it);
        let itself = format!("'withdrawal', 'USDT', 10, 'hot', null, 0, {item}");
        let both = [
            chain.pays(&itself).await,
            chain.pays("'cancel', 'ETH', 0, 'hot', null, 0, '[]'").await,
        ];
        let sign = "update chain.signings set state = 'signed', signature = '\\x00',
            ended_at = now() where kind = 'safe'";
        owner.batch_execute(sign).await.expect("signed by all");
        for (nonce, (payment, outcome)) in (0..).zip(both.iter().zip(payments)) {
            let attempt = chain.attempt(payment, GAS, nonce).await;
            chain.mined(&attempt, "'a', 1", outcome, "'21000'").await;
        }
        chain.says("select public.mine('a', 2, 12)").await;
        // As the worker does: transactions are closed before payments end.
        chain.says("select chain.close_attempts(2)").await;
        chain.settle().await;
        let states = "select string_agg(state, ' ' order by payment_id) from chain.payments";
        assert_eq!(chain.says_all(states).await, becomes);
        let now =
            format!("select state from exchange.withdrawals where withdrawal_id = {withdrawal}");
        assert_eq!(chain.says(&now).await, withdrawn);
        let costs = "select count(*)::text from exchange.network_costs";
        assert_eq!(chain.says_all(costs).await, "2", "{payments:?}");
        assert_clean(owner).await;
    }
}

#[tokio::test]
async fn quotes_and_activities_are_deleted_by_an_index() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let unindexed = "select string_agg(c.conname, ', ') from pg_constraint c
        where c.conname in ('withdrawals_quote_id_fkey', 'deposits_activity_id_fkey')
            and not exists (select from pg_index i where i.indrelid = c.conrelid
                and i.indkey[0] = c.conkey[1])";
    assert_eq!(ask(&owner, unindexed).await, "");
}
