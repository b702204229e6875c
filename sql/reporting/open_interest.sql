create view reporting.open_interest as
select m.symbol as market, o.side, count(*) as orders, count(distinct o.account_id) as accounts,
    sum(o.quantity - o.reduced_quantity - o.filled_quantity) as quantity,
    case o.side when 'buy' then max(o.price) else min(o.price) end as best_price
from exchange.orders o
join exchange.markets m on m.market_id = o.market_id
where o.state = 'open'
group by m.symbol, o.side;
comment on view reporting.open_interest is 'What rests on each side of each market.';
