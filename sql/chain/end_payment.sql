create function chain.end_payment(payment_id bigint, reason text, refunded bigint[], keeps_fee boolean default false) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    ended chain.payments;
    given_up bigint[];
    given_back bigint[];
begin
    update chain.payments p set state = 'failed', end_reason = end_payment.reason, ended_at = clock_timestamp()
    where p.payment_id = end_payment.payment_id and p.ended_at is null
    returning * into ended;
    if not found then
        return;
    end if;
    -- What was undone has cost its gas.
    perform chain.book_costs(array[ended.payment_id]);
    update chain.outputs o set payment_id = null, spent_txid = null where o.payment_id = ended.payment_id and o.spent_height is null;
    update chain.signings s set state = 'refused', refusal = 'the payment has ended', ended_at = clock_timestamp()
    where s.payment_id = ended.payment_id and s.state = 'waiting';
    select array_agg(w.withdrawal_id) filter (where end_payment.refunded is null or w.withdrawal_id = any (end_payment.refunded)),
        array_agg(w.withdrawal_id) filter (where w.withdrawal_id <> all (end_payment.refunded))
    into given_up, given_back
    from exchange.withdrawals w where w.payment_id = ended.payment_id and w.ended_at is null;
    perform exchange.refund_withdrawals(given_up, 'failed', end_payment.reason, end_payment.keeps_fee) where given_up is not null;
    perform exchange.move_withdrawals(given_back, 'approved') where given_back is not null;
    perform chain.end_refund(i.deposit_id, end_payment.reason)
    from chain.payment_items i where i.payment_id = ended.payment_id and i.deposit_id is not null;
    if ended.from_address_id is not null and ended.purpose in ('sweep', 'gas') then
        -- Gas was for another coin of the address, which its plan names.
        perform chain.pause_sweep(
            ended.from_address_id, coalesce((ended.plan ->> 'asset_id')::integer, ended.asset_id), end_payment.reason);
    end if;
    perform exchange.append_event('finance', jsonb_build_object(
        'change', 'payment_failed', 'payment_id', ended.payment_id::text, 'purpose', ended.purpose, 'words', end_payment.reason));
end $$;
comment on function chain.end_payment(bigint, text, bigint[], boolean) is 'Ends a payment that provably never happens: what its transactions have cost is booked, its outputs are free again, the withdrawals of the list (all of them where it is null) are refunded, the others wait to be paid anew; deposits that were to go back wait for staff again, and a sweep pauses. keeps_fee: refunds are without the fee. For other functions.';
