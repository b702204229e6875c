create view checks.balances_equal_ledger as
select account_id, asset_id, b.available + b.held as balance, l.total as ledger
from exchange.balances b
full join (
    select e.account_id, e.asset_id, sum(e.amount) as total
    from exchange.ledger e
    where not exists (select from exchange.accounts a where a.account_id = e.account_id and not exchange.has_balance(a.role))
    group by e.account_id, e.asset_id
) l using (account_id, asset_id)
where coalesce(b.available + b.held, 0) <> coalesce(l.total, 0);
comment on view checks.balances_equal_ledger is 'Balances that are not the sum of their ledger entries.';
