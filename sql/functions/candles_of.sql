create function exchange.candles_of(
    market text, interval_seconds integer, from_time timestamptz default null, to_time timestamptz default null,
    limit_candles integer default 500)
returns table (
    opened_at timestamptz, open numeric, high numeric, low numeric, close numeric, base_volume numeric,
    quote_volume numeric, trades bigint, first_trade_id bigint, last_trade_id bigint)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off set jit = off as $$
#variable_conflict use_column
declare
    numbers_per_market constant bigint := 100000000000000;
    epoch constant timestamptz := '1970-01-01 00:00:00+00';
    wanted constant integer := least(greatest(coalesce(limit_candles, 500), 0), 10000);
    -- Forwards from a beginning; backwards where none is given.
    direction constant integer := case when candles_of.from_time is null then -1 else 1 end;
    not_before constant timestamptz := coalesce(candles_of.from_time, '-infinity');
    before constant timestamptz := coalesce(candles_of.to_time, 'infinity');
    length interval;
    asked integer;
    counted bigint;
begin
    select m.market_id into asked from exchange.markets m where m.symbol = candles_of.market;
    if not found then
        perform exchange.reject('UNKNOWN_MARKET', format('no market %s', coalesce(candles_of.market, 'null')));
    end if;
    if candles_of.interval_seconds is null
        or candles_of.interval_seconds not in (60, 300, 900, 3600, 14400, 86400) then
        perform exchange.reject('INVALID_INTERVAL', 'an interval is 60, 300, 900, 3600, 14400 or 86400 seconds');
    end if;
    length := make_interval(secs => candles_of.interval_seconds);
    -- All statements of a stable function read the caller's snapshot: position, candles and trades
    -- are of one moment.
    select p.last_trade_id into counted from exchange.candle_positions p where p.market_id = asked;
    counted := coalesce(counted, asked * numbers_per_market);
    return query
    with later as materialized (
        select t.trade_id, t.price, t.quantity, t.quote_amount, date_bin(length, t.traded_at, epoch) as opened_at
        from exchange.trades t
        where t.trade_id > counted and t.trade_id < (asked + 1) * numbers_per_market
            and t.traded_at >= not_before and t.traded_at < before + length
    ), added as (
        select l.opened_at, max(l.price) as high, min(l.price) as low, sum(l.quantity) as base_volume,
            sum(l.quote_amount) as quote_volume, count(*) as trades,
            min(l.trade_id) as first_trade_id, max(l.trade_id) as last_trade_id
        from later l
        where l.opened_at >= not_before and l.opened_at < before
        group by l.opened_at
    ), newer as (
        select a.*, o.price as open, c.price as close
        from added a
        join later o on o.trade_id = a.first_trade_id
        join later c on c.trade_id = a.last_trade_id
    ), older as (
        (select c.* from exchange.candles c
        where direction = 1 and c.market_id = asked and c.interval_seconds = candles_of.interval_seconds
            and c.opened_at >= not_before and c.opened_at < before
        order by c.opened_at
        limit wanted)
        union all
        (select c.* from exchange.candles c
        where direction = -1 and c.market_id = asked and c.interval_seconds = candles_of.interval_seconds
            and c.opened_at < before
        order by c.opened_at desc
        limit wanted)
    ), chosen as (
        select opened_at, coalesce(s.open, n.open) as open, greatest(s.high, n.high) as high,
            least(s.low, n.low) as low, coalesce(n.close, s.close) as close,
            coalesce(s.base_volume + n.base_volume, s.base_volume, n.base_volume) as base_volume,
            coalesce(s.quote_volume + n.quote_volume, s.quote_volume, n.quote_volume) as quote_volume,
            coalesce(s.trades, 0) + coalesce(n.trades, 0) as trades,
            coalesce(s.first_trade_id, n.first_trade_id) as first_trade_id,
            coalesce(n.last_trade_id, s.last_trade_id) as last_trade_id
        from older s
        full join newer n using (opened_at)
        order by direction * extract(epoch from opened_at)
        limit wanted
    )
    select h.opened_at, h.open, h.high, h.low, h.close, h.base_volume, h.quote_volume, h.trades,
        h.first_trade_id, h.last_trade_id
    from chosen h
    order by h.opened_at;
end $$;
comment on function exchange.candles_of(text, integer, timestamptz, timestamptz, integer) is 'A market''s candles that begin from from_time on and before to_time, oldest first, at most 10,000: the first ones from from_time; without it the last ones before to_time. Stored candles and the trades that they do not hold yet, as of one moment. A time without a trade has no candle. Rejects: UNKNOWN_MARKET, INVALID_INTERVAL.';
