create view checks.holds_equal_open_orders as
select account_id, asset_id, b.held, h.implied
from exchange.balances b
full join (
    select o.account_id,
        case o.side when 'buy' then m.quote_asset_id else m.base_asset_id end as asset_id,
        sum((o.quantity - o.reduced_quantity - o.filled_quantity) * case o.side when 'buy' then o.price else 1 end) as implied
    from exchange.orders o
    join exchange.markets m on m.market_id = o.market_id
    where o.state = 'open'
    group by 1, 2
) h using (account_id, asset_id)
where coalesce(b.held, 0) <> coalesce(h.implied, 0);
comment on view checks.holds_equal_open_orders is 'Holds that are not what the account''s open orders imply: price times remaining quantity in quote for buys, remaining quantity in base for sells.';
