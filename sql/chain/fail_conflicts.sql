create function chain.fail_conflicts(network_id integer) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    tip bigint;
    lost record;
    failed bigint := 0;
begin
    select max(b.height) into tip from chain.blocks b where b.network_id = fail_conflicts.network_id and b.is_active;
    for lost in
        select p.payment_id, min(encode(o.spent_txid, 'hex')) as spender
        from chain.payments p
        join chain.outputs o on o.payment_id = p.payment_id
        join chain.coins c on c.asset_id = p.asset_id and c.network_id = p.network_id
        where p.network_id = fail_conflicts.network_id and p.ended_at is null and tip - o.spent_height + 1 >= c.large_confirmations
            and not exists (select from chain.attempts a where a.payment_id = p.payment_id and a.txid = o.spent_txid)
        group by p.payment_id
        order by p.payment_id
    loop
        update chain.attempts a set state = 'replaced' where a.payment_id = lost.payment_id and a.state in ('signed', 'broadcast');
        perform chain.fail_payment(lost.payment_id, 'its outputs were spent by ' || lost.spender);
        failed := failed + 1;
    end loop;
    return failed;
end $$;
comment on function chain.fail_conflicts(integer) is 'Bitcoin: gives up payments whose outputs another transaction has spent, and that is final: theirs can never be mined. For the follower.';
