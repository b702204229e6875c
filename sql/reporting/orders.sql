create view reporting.orders as
select o.order_id, m.symbol as market, o.account_id, a.email, o.client_order_id, o.side, o.kind, o.time_in_force, o.post_only,
    o.price, o.quantity, o.budget, o.reduced_quantity, o.filled_quantity, o.filled_quote,
    round(o.filled_quote / nullif(o.filled_quantity, 0), 18) as average_price, o.state, o.placed_at, o.closed_at
from exchange.orders o
join exchange.markets m on m.market_id = o.market_id
join exchange.accounts a on a.account_id = o.account_id;
comment on view reporting.orders is 'Orders with names and the average price of what was filled.';
