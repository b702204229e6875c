create view reporting.account_activity as
select p.account_id, a.email, m.symbol as market, count(*) as trades,
    count(*) filter (where p.liquidity = 'maker') as maker_trades, sum(p.quantity) as base_volume,
    sum(p.quote_amount) as quote_volume, max(p.traded_at) as last_trade_at
from (
    select maker_account_id as account_id, 'maker' as liquidity, market_id, quantity, quote_amount, traded_at from exchange.trades
    union all
    select taker_account_id, 'taker', market_id, quantity, quote_amount, traded_at from exchange.trades
) p
join exchange.markets m on m.market_id = p.market_id
join exchange.accounts a on a.account_id = p.account_id
group by p.account_id, a.email, m.symbol;
comment on view reporting.account_activity is 'How much each account traded in each market, and how much of it as maker.';
