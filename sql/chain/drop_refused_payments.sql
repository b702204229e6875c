create function chain.drop_refused_payments(network_id integer) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    refused record;
    dropped bigint := 0;
begin
    for refused in
        select p.payment_id, p.safe_nonce, p.purpose, p.asset_id, min(s.refusal) as words,
            array_remove(array_agg(distinct s.withdrawal_id), null) as blamed
        from chain.payments p
        join chain.signings s on s.payment_id = p.payment_id and s.state = 'refused'
        where p.network_id = drop_refused_payments.network_id and p.ended_at is null and p.purpose <> 'cancel'
            and not exists (select from chain.attempts a where a.payment_id = p.payment_id and a.raw is not null)
        group by p.payment_id
        order by p.payment_id
    loop
        perform from chain.payments p where p.payment_id = refused.payment_id for no key update;
        if refused.blamed = '{}' and refused.purpose in ('sweep', 'gas', 'refund') then
            perform proof.halt_coin(
                drop_refused_payments.network_id, refused.asset_id,
                left('a signer refused payment ' || refused.payment_id || ': ' || refused.words, 500));
        elsif refused.blamed = '{}' then
            update chain.networks n set is_halted = true, halt_reason = left('a signer refused payment ' || refused.payment_id || ': ' || refused.words, 500)
            where n.network_id = drop_refused_payments.network_id and not n.is_halted;
        end if;
        -- A nonce of the Safe has to be used up by another payment first: see cancelled_payments.
        continue when refused.safe_nonce is not null;
        perform chain.end_payment(refused.payment_id, 'refused: ' || refused.words, refused.blamed);
        dropped := dropped + 1;
    end loop;
    return dropped;
end $$;
comment on function chain.drop_refused_payments(integer) is 'Ends payments that a signer refused and of which no bytes exist: the withdrawal that was the reason is refunded, others are paid anew. A refusal for another reason halts the network, or the coin where deposit addresses pay. For the planner.';
