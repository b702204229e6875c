create view reporting.market_totals as
select m.symbol as market, m.status, count(t.trade_id) as trades, coalesce(sum(t.quantity), 0) as base_volume,
    coalesce(sum(t.quote_amount), 0) as quote_volume, min(t.traded_at) as first_trade_at, max(t.traded_at) as last_trade_at
from exchange.markets m
left join exchange.trades t on t.market_id = m.market_id
group by m.market_id;
comment on view reporting.market_totals is 'Trades and volume of each market since it was made.';
