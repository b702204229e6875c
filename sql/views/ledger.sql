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
from exchange.transfers t
union all
select 'deposit', d.deposit_entry_id, 'deposit', d.account_id, d.asset_id, d.amount - d.debt_amount, d.occurred_at
from exchange.deposit_entries d
where d.amount <> d.debt_amount
union all
select 'deposit', d.deposit_entry_id, 'debt', d.debts_account_id, d.asset_id, d.debt_amount, d.occurred_at
from exchange.deposit_entries d
where d.debt_amount <> 0
union all
select 'deposit', d.deposit_entry_id, 'deposit', d.external_account_id, d.asset_id, - d.amount, d.occurred_at
from exchange.deposit_entries d
union all
select 'withdrawal', w.withdrawal_id, 'withdrawal', w.account_id, w.asset_id, - w.amount, w.ended_at
from exchange.withdrawals w
where w.state = 'confirmed'
union all
select 'withdrawal', w.withdrawal_id, 'fee', w.account_id, w.asset_id, - w.fee, w.ended_at
from exchange.withdrawals w
where w.state = 'confirmed' and w.fee <> 0
union all
select 'withdrawal', w.withdrawal_id, 'fee', w.fees_account_id, w.asset_id, w.fee, w.ended_at
from exchange.withdrawals w
where w.state = 'confirmed' and w.fee <> 0
union all
select 'withdrawal', w.withdrawal_id, 'fee', w.account_id, w.asset_id, - w.fee, w.ended_at
from exchange.withdrawals w
where w.is_fee_kept
union all
select 'withdrawal', w.withdrawal_id, 'fee', w.fees_account_id, w.asset_id, w.fee, w.ended_at
from exchange.withdrawals w
where w.is_fee_kept
union all
select 'withdrawal', w.withdrawal_id, 'withdrawal', w.external_account_id, w.asset_id, w.amount, w.ended_at
from exchange.withdrawals w
where w.state = 'confirmed' and w.internal_account_id is null
union all
select 'withdrawal', w.withdrawal_id, 'withdrawal', w.internal_account_id, w.asset_id, w.amount, w.ended_at
from exchange.withdrawals w
where w.state = 'confirmed' and w.internal_account_id is not null
union all
select 'network_cost', c.network_cost_id, 'cost', c.costs_account_id, c.asset_id, - c.amount, c.occurred_at
from exchange.network_costs c
union all
select 'network_cost', c.network_cost_id, 'cost', c.external_account_id, c.asset_id, c.amount, c.occurred_at
from exchange.network_costs c
union all
select 'reserve', r.reserve_entry_id, 'reserve', r.capital_account_id, r.asset_id, r.amount, r.occurred_at
from exchange.reserve_entries r
union all
select 'reserve', r.reserve_entry_id, 'reserve', r.external_account_id, r.asset_id, - r.amount, r.occurred_at
from exchange.reserve_entries r;
comment on view exchange.ledger is 'The double-entry ledger: one row a posting, over trades, adjustments, transfers, deposits, withdrawals, costs of networks and reserves of the house. The postings of a fact, and of an asset, sum to zero.';
