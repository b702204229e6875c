create view checks.candles_equal_trades as
with windows as (
    -- The last 20,000 counted trades of each market; what began before them is not looked at.
    select p.market_id, w.first_trade_id, p.last_trade_id
    from exchange.candle_positions p
    cross join lateral (
        select min(r.trade_id) as first_trade_id
        from (
            select t.trade_id from exchange.trades t
            where t.trade_id <= p.last_trade_id and t.trade_id > p.market_id * 100000000000000
            order by t.trade_id desc
            limit 20000
        ) r
    ) w
), minutes as (
    select w.market_id, date_bin('1 minute', t.traded_at, '1970-01-01 00:00:00+00') as opened_at,
        (array_agg(t.price order by t.trade_id))[1] as open, max(t.price) as high, min(t.price) as low,
        (array_agg(t.price order by t.trade_id desc))[1] as close, sum(t.quantity) as base_volume,
        sum(t.quote_amount) as quote_volume, count(*) as trades,
        min(t.trade_id) as first_trade_id, max(t.trade_id) as last_trade_id
    from windows w
    join exchange.trades t on t.trade_id between w.first_trade_id and w.last_trade_id
    group by 1, 2
), recent as (
    select c.* from exchange.candles c
    join windows w on w.market_id = c.market_id
    where c.interval_seconds = 60 and c.last_trade_id >= coalesce(w.first_trade_id, 0)
), longer as (
    select c.* from exchange.candles c
    where c.interval_seconds > 60
        and c.opened_at >= date_bin('1 day', now() - interval '1 day', '1970-01-01 00:00:00+00')
), rolled as (
    select m.market_id, i.seconds as interval_seconds,
        date_bin(make_interval(secs => i.seconds), m.opened_at, '1970-01-01 00:00:00+00') as opened_at,
        (array_agg(m.open order by m.first_trade_id))[1] as open, max(m.high) as high, min(m.low) as low,
        (array_agg(m.close order by m.last_trade_id desc))[1] as close, sum(m.base_volume) as base_volume,
        sum(m.quote_volume) as quote_volume, sum(m.trades)::bigint as trades,
        min(m.first_trade_id) as first_trade_id, max(m.last_trade_id) as last_trade_id
    from exchange.candles m
    cross join unnest(array[300, 900, 3600, 14400, 86400]) as i (seconds)
    where m.interval_seconds = 60
        and m.opened_at >= date_bin('1 day', now() - interval '1 day', '1970-01-01 00:00:00+00')
    group by 1, 2, 3
)
select market_id, 60 as interval_seconds, opened_at, to_jsonb(c) as stored, to_jsonb(m) as expected
from recent c
full join minutes m using (market_id, opened_at)
left join windows w using (market_id)
where coalesce(c.first_trade_id, w.first_trade_id) >= coalesce(w.first_trade_id, 0)
    and (c.open, c.high, c.low, c.close, c.base_volume, c.quote_volume, c.trades, c.first_trade_id, c.last_trade_id)
        is distinct from
        (m.open, m.high, m.low, m.close, m.base_volume, m.quote_volume, m.trades, m.first_trade_id, m.last_trade_id)
union all
select market_id, interval_seconds, opened_at, to_jsonb(c), to_jsonb(r)
from longer c
full join rolled r using (market_id, interval_seconds, opened_at)
where (c.open, c.high, c.low, c.close, c.base_volume, c.quote_volume, c.trades, c.first_trade_id, c.last_trade_id)
    is distinct from
    (r.open, r.high, r.low, r.close, r.base_volume, r.quote_volume, r.trades, r.first_trade_id, r.last_trade_id);
comment on view checks.candles_equal_trades is 'One-minute candles that are not what a market''s last 20,000 counted trades make, and longer ones of today and yesterday that are not what their minutes make.';
