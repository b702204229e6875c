create function exchange.advance_candles(market_id integer, limit_trades integer default 10000) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp
-- One plan for the session's life, made while tables may be empty: an index in its order stops at the limit, a
-- bitmap or a sort would read all that waits for every piece.
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set jit = off as $$
#variable_conflict use_column
declare
    numbers_per_market constant bigint := 100000000000000;
    epoch constant timestamptz := '1970-01-01 00:00:00+00';
    wanted constant integer := least(greatest(coalesce(limit_trades, 10000), 1), 100000);
    base constant bigint := advance_candles.market_id * numbers_per_market;
    counted bigint;
    newest bigint;
    found_trades integer;
begin
    select p.last_trade_id into counted from exchange.candle_positions p
    where p.market_id = advance_candles.market_id for update;
    if not found then
        insert into exchange.candle_positions (market_id, last_trade_id)
        select m.market_id, base from exchange.markets m where m.market_id = advance_candles.market_id
        on conflict do nothing;
        select p.last_trade_id into counted from exchange.candle_positions p
        where p.market_id = advance_candles.market_id for update;
        if not found then
            perform exchange.reject('UNKNOWN_MARKET', format('no market %s', coalesce(advance_candles.market_id::text, 'null')));
        end if;
    end if;

    -- Numbers become visible in their order, so that nothing can appear behind the last one read.
    -- Times need not be in that order: a trade may belong to a candle before the newest.
    with piece as materialized (
        select t.trade_id, t.price, t.quantity, t.quote_amount, t.traded_at
        from exchange.trades t
        where t.trade_id > counted and t.trade_id < base + numbers_per_market
        order by t.trade_id
        limit wanted
    ), minutes as materialized (
        select date_bin('1 minute', p.traded_at, epoch) as opened_at, max(p.price) as high, min(p.price) as low,
            sum(p.quantity) as base_volume, sum(p.quote_amount) as quote_volume, count(*) as trades,
            min(p.trade_id) as first_trade_id, max(p.trade_id) as last_trade_id
        from piece p
        group by 1
    ), added as (
        select i.seconds, date_bin(make_interval(secs => i.seconds), m.opened_at, epoch) as opened_at,
            max(m.high) as high, min(m.low) as low, sum(m.base_volume) as base_volume, sum(m.quote_volume) as quote_volume,
            sum(m.trades)::bigint as trades, min(m.first_trade_id) as first_trade_id, max(m.last_trade_id) as last_trade_id
        from minutes m
        cross join unnest(array[60, 300, 900, 3600, 14400, 86400]) as i (seconds)
        group by 1, 2
    ), merged as (
        insert into exchange.candles as c (
            market_id, interval_seconds, opened_at, open, high, low, close,
            base_volume, quote_volume, trades, first_trade_id, last_trade_id)
        select advance_candles.market_id, a.seconds, a.opened_at, o.price, a.high, a.low, l.price,
            a.base_volume, a.quote_volume, a.trades, a.first_trade_id, a.last_trade_id
        from added a
        join piece o on o.trade_id = a.first_trade_id
        join piece l on l.trade_id = a.last_trade_id
        order by a.seconds, a.opened_at
        -- What is stored was counted from lower numbers: its open stays, the new close holds.
        on conflict (market_id, interval_seconds, opened_at) do update
        set high = greatest(c.high, excluded.high), low = least(c.low, excluded.low), close = excluded.close,
            base_volume = c.base_volume + excluded.base_volume, quote_volume = c.quote_volume + excluded.quote_volume,
            trades = c.trades + excluded.trades, last_trade_id = excluded.last_trade_id
    )
    select max(m.last_trade_id), coalesce(sum(m.trades), 0)::integer into newest, found_trades from minutes m;
    if found_trades > 0 then
        update exchange.candle_positions p set last_trade_id = newest where p.market_id = advance_candles.market_id;
    end if;
    return found_trades;
end $$;
comment on function exchange.advance_candles(integer, integer) is 'Counts a market''s next trades into its candles of all six intervals and moves its position, in one transaction; returns how many, at most 100,000: fewer than asked for means that there are no more. Several callers take turns. Rejects: UNKNOWN_MARKET.';
