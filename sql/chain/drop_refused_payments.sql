create function chain.drop_refused_payments(network_id integer) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    refused record;
begin
    for refused in
        select p.payment_id, p.safe_nonce, min(s.refusal) as words,
            array_remove(array_agg(distinct s.withdrawal_id), null) as blamed
        from chain.payments p
        join chain.signings s on s.payment_id = p.payment_id and s.state = 'refused'
        where p.network_id = drop_refused_payments.network_id and p.ended_at is null and p.purpose <> 'cancel'
            and not exists (select from chain.attempts a where a.payment_id = p.payment_id and a.raw is not null)
            and not chain.can_be_sent(p.payment_id)
        group by p.payment_id
        order by p.payment_id
    loop
        perform from chain.payments p where p.payment_id = refused.payment_id for no key update;
        -- A nonce of the Safe has to be used up by another payment first: see cancelled_payments.
        continue when refused.safe_nonce is not null;
        perform chain.end_payment(refused.payment_id, 'refused: ' || refused.words, refused.blamed);
        -- One a transaction: a refund locks balances in the order of their keys.
        return 1;
    end loop;
    return 0;
end $$;
comment on function chain.drop_refused_payments(integer) is 'Ends a payment that a signer refused and of which no bytes exist, nor signatures to make them of: the withdrawal that was the reason is refunded, others are paid anew. One a call; 0 where there is none. For the planner.';
