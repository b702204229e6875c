create view checks.trades_obey_orders as
select t.trade_id, t.price, maker.price as maker_price, taker.price as taker_price, maker.post_only as maker_post_only,
    taker.post_only as taker_post_only, t.maker_fee, f.maker_fee as expected_maker_fee, t.taker_fee, f.taker_fee as expected_taker_fee
from exchange.trades t
join exchange.markets m on m.market_id = t.market_id
join exchange.assets base on base.asset_id = m.base_asset_id
join exchange.assets quote on quote.asset_id = m.quote_asset_id
join exchange.orders maker on maker.order_id = t.maker_order_id
join exchange.orders taker on taker.order_id = t.taker_order_id
cross join lateral (
    select
        case t.taker_side
            when 'buy' then ceil(t.quote_amount * maker.maker_rate * power(10::numeric, quote.scale)) * ('1e-' || quote.scale)::numeric
            else ceil(t.quantity * maker.maker_rate * power(10::numeric, base.scale)) * ('1e-' || base.scale)::numeric
        end as maker_fee,
        case t.taker_side
            when 'buy' then ceil(t.quantity * taker.taker_rate * power(10::numeric, base.scale)) * ('1e-' || base.scale)::numeric
            else ceil(t.quote_amount * taker.taker_rate * power(10::numeric, quote.scale)) * ('1e-' || quote.scale)::numeric
        end as taker_fee
) f
where t.price is distinct from maker.price
    or case t.taker_side when 'buy' then t.price > taker.price else t.price < taker.price end
    or taker.post_only
    or t.maker_fee <> f.maker_fee
    or t.taker_fee <> f.taker_fee
    or (t.maker_account_id = t.taker_account_id and taker.self_trade <> 'none');
comment on view checks.trades_obey_orders is 'Trades at another price than the maker''s, worse than the taker''s limit, against post-only or self-trade prevention, or with another fee than the orders'' rates give.';
