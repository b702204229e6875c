create function proof.facts_of(network_id integer)
returns table (
    asset_id integer, asset text, scale integer, contract bytea, block_height bigint, block_hash bytea, expected numeric, parts jsonb)
language sql stable security definer set search_path = pg_catalog, pg_temp set jit = off as $$
    -- One statement, so one snapshot. docs/decisions/0020 has the equation in words.
    with tip as (
        select b.height, b.hash from chain.blocks b
        where b.network_id = facts_of.network_id and b.is_active
        order by b.height desc
        limit 1
    ), mined as materialized (
        -- Payments of which everything is in the ledger have nothing to add.
        select t.attempt_id, t.payment_id, t.fee, t.is_success is true or n.family = 'bitcoin' as is_success
        from chain.payments p
        join chain.attempts t on t.payment_id = p.payment_id and t.state = 'mined'
        join chain.networks n on n.network_id = t.network_id
        join chain.blocks b on b.network_id = t.network_id and b.hash = t.block_hash and b.is_active
        where p.network_id = facts_of.network_id and not p.is_even
    ), terms (asset_id, term, amount) as (
        -- What the ledger has of this network, and what the chain has and the ledger has not.
        select c.asset_id, c.term, sum(c.amount)
        from (
            select t.asset_id, t.term, t.amount from proof.fact_totals t where t.network_id = facts_of.network_id
            union all
            select f.asset_id, f.term, f.amount from proof.fact_changes f where f.network_id = facts_of.network_id) c
        group by c.asset_id, c.term
        union all
        select p.asset_id, 'mined', - sum(i.amount)
        from mined m
        join chain.payments p on p.payment_id = m.payment_id and p.purpose in ('withdrawal', 'refund')
        join chain.payment_items i on i.payment_id = p.payment_id
        left join exchange.withdrawals w on w.withdrawal_id = i.withdrawal_id
        where m.is_success and w.state is distinct from 'confirmed'
        group by p.asset_id
        union all
        -- A payment to a script of ours has left nothing.
        select p.asset_id, 'to_ourselves', sum(i.amount)
        from mined m
        join chain.payments p on p.payment_id = m.payment_id and p.purpose in ('withdrawal', 'refund')
        join chain.payment_items i on i.payment_id = p.payment_id
        where m.is_success and (
            exists (select from chain.addresses a where a.network_id = facts_of.network_id and a.script = i.script)
            or exists (select from chain.wallets w where w.network_id = facts_of.network_id and w.script = i.script))
        group by p.asset_id
        union all
        select c.asset_id, 'fees', - sum(m.fee)
        from mined m
        join chain.coins c on c.network_id = facts_of.network_id and c.contract is null
        where m.fee is not null and not exists (select from exchange.network_costs n where n.attempt_id = m.attempt_id)
        group by c.asset_id
    )
    select c.asset_id, a.symbol, a.scale::integer, c.contract, tip.height, tip.hash, round(coalesce(s.expected, 0), a.scale),
        coalesce(s.parts, '{}')
    from chain.coins c
    join exchange.assets a on a.asset_id = c.asset_id
    cross join tip
    left join lateral (
        select sum(t.amount) as expected, jsonb_object_agg(t.term, t.amount::text) as parts
        from terms t
        where t.asset_id = c.asset_id
    ) s on true
    where c.network_id = facts_of.network_id
    order by c.asset_id
$$;
comment on function proof.facts_of(integer) is 'What our wallets and deposit addresses of a network should hold of each coin at the highest block that was read, and the sums that make it up. No row before the first block.';
