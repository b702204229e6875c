create function chain.settle_payments(network_id integer, most integer) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    final bigint[];
    settled bigint[];
begin
    select array_agg(f.payment_id) into final
    from (
        select p.payment_id
        from chain.final_payments(settle_payments.network_id) f
        join chain.payments p on p.payment_id = f.payment_id and p.ended_at is null
        where f.is_success and p.purpose <> 'cancel'
        order by p.payment_id
        limit settle_payments.most
        for no key update of p skip locked
    ) f;
    if final is null then
        return 0;
    end if;
    perform chain.book_costs(final);
    update chain.payments p set state = 'confirmed', ended_at = clock_timestamp() where p.payment_id = any (final);
    update chain.signings s set state = 'refused', refusal = 'the payment has ended', ended_at = clock_timestamp()
    where s.payment_id = any (final) and s.state = 'waiting';
    delete from chain.sweep_pauses u using chain.payments p
    where p.payment_id = any (final) and p.purpose = 'sweep' and u.address_id = p.from_address_id and u.asset_id = p.asset_id;
    -- What only a replacement would have spent that was not mined, or was mined for a while.
    update chain.outputs o set payment_id = null, spent_txid = null where o.payment_id = any (final) and o.spent_height is null;
    select array_agg(i.withdrawal_id) into settled
    from chain.payment_items i where i.payment_id = any (final) and i.withdrawal_id is not null;
    -- Once, because it locks balances in the order of their keys.
    perform exchange.settle_withdrawals(settled) where settled is not null;
    perform chain.finish_refund(i.deposit_id) from chain.payment_items i where i.payment_id = any (final) and i.deposit_id is not null;
    -- What was to use up the same nonce of the Safe has come too late.
    perform chain.end_payment(c.payment_id, 'the nonce was used by the payment itself', null)
    from chain.payments p
    join chain.payments c on c.network_id = p.network_id and c.safe_nonce = p.safe_nonce and c.purpose = 'cancel'
    where p.payment_id = any (final);
    return cardinality(final);
end $$;
comment on function chain.settle_payments(integer, integer) is 'Ends payments that went through and whose block has its coin''s confirmations: withdrawals are settled, what the network was paid is booked. For the follower.';
