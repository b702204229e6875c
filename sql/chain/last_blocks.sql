create function chain.last_blocks(network_id integer, below_height bigint, limit_blocks integer)
returns table (height bigint, hash bytea)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select b.height, b.hash from chain.blocks b
    where b.network_id = last_blocks.network_id and b.is_active
        and (last_blocks.below_height is null or b.height < last_blocks.below_height)
    order by b.height desc
    limit least(greatest(last_blocks.limit_blocks, 0), 1000)
$$;
comment on function chain.last_blocks(integer, bigint, integer) is 'The active blocks that were read, highest first, at most 1000; below a height where it is given.';
