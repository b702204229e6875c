create function chain.gathered(network_id integer)
returns table (address_id bigint, script bytea, asset_id integer, contract bytea, atoms text, deposit_id bigint, to_address text, to_script bytea)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    with arrived as (
        select d.address_id, d.asset_id, sum(d.amount) as amount
        from exchange.deposits d
        where d.network_id = gathered.network_id and d.state = 'credited'
        group by d.address_id, d.asset_id
    ), sent as (
        select p.from_address_id as address_id, p.asset_id, sum(p.amount) as amount
        from chain.payments p
        where p.network_id = gathered.network_id and p.purpose = 'sweep' and p.state <> 'failed' and p.from_address_id is not null
        group by p.from_address_id, p.asset_id
    ), due as (
        select a.address_id, a.asset_id, a.amount - coalesce(s.amount, 0) as amount, null::bigint as deposit_id, null::text as to_address, null::bytea as to_script
        from arrived a
        left join sent s using (address_id, asset_id)
        join chain.coins c on c.asset_id = a.asset_id and c.network_id = gathered.network_id
        where a.amount - coalesce(s.amount, 0) >= c.sweep_above
        union all
        select d.address_id, d.asset_id, d.amount, d.deposit_id, r.address, r.script
        from exchange.deposits d
        join exchange.deposit_refunds r on r.deposit_id = d.deposit_id
        join chain.coins c on c.asset_id = d.asset_id and c.network_id = d.network_id
        where d.network_id = gathered.network_id and d.state = 'refunding' and d.block_hash is not null
            -- What has vanished, or came again just now, would go back out of what others have paid.
            and d.block_height <= (
                select max(b.height) from chain.blocks b where b.network_id = gathered.network_id and b.is_active
            ) - c.large_confirmations + 1
            and not exists (
                select from chain.payment_items i join chain.payments p on p.payment_id = i.payment_id and p.state <> 'failed'
                where i.deposit_id = d.deposit_id)
    )
    select due.address_id, a.script, due.asset_id, c.contract, chain.atoms(due.amount, s.scale), due.deposit_id, due.to_address, due.to_script
    from due
    join chain.addresses a on a.address_id = due.address_id
    join chain.coins c on c.asset_id = due.asset_id and c.network_id = gathered.network_id
    join exchange.assets s on s.asset_id = due.asset_id
    where not exists (
        select from chain.payments p
        where p.from_address_id = due.address_id and p.ended_at is null)
    order by due.deposit_id nulls last, due.address_id
    limit 100
$$;
comment on function chain.gathered(integer) is 'evm: what is to leave deposit addresses: credited and not gathered yet, from sweep_above on; and deposits that go back, as deep as when that was decided. An address from which something is under way waits. For the sweeper.';
