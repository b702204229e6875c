create function risk.orders_in_window(
    account_id bigint, window_start timestamptz, at timestamptz, before_order_id bigint,
    out order_id bigint, out market_id integer, out notional numeric)
returns setof record
language sql stable security definer set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
    -- By number, because accounts have an index by number in every partition.
    select o.order_id, m.market_id,
        coalesce(o.budget, o.quantity * coalesce(o.price, risk.last_price(m.market_id, o.order_id)))
    from exchange.markets m
    cross join lateral (select exchange.number_before(m.market_id, orders_in_window.window_start) as first) numbers
    join exchange.orders o on o.account_id = orders_in_window.account_id
        and o.order_id > numbers.first and o.order_id < (m.market_id + 1) * 100000000000000
    where o.placed_at >= orders_in_window.window_start
        and (o.placed_at < orders_in_window.at
            or (o.placed_at = orders_in_window.at and o.order_id < orders_in_window.before_order_id))
$$;
comment on function risk.orders_in_window(bigint, timestamptz, timestamptz, bigint) is 'The account''s accepted orders from the window''s start until a moment, and what each was worth in its market''s quote asset. Of orders of that very moment, those before a number.';
