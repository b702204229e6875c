create function chain.hot_atoms(network_id integer) returns text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    with lying as (
        select o.amount, o.payment_id
        from chain.outputs o
        join chain.wallets w on w.wallet_id = o.wallet_id and w.role = 'hot'
        where o.network_id = hot_atoms.network_id and o.spent_txid is null and o.block_hash is not null
    ), leaving as (
        -- What is reserved for payments that no block holds yet comes back as change but for these.
        select coalesce(i.amount, 0) + coalesce(t.fee, 0) as amount
        from (select distinct l.payment_id from lying l where l.payment_id is not null) reserved
        join chain.payments p on p.payment_id = reserved.payment_id and p.ended_at is null
        left join lateral (select sum(i.amount) as amount from chain.payment_items i where i.payment_id = p.payment_id) i on true
        left join lateral (
            select t.fee from chain.attempts t where t.payment_id = p.payment_id order by t.number desc limit 1) t on true
    )
    select chain.atoms(greatest(
        coalesce((select sum(l.amount) from lying l), 0) - coalesce((select sum(l.amount) from leaving l), 0), 0), s.scale)
    from chain.coins c
    join exchange.assets s on s.asset_id = c.asset_id
    where c.network_id = hot_atoms.network_id and c.contract is null
$$;
comment on function chain.hot_atoms(integer) is 'Bitcoin: what the hot wallet holds once all that is under way is mined: its outputs, the reserved ones too, less what their payments pay away. For the sweeper.';
