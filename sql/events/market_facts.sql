create function exchange.market_facts(of_market integer, after_sequence bigint, limit_facts integer default 1000)
returns table (
    sequence bigint, change text, order_id bigint, account_id bigint, counter_order_id bigint, counter_account_id bigint,
    side text, kind text, time_in_force text, post_only boolean, self_trade text, client_order_id text,
    price text, quantity text, amount text, fee text, counter_fee text, reason text, final_quote text, occurred_at timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
-- One plan for the session's life, which reads number ranges from indexes however many rows there are.
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off set jit = off as $$
#variable_conflict use_column
declare
    numbers_per_market constant bigint := 100000000000000;
    wanted integer := least(greatest(coalesce(limit_facts, 1000), 1), 10000);
    base bigint := of_market * numbers_per_market;
    last_fact bigint;
    began timestamptz;
    ended timestamptz;
begin
    if after_sequence is null or after_sequence not between 0 and numbers_per_market - 1 then
        raise exception 'after_sequence must be between 0 and 10^14 - 1, not %', after_sequence
            using errcode = 'invalid_parameter_value';
    end if;
    -- Whole transactions: as many as fit, or one that is larger. Their times say which months to read.
    select max(e.last_sequence), min(e.occurred_at), max(e.occurred_at) into last_fact, began, ended
    from exchange.events e
    where e.stream_id = of_market and e.last_sequence > after_sequence and e.last_sequence <= after_sequence + wanted;
    if last_fact is null then
        select e.last_sequence, e.occurred_at, e.occurred_at into last_fact, began, ended
        from exchange.events e
        where e.stream_id = of_market and e.last_sequence > after_sequence
        order by e.last_sequence
        limit 1;
        if not found then
            return;
        end if;
    end if;
    return query
    select m.number - base, m.change, m.order_id, m.account_id, m.counter_order_id, m.counter_account_id,
        m.side, m.kind, m.time_in_force, m.post_only, m.self_trade, m.client_order_id,
        m.price::text, m.quantity::text, m.amount::text, m.fee::text, m.counter_fee::text, m.reason, m.final_quote::text,
        m.occurred_at
    from (
        select o.order_id as number, 'placed' as change, o.order_id, o.account_id, null::bigint as counter_order_id,
            null::bigint as counter_account_id, o.side, o.kind, o.time_in_force, o.post_only, o.self_trade,
            o.client_order_id, o.price, o.quantity, o.budget as amount, null::numeric as fee,
            null::numeric as counter_fee, null::text as reason, null::numeric as final_quote, o.placed_at as occurred_at
        from exchange.orders_open o
        where o.order_id > base + after_sequence and o.order_id <= base + last_fact
        union all
        -- An order ends after it began, but for a clock that was set back, and not in the future.
        select o.order_id, 'placed', o.order_id, o.account_id, null, null, o.side, o.kind, o.time_in_force,
            o.post_only, o.self_trade, o.client_order_id, o.price, o.quantity, o.budget, null, null, null,
            case when o.budget is not null and o.state = 'filled' then o.filled_quote end, o.placed_at
        from exchange.orders_closed o
        where o.order_id > base + after_sequence and o.order_id <= base + last_fact
            and o.closed_at >= began - interval '1 day' and o.closed_at < clock_timestamp() + interval '1 day'
        union all
        select u.order_update_id, u.kind, u.order_id, u.account_id, u.counter_order_id, null, null, null, null,
            null, null, null, null, u.removed_quantity, null, null, null, u.reason, null, u.updated_at
        from exchange.order_updates u
        where u.order_update_id > base + after_sequence and u.order_update_id <= base + last_fact
            and u.updated_at >= began and u.updated_at <= ended
        union all
        select t.trade_id, 'traded', t.taker_order_id, t.taker_account_id, t.maker_order_id, t.maker_account_id,
            t.taker_side, null, null, null, null, null, t.price, t.quantity, t.quote_amount, t.taker_fee, t.maker_fee,
            null, null, t.traded_at
        from exchange.trades t
        where t.trade_id > base + after_sequence and t.trade_id <= base + last_fact
            and t.traded_at >= began and t.traded_at <= ended
    ) m
    order by m.number;
    -- What was read is handed out once nothing can lose it any more.
    perform exchange.wait_durable();
end $$;
comment on function exchange.market_facts(integer, bigint, integer) is 'A market''s facts after a number, oldest first, in whole transactions: as many as fit the limit of at most 10,000, or one transaction that is larger. It returns once they are durable. A trade names the taker first and the maker as counter; final_quote is what a budget order had spent when it was filled. Decimals are text.';
