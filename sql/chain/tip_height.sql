create function chain.tip_height(network_id integer) returns bigint
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select max(b.height) from chain.blocks b where b.network_id = tip_height.network_id and b.is_active
$$;
comment on function chain.tip_height(integer) is 'Height of the highest active block that was read; null before the first. Confirmations of a block are this less its height, plus one.';
