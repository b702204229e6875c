create view reporting.daily_volume as
select (t.traded_at at time zone 'UTC')::date as day, m.symbol as market, count(*) as trades,
    sum(t.quantity) as base_volume, sum(t.quote_amount) as quote_volume,
    (array_agg(t.price order by t.trade_id))[1] as open_price, max(t.price) as high_price, min(t.price) as low_price,
    (array_agg(t.price order by t.trade_id desc))[1] as close_price,
    round(sum(t.quote_amount) / sum(t.quantity), 18) as average_price
from exchange.trades t
join exchange.markets m on m.market_id = t.market_id
group by 1, 2;
comment on view reporting.daily_volume is 'Trades, volume and prices of each market by UTC day.';
