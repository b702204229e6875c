create function proof.holders_of(network_id integer)
returns table (holder text, script bytea)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select w.role, w.script from chain.wallets w where w.network_id = holders_of.network_id
    union all
    select 'deposits', a.script
    from chain.addresses a
    where a.network_id = holders_of.network_id and a.script is not null
        and a.address_id in (
            select d.address_id from exchange.deposits d where d.network_id = holders_of.network_id and d.block_hash is not null)
$$;
comment on function proof.holders_of(integer) is 'EVM: accounts of ours that may hold something: the wallets, and deposit addresses to which something was ever paid. A node is asked for each.';
