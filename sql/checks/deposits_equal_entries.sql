create view checks.deposits_equal_entries as
select d.deposit_id, d.state, d.amount, coalesce(e.total, 0) as entries, coalesce(e.accounts, 0) as accounts
from exchange.deposits d
left join (
    select e.deposit_id, sum(e.amount) as total, count(distinct (e.account_id, e.asset_id)) as accounts,
        min(e.account_id) as account_id, min(e.asset_id) as asset_id
    from exchange.deposit_entries e
    group by e.deposit_id
) e on e.deposit_id = d.deposit_id
where coalesce(e.total, 0) <> case when d.state = 'credited' then d.amount else 0 end
    or (d.state = 'credited' and (e.accounts, e.account_id, e.asset_id) is distinct from (1::bigint, d.account_id, d.asset_id));
comment on view checks.deposits_equal_entries is 'Deposits whose facts do not sum to their amount while they are credited, to the account and asset that they name, or to zero while they are not.';
