create function risk.history(point text, from_at timestamptz, to_at timestamptz)
returns table (occurred_at timestamptz, account_id bigint, subject text, verdict text, facts jsonb)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
#variable_conflict use_column
begin
    if history.point <> 'order' then
        return query
        select a.occurred_at, a.account_id, 'activity:' || a.activity_id, a.verdict,
            a.facts || jsonb_build_object('point', a.point)
        from risk.activities a
        where a.point = history.point and a.occurred_at >= history.from_at and a.occurred_at < history.to_at
        order by a.occurred_at, a.activity_id;
        return;
    end if;
    return query
    select o.placed_at, o.account_id, 'order:' || o.order_id, 'allow', jsonb_strip_nulls(jsonb_build_object(
        'point', 'order', 'order_id', o.order_id, 'market', m.symbol, 'side', o.side, 'kind', o.kind,
        'price', o.price::text, 'quantity', o.quantity::text, 'budget', o.budget::text,
        'notional', trim_scale(coalesce(o.budget, o.quantity * coalesce(o.price, before.price)))::text,
        'last_price', before.price::text))
    from exchange.markets m
    cross join lateral (
        select exchange.number_before(m.market_id, history.from_at) as first,
            exchange.number_before(m.market_id, history.to_at) as last) numbers
    join exchange.orders o on o.order_id > numbers.first and o.order_id <= numbers.last
    cross join lateral (select risk.last_price(m.market_id, o.order_id) as price) before
    where o.placed_at >= history.from_at and o.placed_at < history.to_at
    order by o.placed_at, o.order_id;
end $$;
comment on function risk.history(text, timestamptz, timestamptz) is 'What was recorded at a point, with the facts that rules would be given: accepted orders with the last price before each, or activities.';
