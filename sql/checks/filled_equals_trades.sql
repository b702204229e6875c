create view checks.filled_equals_trades as
select order_id, o.filled_quantity, o.filled_quote, t.quantity as traded_quantity, t.quote_amount as traded_quote
from (select o.order_id, o.filled_quantity, o.filled_quote from exchange.orders o where o.filled_quantity <> 0 or o.filled_quote <> 0) o
full join (
    select p.order_id, sum(p.quantity) as quantity, sum(p.quote_amount) as quote_amount
    from (
        select maker_order_id as order_id, quantity, quote_amount from exchange.trades
        union all
        select taker_order_id, quantity, quote_amount from exchange.trades
    ) p
    group by p.order_id
) t using (order_id)
where o.filled_quantity is distinct from t.quantity or o.filled_quote is distinct from t.quote_amount;
comment on view checks.filled_equals_trades is 'Orders whose filled amounts are not the sum of their trades.';
