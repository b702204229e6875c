create view exchange.account_orders with (security_invoker = true) as
select o.order_id, o.account_id, m.symbol as market, o.client_order_id, o.side, o.kind, o.time_in_force, o.post_only,
    o.self_trade, o.price, o.quantity, o.budget, o.reduced_quantity, o.filled_quantity, o.filled_quote,
    case when o.state = 'open' then o.quantity - o.reduced_quantity - o.filled_quantity 
        -- A zero with the lot's decimals.
        else o.filled_quantity - o.filled_quantity end as remaining_quantity,
    o.state, o.placed_at, o.closed_at
from exchange.orders o
join exchange.markets m on m.market_id = o.market_id;
comment on view exchange.account_orders is 'Orders with their market''s name. Whoever reads it as exchange_api sees the orders of the account that it acts for.';
