create function exchange.messages_after(of_stream integer, after_sequence bigint, limit_messages integer default 1000)
returns table (stream_id integer, sequence bigint, topic text, account_ids bigint[], payload jsonb, occurred_at timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
-- One plan for the session's life, which reads number ranges from indexes however many rows there are.
set plan_cache_mode = force_generic_plan set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
declare
    numbers_per_market constant bigint := 100000000000000;
    wanted integer := least(greatest(coalesce(limit_messages, 1000), 0), 10000);
    base bigint;
    first bigint;
    last bigint;
    symbol text;
    base_asset text;
    quote_asset text;
begin
    if after_sequence is null or after_sequence not between 0 and numbers_per_market - 1 then
        raise exception 'after_sequence must be between 0 and 10^14 - 1, not %', after_sequence
            using errcode = 'invalid_parameter_value';
    end if;
    if of_stream >= 10000 then
        return query
        select e.stream_id, e.last_sequence, s.name,
            case when e.payload ? 'account_id' then array[(e.payload ->> 'account_id')::bigint] else '{}' end,
            e.payload, e.occurred_at
        from exchange.events e
        join exchange.streams s on s.stream_id = e.stream_id
        where e.stream_id = of_stream and e.last_sequence > after_sequence
        order by e.last_sequence
        limit wanted;
        return;
    end if;

    select m.symbol, b.symbol, q.symbol into symbol, base_asset, quote_asset
    from exchange.markets m
    join exchange.assets b on b.asset_id = m.base_asset_id
    join exchange.assets q on q.asset_id = m.quote_asset_id
    where m.market_id = of_stream;
    -- Numbers are gapless, so the next messages are the next numbers: no limit is needed.
    base := of_stream * numbers_per_market;
    first := base + after_sequence + 1;
    last := least(base + after_sequence + wanted, base + numbers_per_market - 1);
    return query
    select of_stream, m.number - base, m.topic, m.account_ids, m.payload, m.occurred_at
    from (
        select o.order_id as number, 'order' as topic, array[o.account_id] as account_ids,
            jsonb_build_object(
                'change', 'placed', 'market', symbol, 'order_id', o.order_id::text, 'client_order_id', o.client_order_id,
                'side', o.side, 'kind', o.kind, 'time_in_force', o.time_in_force, 'post_only', o.post_only,
                'self_trade', o.self_trade, 'price', o.price::text, 'quantity', o.quantity::text,
                'budget', o.budget::text) as payload,
            o.placed_at as occurred_at
        from exchange.orders o
        where o.order_id between first and last
        union all
        select u.order_update_id, 'order', array[u.account_id],
            jsonb_build_object(
                'change', u.kind, 'market', symbol, 'order_id', u.order_id::text, 'reason', u.reason,
                'removed_quantity', u.removed_quantity::text, 'counter_order_id', u.counter_order_id::text,
                'prevented_quantity', u.prevented_quantity::text),
            u.updated_at
        from exchange.order_updates u
        where u.order_update_id between first and last
        union all
        select t.trade_id, 'trade',
            case when t.maker_account_id = t.taker_account_id then array[t.taker_account_id]
                else array[t.taker_account_id, t.maker_account_id] end,
            jsonb_build_object(
                'change', 'traded', 'market', symbol, 'trade_id', t.trade_id::text, 'price', t.price::text,
                'quantity', t.quantity::text, 'quote_amount', t.quote_amount::text, 'taker_side', t.taker_side,
                'maker', jsonb_build_object(
                    'account_id', t.maker_account_id::text, 'order_id', t.maker_order_id::text, 'fee', t.maker_fee::text,
                    'fee_asset', case t.taker_side when 'buy' then quote_asset else base_asset end),
                'taker', jsonb_build_object(
                    'account_id', t.taker_account_id::text, 'order_id', t.taker_order_id::text, 'fee', t.taker_fee::text,
                    'fee_asset', case t.taker_side when 'buy' then base_asset else quote_asset end)),
            t.traded_at
        from exchange.trades t
        where t.trade_id between first and last
    ) m
    order by m.number;
end $$;
comment on function exchange.messages_after(integer, bigint, integer) is 'The next messages of a stream, oldest first, at most 10,000: of a market its orders, order updates and trades; of another stream its payloads. A trade''s maker and taker parts are private to account_ids; the rest of it is public.';
