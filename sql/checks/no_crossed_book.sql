create view checks.no_crossed_book as
select o.market_id, max(o.price) filter (where o.side = 'buy') as best_bid, min(o.price) filter (where o.side = 'sell') as best_ask
from exchange.orders o
where o.state = 'open'
group by o.market_id
having max(o.price) filter (where o.side = 'buy') >= min(o.price) filter (where o.side = 'sell');
comment on view checks.no_crossed_book is 'Markets in which a resting buy should have traded with a resting sell.';
