create function exchange.market_snapshot(of_market integer, history bigint default 0)
returns table (
    sequence bigint, last_sequence bigint, order_id bigint, account_id bigint, client_order_id text, side text,
    post_only boolean, self_trade text, price text, quantity text, reduced_quantity text, filled_quantity text,
    filled_quote text, placed_at timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
    numbers_per_market constant bigint := 100000000000000;
    base bigint := of_market * numbers_per_market;
    newest bigint := coalesce((
        select e.last_sequence from exchange.events e
        where e.stream_id = of_market order by e.last_sequence desc limit 1), 0);
    -- Between two transactions, at least so many facts ago.
    moment bigint := coalesce((
        select e.last_sequence from exchange.events e
        where e.stream_id = of_market and e.last_sequence <= newest - greatest(coalesce(history, 0), 0)
        order by e.last_sequence desc limit 1), 0);
begin
    return query
    select moment, newest, null::bigint, null::bigint, null::text, null::text, null::boolean, null::text, null::text,
        null::text, null::text, null::text, null::text, null::timestamptz;
    -- From now backwards: what rests now, and what a later fact took from it.
    return query
    with later as materialized (
        select t.maker_order_id as order_id, 0::numeric as reduced, t.quantity as filled, t.quote_amount as filled_quote
        from exchange.trades t where t.trade_id > base + moment and t.trade_id <= base + newest
        union all
        select t.taker_order_id, 0, t.quantity, t.quote_amount
        from exchange.trades t where t.trade_id > base + moment and t.trade_id <= base + newest
        union all
        select u.order_id, case u.kind when 'reduced' then u.removed_quantity else 0 end, 0, 0
        from exchange.order_updates u where u.order_update_id > base + moment and u.order_update_id <= base + newest
    ), touched as materialized (
        select l.order_id, sum(l.reduced) as reduced, sum(l.filled) as filled, sum(l.filled_quote) as filled_quote
        from later l where l.order_id <= base + moment
        group by l.order_id
    ), resting as (
        select o.order_id, o.account_id, o.client_order_id, o.side, o.post_only, o.self_trade, o.price, o.quantity,
            o.reduced_quantity, o.filled_quantity, o.filled_quote, o.placed_at
        from exchange.orders_open o
        where o.order_id > base and o.order_id <= base + moment
            and not exists (select from touched c where c.order_id = o.order_id)
        union all
        select o.order_id, o.account_id, o.client_order_id, o.side, o.post_only, o.self_trade, o.price, o.quantity,
            o.reduced_quantity - c.reduced, o.filled_quantity - c.filled, o.filled_quote - c.filled_quote, o.placed_at
        from touched c
        join exchange.orders o on o.order_id = c.order_id
    )
    select moment, newest, r.order_id, r.account_id, r.client_order_id, r.side, r.post_only, r.self_trade, r.price::text,
        r.quantity::text, r.reduced_quantity::text, r.filled_quantity::text, r.filled_quote::text, r.placed_at
    from resting r
    order by r.order_id;
    perform exchange.wait_durable();
end $$;
comment on function exchange.market_snapshot(integer, bigint) is 'A market''s open orders as they were at least so many facts ago (0: now), with that number and the newest, in one consistent and durable look. The first row has the numbers alone. Facts after the number, applied in order, lead to now.';
