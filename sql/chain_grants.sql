-- Who may do what with chains, deposits and withdrawals. After grants.sql, which revokes what is old.

revoke all on schema chain from public;
revoke all on all functions in schema chain from public, exchange_api, exchange_worker, exchange_analyst, exchange_signer_a, exchange_signer_b;
revoke all on all tables in schema chain from public, exchange_api, exchange_worker, exchange_analyst, exchange_signer_a, exchange_signer_b;
revoke all on all functions in schema exchange from exchange_signer_a, exchange_signer_b;
revoke all on all tables in schema exchange from exchange_signer_a, exchange_signer_b;
grant usage on schema chain to exchange_api, exchange_worker, exchange_analyst, exchange_signer_a, exchange_signer_b;
grant usage on schema exchange to exchange_signer_a, exchange_signer_b;

-- Reads. What a chain shows to everybody is no secret; whose address it is, is.
grant select on chain.networks, chain.coins, chain.blocks to exchange_api, exchange_worker, exchange_analyst, exchange_signer_a, exchange_signer_b;
grant select on
    chain.addresses, chain.wallets, chain.outputs, chain.fee_samples, chain.payment_items, chain.nonces, chain.sweep_pauses
to exchange_worker, exchange_analyst, exchange_signer_a, exchange_signer_b;
grant select on chain.payments, chain.attempts, chain.signings to exchange_worker, exchange_signer_a, exchange_signer_b;
-- People read of a payment what could not be sent: no bytes, no signatures. Columns that come are named here first.
grant select (
    payment_id, network_id, purpose, state, asset_id, amount, from_wallet_id, from_address_id, safe_nonce, identity_hash, plan,
    end_reason, created_at, ended_at, is_even, is_reopened) on chain.payments to exchange_analyst;
grant select (
    attempt_id, payment_id, network_id, number, state, from_script, nonce, unsigned, txid, fee_rate, fee, block_hash, block_height,
    is_success, is_reverted, is_disputed, created_at, signed_at, broadcast_at, last_broadcast_at, closed_at)
on chain.attempts to exchange_analyst;
grant select (signing_id, payment_id, attempt_id, signer, kind, state, refusal, withdrawal_id, created_at, ended_at)
on chain.signings to exchange_analyst;
grant select on
    exchange.deposits, exchange.deposit_entries, exchange.withdrawals, exchange.withdrawal_addresses, exchange.withdrawal_quotes,
    exchange.network_costs, exchange.reserve_entries
to exchange_api, exchange_worker, exchange_analyst;
grant select on exchange.deposit_sources to exchange_worker, exchange_analyst;
grant select on exchange.deposit_refunds to exchange_worker, exchange_analyst, exchange_signer_a, exchange_signer_b;
grant select on exchange.withdrawal_reviews, exchange.withdrawal_approvals to exchange_worker, exchange_analyst, exchange_signer_a, exchange_signer_b;
-- A signer judges for itself: what was asked, who approved it, what the account owes.
grant select on exchange.assets, exchange.deposits, exchange.deposit_entries, exchange.withdrawals
to exchange_signer_a, exchange_signer_b;

do $$
declare
    protected text;
begin
    foreach protected in array array[
        'deposits', 'deposit_entries', 'withdrawals', 'withdrawal_addresses', 'withdrawal_quotes', 'network_costs', 'reserve_entries']
    loop
        if not (select c.relrowsecurity from pg_class c where c.oid = format('exchange.%I', protected)::regclass) then
            execute format('alter table exchange.%I enable row level security', protected);
        end if;
        execute format(
            'create policy %I on exchange.%I for select to exchange_worker, exchange_analyst, exchange_signer_a, exchange_signer_b using (true)',
            protected || '_all', protected);
        execute format(
            'create policy %I on exchange.%I for select to exchange_api using (%s)',
            protected || '_own', protected,
            case protected
                when 'withdrawals' then
                    'account_id = nullif(current_setting(''exchange.account_id'', true), '''')::bigint '
                    'or internal_account_id = nullif(current_setting(''exchange.account_id'', true), '''')::bigint'
                when 'network_costs' then 'false'
                when 'reserve_entries' then 'false'
                else 'account_id = nullif(current_setting(''exchange.account_id'', true), '''')::bigint'
            end);
    end loop;
end $$;

-- Networks, blocks, deposits. create_network and create_coin are the operator's alone.
grant select on exchange.debts to exchange_worker, exchange_analyst;
grant execute on function
    chain.meet_node(text, text, text, bytea),
    chain.last_blocks(integer, bigint, integer),
    chain.listed_contracts(integer),
    chain.read_blocks(
        integer, bigint[], bytea[], bytea[], bigint[], integer[], bytea[], text[], bytea[], bytea[], numeric[], text[],
        integer[], bytea[], bytea[], integer[]),
    chain.reorganise(integer, bytea, bigint),
    chain.unsourced_transactions(integer, integer),
    chain.note_sources(integer, bytea[], bytea[], text[]),
    chain.confirm_deposits(integer, integer),
    chain.see_transfers(integer, bytea[], text[], bytea[], bytea[], numeric[], text[]),
    chain.seen_transactions(integer),
    chain.forget_transactions(integer, bytea, bytea[]),
    chain.sample_fee(integer, numeric)
to exchange_worker;
grant execute on function staff.release_deposit(bigint, bigint, text) to exchange_api;
grant execute on function chain.tip_height(integer)
to exchange_api, exchange_worker, exchange_analyst, exchange_signer_a, exchange_signer_b;

-- Deposit addresses and what the API shows of them.
grant select on chain.addresses to exchange_api;
do $$
begin
    if not (select c.relrowsecurity from pg_class c where c.oid = 'chain.addresses'::regclass) then
        alter table chain.addresses enable row level security;
    end if;
    create policy addresses_all on chain.addresses for select
        to exchange_worker, exchange_analyst, exchange_signer_a, exchange_signer_b using (true);
    create policy addresses_own on chain.addresses for select to exchange_api
        using (account_id = nullif(current_setting('exchange.account_id', true), '')::bigint);
end $$;
grant execute on function
    exchange.shown_txid(text, bytea),
    exchange.listed_coins(),
    exchange.deposits_of(bigint, text, text, text[], timestamptz, timestamptz, bigint, integer),
    exchange.deposit_of(bigint, bigint)
to exchange_api, exchange_worker, exchange_analyst;
grant execute on function
    exchange.deposit_address_of(bigint, text, text),
    exchange.name_deposit_address(bigint, text, text, bytea),
    exchange.ring_network(text),
    staff.list_deposits(bigint, text, bigint, bigint, integer),
    staff.list_debts(bigint, bigint, bigint, integer, integer)
to exchange_api;

-- Withdrawals.
grant execute on function
    exchange.withdrawal_network(text, text),
    exchange.quote_withdrawal_fee(bigint, text, text),
    exchange.request_withdrawal(
        bigint, bigint, bigint, bigint, text, text, text, bytea, numeric, bigint, text, inet, text),
    exchange.place_withdrawal(
        bigint, bigint, bigint, bigint, text, text, text, bytea, numeric, bigint, text, inet, text),
    exchange.cancel_withdrawal(bigint, bigint, bigint, bigint, bigint),
    exchange.withdrawals_of(bigint, text, text, text[], timestamptz, timestamptz, bigint, integer, bigint),
    exchange.txid_of_payment(bigint),
    exchange.add_withdrawal_address(bigint, bigint, text, text, bytea, text),
    exchange.remove_withdrawal_address(bigint, bigint, bigint),
    exchange.withdrawal_addresses_of(bigint),
    exchange.withdrawal_mode_of(bigint),
    exchange.set_withdrawal_mode(bigint, bigint, boolean),
    staff.withdrawal_queue(bigint, bigint, integer),
    staff.review_withdrawal(bigint, bigint, boolean, text),
    staff.halt_withdrawals(bigint, text, text, text),
    staff.list_halts(bigint)
to exchange_api;
grant execute on function
    exchange.forget_withdrawal_quotes(integer),
    exchange.end_cool_down(),
    chain.measure_quiet_hours()
to exchange_worker;
grant select on chain.fee_hours to exchange_worker, exchange_analyst;

-- Payments and their signatures. A wallet is registered by the operator alone.
grant execute on function
    chain.approved_withdrawals(integer, integer),
    chain.take_nonce(integer, bytea, bigint),
    chain.add_payment(integer, text, integer, text, text, bigint, bigint, bytea, jsonb, jsonb),
    chain.reserve_outputs(bigint, bytea[], integer[]),
    chain.begin_attempt(bigint, integer),
    chain.add_attempt(bigint, bytea, bigint, bytea, text, text, text[]),
    chain.store_raw(bigint, bytea, bytea),
    chain.note_broadcast(bigint),
    chain.note_mined(bigint, bytea, bigint, text, text),
    chain.note_replaced(bigint),
    chain.adopt_attempt(bigint, bytea, bytea),
    chain.match_spent_outputs(integer),
    chain.reopen_attempts(integer),
    chain.drop_refused_payments(integer),
    chain.recall_payment(bigint, text),
    chain.settle_payments(integer, integer),
    chain.end_failed_payment(integer),
    chain.fail_payment(bigint, text),
    chain.fail_conflicts(integer),
    chain.gathered(integer, bigint, integer),
    chain.end_refund(bigint, text),
    chain.pause_sweep(bigint, integer, text),
    chain.close_attempts(integer),
    chain.free_outputs(integer, text),
    chain.hot_atoms(integer),
    chain.note_hot_balance(integer, integer, text)
to exchange_worker;
grant execute on function chain.atoms(numeric, integer), chain.amount_of_atoms(text, integer) to exchange_worker, exchange_analyst, exchange_signer_a, exchange_signer_b;
grant execute on function
    chain.put_signature(bigint, bytea),
    chain.refuse_signing(bigint, text, bigint),
    chain.judged_items(bigint),
    chain.is_signed_elsewhere(bigint, bigint, bigint)
to exchange_signer_a, exchange_signer_b;
-- Checks call it as whoever reads them.
grant execute on function chain.can_be_sent(bigint) to exchange_worker, exchange_analyst;

-- Reserves and proofs.
revoke all on schema proof from public;
revoke all on all functions in schema proof from public, exchange_api, exchange_worker, exchange_analyst, exchange_signer_a, exchange_signer_b;
revoke all on all tables in schema proof from public, exchange_api, exchange_worker, exchange_analyst, exchange_signer_a, exchange_signer_b;
grant usage on schema proof to exchange_api, exchange_worker, exchange_analyst, exchange_signer_a, exchange_signer_b;
grant execute on function proof.list_proofs(bigint, integer), proof.path_of(bigint, bigint, text) to exchange_api;
grant execute on function
    proof.liabilities(timestamptz),
    proof.facts_of(integer),
    proof.outputs_of(integer),
    proof.holders_of(integer),
    proof.record_reconciliation(integer, bytea, integer[], numeric[], numeric[], jsonb[]),
    proof.state_reserves(bigint, integer, bigint, bytea, integer[], text[], numeric[]),
    proof.halt_all(text),
    proof.forget_pages(integer, integer)
to exchange_worker;
grant execute on function
    proof.unsigned_statements(text),
    proof.add_signature(text, bigint, integer, text, bytea, bytea)
to exchange_signer_a, exchange_signer_b;
-- Leaves and the secrets of salts are nobody's to read.
grant select (proof_id, asset_id, root, sum, leaves, house_amount) on proof.roots to exchange_worker, exchange_analyst;
grant select on
    proof.proofs, proof.statements, proof.reserves, proof.signatures, proof.reconciliations, proof.fact_totals, proof.fact_changes
to exchange_worker, exchange_analyst;
-- Checks call them as whoever reads them.
grant execute on function proof.uneven_attempts(chain.payments) to exchange_worker, exchange_analyst;
grant execute on function exchange.has_balance(text) to exchange_worker, exchange_analyst;
