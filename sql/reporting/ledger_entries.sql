create view reporting.ledger_entries as
select l.occurred_at, l.fact_kind, l.fact_id, l.leg, l.account_id, a.role, a.email, s.symbol as asset, l.amount
from exchange.ledger l
join exchange.accounts a on a.account_id = l.account_id
join exchange.assets s on s.asset_id = l.asset_id;
comment on view reporting.ledger_entries is 'The ledger with names. For one account with its running balance: exchange.account_statement.';
