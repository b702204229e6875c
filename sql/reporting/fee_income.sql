create view reporting.fee_income as
select (l.occurred_at at time zone 'UTC')::date as day, m.symbol as market, a.symbol as asset, sum(l.amount) as income
from exchange.ledger l
join exchange.markets m on m.fee_account_id = l.account_id
join exchange.assets a on a.asset_id = l.asset_id
where l.fact_kind = 'trade' and l.leg = 'fee' and l.amount > 0
group by 1, 2, 3;
comment on view reporting.fee_income is 'What each market earned in fees by UTC day and asset.';
