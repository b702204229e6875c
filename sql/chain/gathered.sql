create function chain.gathered(network_id integer, after_address_id bigint, most integer)
returns table (address_id bigint, script bytea, asset_id integer, contract bytea, atoms text, deposit_id bigint, to_address text, to_script bytea)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    with native as (
        select c.asset_id from chain.coins c where c.network_id = gathered.network_id and c.contract is null
    ), moved (address_id, asset_id, amount) as (
        select d.address_id, d.asset_id, d.amount
        from exchange.deposits d
        where d.network_id = gathered.network_id and d.state = 'credited' and d.address_id > gathered.after_address_id
        union all
        select p.from_address_id, p.asset_id, - p.amount
        from chain.payments p
        where p.network_id = gathered.network_id and p.from_address_id > gathered.after_address_id
            and p.purpose = 'sweep' and p.state = 'confirmed'
        union all
        -- Gas came from the gas account, and was used up by the address's own transactions, those in vain too.
        select p.from_address_id, p.asset_id, p.amount
        from chain.payments p
        where p.network_id = gathered.network_id and p.from_address_id > gathered.after_address_id
            and p.purpose = 'gas' and p.state = 'confirmed'
        union all
        select p.from_address_id, n.asset_id, - a.fee
        from native n
        cross join chain.payments p
        join chain.attempts a on a.payment_id = p.payment_id and a.state = 'mined' and a.fee is not null
        where p.network_id = gathered.network_id and p.from_address_id > gathered.after_address_id
            and p.purpose in ('sweep', 'refund')
        union all
        -- A deposit that went back has paid its own gas.
        select p.from_address_id, p.asset_id, d.amount - i.amount
        from native n
        join chain.payments p on p.asset_id = n.asset_id
        join chain.payment_items i on i.payment_id = p.payment_id
        join exchange.deposits d on d.deposit_id = i.deposit_id
        where p.network_id = gathered.network_id and p.from_address_id > gathered.after_address_id
            and p.purpose = 'refund' and p.state = 'confirmed'
    ), due as (
        select m.address_id, m.asset_id, sum(m.amount) as amount, null::bigint as deposit_id, null::text as to_address, null::bytea as to_script
        from moved m
        group by m.address_id, m.asset_id
        union all
        select d.address_id, d.asset_id, d.amount, d.deposit_id, r.address, r.script
        from exchange.deposits d
        join exchange.deposit_refunds r on r.deposit_id = d.deposit_id and r.ended_at is null
        join chain.coins c on c.asset_id = d.asset_id and c.network_id = d.network_id
        where d.network_id = gathered.network_id and d.state = 'refunding' and d.address_id > gathered.after_address_id
            -- What has vanished, or came again just now, would go back out of what others have paid.
            and d.block_hash is not null and d.block_height <= (
                select max(b.height) from chain.blocks b where b.network_id = gathered.network_id and b.is_active
            ) - c.large_confirmations + 1
            and not exists (
                select from chain.payment_items i join chain.payments p on p.payment_id = i.payment_id and p.state <> 'failed'
                where i.deposit_id = d.deposit_id)
    ), page as (
        select due.*, c.contract
        from due
        join chain.networks n on n.network_id = gathered.network_id and not n.is_halted
        join chain.coins c on c.asset_id = due.asset_id and c.network_id = gathered.network_id and not c.is_halted
        where (due.deposit_id is not null or due.amount >= c.sweep_above)
            and not exists (
                select from chain.payments p
                where p.from_address_id = due.address_id and p.ended_at is null)
            and not exists (
                select from chain.sweep_pauses u
                where u.address_id = due.address_id and u.asset_id = due.asset_id and due.deposit_id is null
                    and coalesce(u.retry_at > clock_timestamp(), true))
        order by due.address_id
        fetch first (gathered.most) rows with ties
    )
    select page.address_id, a.script, page.asset_id, page.contract, chain.atoms(page.amount, s.scale),
        page.deposit_id, page.to_address, page.to_script
    from page
    join chain.addresses a on a.address_id = page.address_id
    join exchange.assets s on s.asset_id = page.asset_id
    order by page.address_id, page.deposit_id nulls last, page.asset_id
$$;
comment on function chain.gathered(integer, bigint, integer) is 'evm: what is to leave deposit addresses after a number, all of an address together: deposits that go back, as deep as when that was decided; and what was credited and lies there still, gas aside, from sweep_above on. What is halted, pauses, or is under way from the address waits. For the sweeper.';
