create view checks.amounts_on_grid as
select 'balances' as table_name, b.account_id as row_id, a.symbol as of, b.available as first_amount, b.held as second_amount
from exchange.balances b
join exchange.assets a on a.asset_id = b.asset_id
where b.available <> round(b.available, a.scale) or b.held <> round(b.held, a.scale)
union all
select 'transfers', t.transfer_id, a.symbol, t.amount, null
from exchange.transfers t
join exchange.assets a on a.asset_id = t.asset_id
where t.amount <> round(t.amount, a.scale)
union all
select 'orders', o.order_id, m.symbol, o.price, o.quantity
from exchange.orders o
join exchange.markets m on m.market_id = o.market_id
where mod(o.price, m.tick) <> 0 or mod(o.quantity, m.lot) <> 0 or mod(o.filled_quantity, m.lot) <> 0
    or mod(o.reduced_quantity, m.lot) <> 0
union all
select 'trades', t.trade_id, m.symbol, t.price, t.quantity
from exchange.trades t
join exchange.markets m on m.market_id = t.market_id
where mod(t.price, m.tick) <> 0 or mod(t.quantity, m.lot) <> 0;
comment on view checks.amounts_on_grid is 'Amounts finer than their asset''s atom, prices off the tick, quantities off the lot.';
