create function exchange.forget_order_keys(
    age_days integer, from_block bigint default 0, blocks integer default 1000,
    out forgotten bigint, out next_block bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan as $$
#variable_conflict use_variable
declare
    before timestamptz := now() - greatest(age_days, 1) * interval '1 day';
    until_block bigint := from_block + least(greatest(blocks, 1), 100000);
begin
    -- A walk over the table's blocks, so that no order pays for an index on the age of its key.
    execute format(
        'delete from exchange.order_keys k
        where k.ctid >= %L::tid and k.ctid < %L::tid and k.placed_at < $1
            and not exists (select from exchange.orders_open o where o.order_id = k.order_id)
            and not exists (
                select from exchange.orders_closed c where c.order_id = k.order_id and c.closed_at >= $1)',
        format('(%s,0)', from_block), format('(%s,0)', until_block)) using before;
    get diagnostics forgotten = row_count;
    next_block := until_block;
    if until_block * current_setting('block_size')::bigint >= pg_relation_size('exchange.order_keys') then
        next_block := null;
    end if;
end $$;
comment on function exchange.forget_order_keys(integer, bigint, integer) is 'Forgets the client order ids of orders that ended so many days ago, in a piece of the table; returns how many, and the block at which to go on, null at the end. A placement repeated after that is a new one.';
