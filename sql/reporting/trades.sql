create view reporting.trades as
select t.trade_id, m.symbol as market, t.price, t.quantity, t.quote_amount, t.taker_side,
    t.maker_account_id, maker.email as maker_email, t.maker_order_id, t.maker_fee,
    case t.taker_side when 'buy' then quote.symbol else base.symbol end as maker_fee_asset,
    t.taker_account_id, taker.email as taker_email, t.taker_order_id, t.taker_fee,
    case t.taker_side when 'buy' then base.symbol else quote.symbol end as taker_fee_asset, t.traded_at
from exchange.trades t
join exchange.markets m on m.market_id = t.market_id
join exchange.assets base on base.asset_id = m.base_asset_id
join exchange.assets quote on quote.asset_id = m.quote_asset_id
join exchange.accounts maker on maker.account_id = t.maker_account_id
join exchange.accounts taker on taker.account_id = t.taker_account_id;
comment on view reporting.trades is 'Trades with names and both fees.';
