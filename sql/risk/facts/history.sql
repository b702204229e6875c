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
    with numbers as materialized (
        select m.market_id, m.symbol, exchange.number_before(m.market_id, history.from_at) as first,
            exchange.number_before(m.market_id, history.to_at) as last
        from exchange.markets m
    ), steps as (
        -- The price before the first order, trades, and orders, all on one line of numbers.
        select n.market_id, n.symbol, n.first as number, risk.last_price(n.market_id, n.first + 1) as price,
            null::exchange.orders as placed
        from numbers n
        union all
        select n.market_id, n.symbol, t.trade_id, t.price, null
        from numbers n join exchange.trades t on t.trade_id > n.first and t.trade_id <= n.last
        union all
        select n.market_id, n.symbol, o.order_id, null, o
        from numbers n join exchange.orders o on o.order_id > n.first and o.order_id <= n.last
    ), counted as (
        select s.*, count(s.price) over (partition by s.market_id order by s.number) as trades_before from steps s
    ), priced as (
        select c.symbol, c.number, c.placed,
            first_value(c.price) over (partition by c.market_id, c.trades_before order by c.number) as last_price
        from counted c
    )
    select (p.placed).placed_at, (p.placed).account_id, 'order:' || p.number, 'allow', jsonb_strip_nulls(jsonb_build_object(
        'point', 'order', 'order_id', p.number, 'market', p.symbol, 'side', (p.placed).side, 'kind', (p.placed).kind,
        'price', (p.placed).price::text, 'quantity', (p.placed).quantity::text, 'budget', (p.placed).budget::text,
        'notional', trim_scale(coalesce(
            (p.placed).budget, (p.placed).quantity * coalesce((p.placed).price, p.last_price)))::text,
        'last_price', p.last_price::text))
    from priced p
    where (p.placed).order_id is not null
        and (p.placed).placed_at >= history.from_at and (p.placed).placed_at < history.to_at
    order by 1, p.number;
end $$;
comment on function risk.history(text, timestamptz, timestamptz) is 'What was recorded at a point, with the facts that rules would be given: accepted orders with the last price before each, or activities.';
