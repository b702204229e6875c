create function chain.settle_payments(network_id integer, most integer) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    final record;
    tip bigint;
    native integer;
    settled bigint := 0;
begin
    select max(b.height) into tip from chain.blocks b where b.network_id = settle_payments.network_id and b.is_active;
    select c.asset_id into native from chain.coins c where c.network_id = settle_payments.network_id and c.contract is null;
    for final in
        select p.payment_id, p.purpose, p.safe_nonce, a.attempt_id, a.is_success
        from chain.payments p
        join chain.attempts a on a.payment_id = p.payment_id and a.state = 'mined' and a.is_success is not null
        join chain.blocks b on b.network_id = a.network_id and b.hash = a.block_hash and b.is_active
        join chain.coins c on c.asset_id = p.asset_id and c.network_id = p.network_id
        where p.network_id = settle_payments.network_id and p.ended_at is null
            and tip - a.block_height + 1 >= c.large_confirmations
        order by p.payment_id
        limit settle_payments.most
        for no key update of p skip locked
    loop
        -- Each transaction that a block holds has cost something, the undone ones too. After a chain was undone deeper than
        -- is called final, another attempt may be the one that was mined: the fact is corrected.
        delete from exchange.network_costs k using chain.attempts a
        where k.attempt_id = a.attempt_id and a.payment_id = final.payment_id and a.state <> 'mined';
        insert into exchange.network_costs (attempt_id, asset_id, amount, costs_account_id, external_account_id)
        select a.attempt_id, native, a.fee, exchange.house_account('costs'), exchange.house_account('external')
        from chain.attempts a where a.payment_id = final.payment_id and a.state = 'mined' and a.fee > 0
        on conflict (attempt_id) do nothing;
        if final.is_success then
            update chain.payments p set state = 'confirmed', ended_at = clock_timestamp() where p.payment_id = final.payment_id;
            perform exchange.settle_withdrawal(i.withdrawal_id)
            from (select i.withdrawal_id from chain.payment_items i
                where i.payment_id = final.payment_id and i.withdrawal_id is not null order by i.withdrawal_id) i;
            perform chain.finish_refund(i.deposit_id) from chain.payment_items i
            where i.payment_id = final.payment_id and i.deposit_id is not null;
        else
            perform chain.end_payment(final.payment_id, 'the chain refused it: the receiver does not take it', null);
        end if;
        -- The Safe has used the nonce up: the other payment of it never happens.
        perform chain.end_payment(p.payment_id,
            coalesce((select 'refused: ' || min(s.refusal) from chain.signings s where s.payment_id = p.payment_id and s.state = 'refused'), 'cancelled'),
            (select coalesce(array_agg(distinct s.withdrawal_id) filter (where s.withdrawal_id is not null), '{}')
                from chain.signings s where s.payment_id = p.payment_id))
        from chain.payments p
        where p.network_id = settle_payments.network_id and p.safe_nonce = final.safe_nonce and p.payment_id <> final.payment_id;
        settled := settled + 1;
    end loop;
    return settled;
end $$;
comment on function chain.settle_payments(integer, integer) is 'Ends payments whose block has its coin''s confirmations: withdrawals are settled, or refunded where the chain refused what was carried; what the network was paid is booked. For the follower.';
