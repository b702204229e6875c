create view checks.debts_not_negative as
select e.account_id, e.asset_id, sum(e.debt_amount) as overpaid
from exchange.deposit_entries e
where e.debt_amount <> 0
group by e.account_id, e.asset_id
having sum(e.debt_amount) > 0;
comment on view checks.debts_not_negative is 'Accounts that have settled more than they owed.';
