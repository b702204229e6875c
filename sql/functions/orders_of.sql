create function exchange.orders_of(
    account_id bigint, market text default null, states text[] default null, side text default null,
    from_time timestamptz default null, to_time timestamptz default null,
    before_time timestamptz default null, before_order_id bigint default null, limit_orders integer default 100)
returns setof exchange.account_orders
language plpgsql stable set search_path = pg_catalog, pg_temp
-- The account's index from its end, whatever the planner thinks of row-level security.
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
declare
    firsts bigint[];
    lasts bigint[];
    wanted integer := least(greatest(coalesce(limit_orders, 100), 0), 1000);
    all_states boolean := coalesce(cardinality(states), 0) = 0;
    since timestamptz := coalesce(from_time, '-infinity');
    place_time timestamptz := coalesce(before_time, 'infinity');
    place_id bigint := coalesce(before_order_id, 0);
begin
    select array_agg(r.first_number), array_agg(r.last_number) into firsts, lasts
    from exchange.market_ranges(orders_of.market, from_time, to_time, before_time, before_order_id) r
    where r.first_number <= r.last_number;
    -- In a market numbers follow time, so each gives its newest; then they are merged. Two branches,
    -- so that a question for open orders never reads the ended ones.
    return query
    select newest.* from unnest(firsts, lasts) as r (first, last)
    cross join lateral (
        (select * from exchange.account_orders o
        where o.account_id = orders_of.account_id and o.state = 'open' and o.order_id between r.first and r.last
            and (o.placed_at, o.order_id) < (place_time, place_id)
            and (all_states or 'open' = any (states)) and (orders_of.side is null or o.side = orders_of.side)
        order by o.order_id desc limit wanted)
        union all
        (select * from exchange.account_orders o
        where o.account_id = orders_of.account_id and o.state in ('filled', 'cancelled', 'expired')
            and o.order_id between r.first and r.last and o.closed_at >= since
            and (o.placed_at, o.order_id) < (place_time, place_id)
            and (all_states or states && array['filled', 'cancelled', 'expired'])
            and (all_states or o.state = any (states)) and (orders_of.side is null or o.side = orders_of.side)
        order by o.order_id desc limit wanted)
    ) newest
    order by newest.placed_at desc, newest.order_id desc
    limit wanted;
end $$;
comment on function exchange.orders_of(bigint, text, text[], text, timestamptz, timestamptz, timestamptz, bigint, integer) is 'An account''s orders, the newest first, at most 1,000: of one market, in some states, on one side, placed from a time until before another, following a place in the list (placed_at and number of the last row), where given. Row-level security applies. Rejects: UNKNOWN_MARKET.';
