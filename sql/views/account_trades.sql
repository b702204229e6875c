create view exchange.account_trades with (security_invoker = true) as
select t.trade_id, t.maker_account_id as account_id, m.symbol as market, 'maker' as liquidity,
    case t.taker_side when 'buy' then 'sell' else 'buy' end as side, t.maker_order_id as order_id,
    t.price, t.quantity, t.quote_amount, t.maker_fee as fee,
    case t.taker_side when 'buy' then m.quote_asset_id else m.base_asset_id end as fee_asset_id, t.traded_at
from exchange.trades t
join exchange.markets m on m.market_id = t.market_id
union all
select t.trade_id, t.taker_account_id, m.symbol, 'taker', t.taker_side, t.taker_order_id,
    t.price, t.quantity, t.quote_amount, t.taker_fee,
    case t.taker_side when 'buy' then m.base_asset_id else m.quote_asset_id end, t.traded_at
from exchange.trades t
join exchange.markets m on m.market_id = t.market_id;
comment on view exchange.account_trades is 'Each trade twice: as its maker and as its taker saw it. Filter by account_id: as exchange_api, both parties'' rows of the acting account''s trades are visible.';
