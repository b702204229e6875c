create function risk.linked_trades(parameters jsonb, account_id bigint, facts jsonb, at timestamptz) returns jsonb
language sql stable security definer set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
    select jsonb_build_object('trades', counted.n, 'quote_amount', trim_scale(counted.amount)::text)
    from (
        select count(*) as n, sum(t.quote_amount) as amount
        from (
            select m.market_id, given.start, exchange.number_before(m.market_id, given.start) as first,
                coalesce((linked_trades.facts ->> 'order_id')::bigint, (m.market_id + 1) * 100000000000000) as beyond
            from exchange.markets m
            cross join (select risk.window_start(at, (linked_trades.parameters ->> 'within_seconds')::integer) as start) given
            where m.symbol = linked_trades.facts ->> 'market'
                and exists (select from risk.links l where l.account_id = linked_trades.account_id)) numbers
        cross join lateral (
            select maker.taker_account_id as other_id, maker.quote_amount, maker.traded_at from exchange.trades maker
            where maker.maker_account_id = linked_trades.account_id
                and maker.trade_id > numbers.first and maker.trade_id < numbers.beyond
            union all
            select taker.maker_account_id, taker.quote_amount, taker.traded_at from exchange.trades taker
            where taker.taker_account_id = linked_trades.account_id
                and taker.trade_id > numbers.first and taker.trade_id < numbers.beyond) t
        where t.traded_at >= numbers.start and t.traded_at <= at
            and exists (select from risk.links l
                where l.account_id = linked_trades.account_id and l.linked_account_id = t.other_id)) counted
    where counted.n > (linked_trades.parameters ->> 'most')::bigint
$$;
comment on function risk.linked_trades(jsonb, bigint, jsonb, timestamptz) is 'Condition of kinds: trades with linked accounts in the window, or null where it is not met. The extension counts the same in memory, from when the accounts were linked.';
