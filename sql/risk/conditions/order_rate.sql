create function risk.order_rate(parameters jsonb, account_id bigint, facts jsonb, at timestamptz) returns jsonb
language sql stable security definer set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
    select jsonb_build_object('orders', counted.n)
    from (
        select count(o.order_id) + 1 as n, given.start
        from (select risk.window_start(at, (order_rate.parameters ->> 'within_seconds')::integer) as start) given
        left join lateral risk.orders_in_window(order_rate.account_id, given.start, at, (order_rate.facts ->> 'order_id')::bigint) o on true
        group by given.start) counted
    where counted.n > (order_rate.parameters ->> 'most')::bigint
$$;
comment on function risk.order_rate(jsonb, bigint, jsonb, timestamptz) is 'Condition of kinds: orders in the window, or null where it is not met. The extension counts the same in memory.';
