create view exchange.market_rules as
select m.market_id, m.symbol, b.symbol as base_asset, b.scale as base_scale, q.symbol as quote_asset,
    q.scale as quote_scale, m.tick, m.lot, m.min_quantity, m.max_quantity, m.min_notional, m.price_band,
    m.reference_price, m.max_open_orders, m.allow_self_trade, m.status
from exchange.markets m
join exchange.assets b on b.asset_id = m.base_asset_id
join exchange.assets q on q.asset_id = m.quote_asset_id;
comment on view exchange.market_rules is 'What trades and under which rules; public.';
