create view checks.assets_sum_to_zero as
select asset_id, ledger_sum, balances_sum, outside_sum
from (
    select l.asset_id, sum(l.amount) as ledger_sum,
        - coalesce(sum(l.amount) filter (where not exchange.has_balance(a.role)), 0) as outside_sum
    from exchange.ledger l
    left join exchange.accounts a on a.account_id = l.account_id
    group by l.asset_id
) l
full join (
    select b.asset_id, sum(b.available + b.held) as balances_sum from exchange.balances b group by b.asset_id
) b using (asset_id)
where coalesce(ledger_sum, 0) <> 0 or coalesce(balances_sum, 0) <> coalesce(outside_sum, 0);
comment on view checks.assets_sum_to_zero is 'Assets whose ledger does not sum to zero, or whose balances together are not what the sides without balances say.';
