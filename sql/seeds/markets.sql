-- What a new exchange begins with. Repeatable: what exists is left as it is.

insert into exchange.assets (asset_id, symbol, scale)
values (1, 'BTC', 8), (2, 'ETH', 18), (3, 'USDT', 6)
on conflict do nothing;

insert into exchange.fee_tiers (fee_tier_id, name, maker_rate, taker_rate)
values (1, 'standard', 0.001, 0.002)
on conflict do nothing;

insert into exchange.accounts (role)
select 'external'
where not exists (select from exchange.accounts where role = 'external');

select exchange.create_market(
    w.market_id, w.base_asset, w.quote_asset, w.tick, w.lot, w.min_quantity, w.max_quantity, w.min_notional, 0.5, w.reference_price)
from (values
    (1, 'BTC', 'USDT', 0.01, 0.0001, 0.0001, 1000, 5, 60000),
    (2, 'ETH', 'USDT', 0.01, 0.0001, 0.0001, 10000, 5, 3000),
    (3, 'ETH', 'BTC', 0.00001, 0.001, 0.001, 10000, 0.0001, 0.05)
) as w (market_id, base_asset, quote_asset, tick, lot, min_quantity, max_quantity, min_notional, reference_price)
where not exists (select from exchange.markets m where m.market_id = w.market_id);
