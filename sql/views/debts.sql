create view exchange.debts with (security_invoker = true) as
select e.account_id, e.asset_id, - sum(e.debt_amount) as owed
from exchange.deposit_entries e
where e.debt_amount <> 0
group by e.account_id, e.asset_id
having sum(e.debt_amount) <> 0;
comment on view exchange.debts is 'What accounts owe: credited deposits that vanished from their chain after the money was spent. Later deposits of the asset settle it first; until then nothing is withdrawn.';
