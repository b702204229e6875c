create function risk.count_orders(kind text, parameters jsonb, from_at timestamptz, to_at timestamptz)
returns table (occurred_at timestamptz, account_id bigint, subject text, verdict text, observed jsonb)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select c.occurred_at, c.account_id, c.subject, c.verdict,
        case count_orders.kind when 'order_rate' then jsonb_build_object('orders', c.orders)
            else jsonb_build_object('notional', trim_scale(c.notional)::text) end
    from (
        select h.*, count(*) over in_window as orders, sum((h.facts ->> 'notional')::numeric) over in_window as notional
        from (select (count_orders.parameters ->> 'within_seconds')::integer as seconds) given
        cross join lateral risk.history(
            'order', risk.window_start(count_orders.from_at, given.seconds), count_orders.to_at) h
        where count_orders.kind = 'order_rate'
            or split_part(h.facts ->> 'market', '/', 2) = count_orders.parameters ->> 'asset'
        window in_window as (
            partition by h.account_id, risk.window_start(h.occurred_at, given.seconds)
            order by h.occurred_at, (h.facts ->> 'order_id')::bigint)) c
    where c.occurred_at >= count_orders.from_at
        and case count_orders.kind when 'order_rate' then c.orders else c.notional end
            > (count_orders.parameters ->> 'most')::numeric
    order by c.occurred_at, c.subject
$$;
comment on function risk.count_orders(text, jsonb, timestamptz, timestamptz) is 'What order_rate and order_notional observe of recorded orders, all in one pass: a backtest asks no order by itself.';
