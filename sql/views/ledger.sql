-- The account is a plain column of each branch, so that a filter on it reaches each branch's index.
-- The fee account's trades are those of its market: a range of numbers on the primary key.
create view exchange.ledger with (security_invoker = true) as
select 'trade'::text as fact_kind, t.trade_id as fact_id, e.leg, t.maker_account_id as account_id, e.asset_id, e.amount,
    t.traded_at as occurred_at
from exchange.trades t
join exchange.markets m on m.market_id = t.market_id
cross join lateral (values
    ('base'::text, m.base_asset_id, case t.taker_side when 'buy' then - t.quantity else t.quantity end),
    ('quote', m.quote_asset_id, case t.taker_side when 'buy' then t.quote_amount else - t.quote_amount end),
    ('fee', case t.taker_side when 'buy' then m.quote_asset_id else m.base_asset_id end, - t.maker_fee)
) as e (leg, asset_id, amount)
where e.amount <> 0
union all
select 'trade', t.trade_id, e.leg, t.taker_account_id, e.asset_id, e.amount, t.traded_at
from exchange.trades t
join exchange.markets m on m.market_id = t.market_id
cross join lateral (values
    ('base'::text, m.base_asset_id, case t.taker_side when 'buy' then t.quantity else - t.quantity end),
    ('quote', m.quote_asset_id, case t.taker_side when 'buy' then - t.quote_amount else t.quote_amount end),
    ('fee', case t.taker_side when 'buy' then m.base_asset_id else m.quote_asset_id end, - t.taker_fee)
) as e (leg, asset_id, amount)
where e.amount <> 0
union all
select 'trade', t.trade_id, 'fee', m.fee_account_id, e.asset_id, e.amount, t.traded_at
from exchange.markets m
join exchange.trades t on t.market_id = m.market_id
    and t.trade_id between m.market_id * 100000000000000 and m.market_id * 100000000000000 + 99999999999999
cross join lateral (values
    (case t.taker_side when 'buy' then m.quote_asset_id else m.base_asset_id end, t.maker_fee),
    (case t.taker_side when 'buy' then m.base_asset_id else m.quote_asset_id end, t.taker_fee)
) as e (asset_id, amount)
where e.amount <> 0
union all
select 'adjustment', a.adjustment_id, 'adjustment', a.account_id, a.asset_id, a.amount, a.adjusted_at
from exchange.adjustments a
union all
select 'adjustment', a.adjustment_id, 'adjustment', a.counter_account_id, a.asset_id, - a.amount, a.adjusted_at
from exchange.adjustments a
union all
select 'transfer', t.transfer_id, 'transfer', t.from_account_id, t.asset_id, - t.amount, t.transferred_at
from exchange.transfers t
union all
select 'transfer', t.transfer_id, 'transfer', t.to_account_id, t.asset_id, t.amount, t.transferred_at
from exchange.transfers t;
comment on view exchange.ledger is 'The double-entry ledger: one row a posting, over trades, adjustments and transfers. The postings of a fact, and of an asset, sum to zero.';
