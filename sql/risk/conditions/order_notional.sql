create function risk.order_notional(parameters jsonb, account_id bigint, facts jsonb, at timestamptz) returns jsonb
language sql stable security definer set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
    select jsonb_build_object('notional', trim_scale(summed.total)::text)
    from (
        select coalesce(sum(o.notional), 0) + (order_notional.facts ->> 'notional')::numeric as total, given.start
        from (
            select risk.window_start(at, (order_notional.parameters ->> 'within_seconds')::integer) as start, s.asset_id
            from exchange.assets s where s.symbol = order_notional.parameters ->> 'asset') given
        left join lateral (
            select w.notional
            from risk.orders_in_window(order_notional.account_id, given.start, at, (order_notional.facts ->> 'order_id')::bigint) w
            join exchange.markets m on m.market_id = w.market_id and m.quote_asset_id = given.asset_id) o on true
        where split_part(order_notional.facts ->> 'market', '/', 2) = order_notional.parameters ->> 'asset'
        group by given.start) summed
    where summed.total > (order_notional.parameters ->> 'most')::numeric
$$;
comment on function risk.order_notional(jsonb, bigint, jsonb, timestamptz) is 'Condition of kinds: notional in the window, or null where it is not met. The extension sums the same in memory.';
