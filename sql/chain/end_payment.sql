create function chain.end_payment(payment_id bigint, reason text, refunded bigint[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    ended chain.payments;
    carried record;
begin
    update chain.payments p set state = 'failed', end_reason = end_payment.reason, ended_at = clock_timestamp()
    where p.payment_id = end_payment.payment_id and p.ended_at is null
    returning * into ended;
    if not found then
        return;
    end if;
    update chain.outputs o set payment_id = null where o.payment_id = ended.payment_id and o.spent_txid is null;
    update chain.signings s set state = 'refused', refusal = 'the payment has ended', ended_at = clock_timestamp()
    where s.payment_id = ended.payment_id and s.state = 'waiting';
    for carried in
        select i.withdrawal_id, i.deposit_id, s.symbol, n.name, i.amount
        from chain.payment_items i
        join exchange.assets s on s.asset_id = ended.asset_id
        join chain.networks n on n.network_id = ended.network_id
        where i.payment_id = ended.payment_id order by i.item
    loop
        if carried.withdrawal_id is not null then
            if end_payment.refunded is null or carried.withdrawal_id = any (end_payment.refunded) then
                perform exchange.refund_withdrawal(carried.withdrawal_id, 'failed', end_payment.reason);
            else
                update exchange.withdrawals w set payment_id = null, state = 'approved'
                where w.withdrawal_id = carried.withdrawal_id and w.ended_at is null;
            end if;
        end if;
    end loop;
    perform exchange.append_event('finance', jsonb_build_object(
        'change', 'payment_failed', 'payment_id', ended.payment_id::text, 'purpose', ended.purpose, 'words', end_payment.reason));
end $$;
comment on function chain.end_payment(bigint, text, bigint[]) is 'Ends a payment that provably never happens: its outputs are free again, the withdrawals of the list (all of them where it is null) are refunded, the others wait to be paid anew. For other functions.';
