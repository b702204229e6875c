create view checks.fact_totals_equal_facts as
with facts (network_id, asset_id, term, amount) as (
    select d.network_id, e.asset_id, 'credited', sum(e.amount)
    from exchange.deposit_entries e
    join exchange.deposits d on d.deposit_id = e.deposit_id
    group by d.network_id, e.asset_id
    union all
    select d.network_id, d.asset_id, 'not_credited', sum(d.amount)
    from exchange.deposits d
    where d.block_hash is not null and d.state <> 'credited'
    group by d.network_id, d.asset_id
    union all
    select r.network_id, r.asset_id, 'reserves', sum(r.amount)
    from exchange.reserve_entries r
    group by r.network_id, r.asset_id
    union all
    select w.network_id, w.asset_id, 'withdrawn', - sum(w.amount)
    from exchange.withdrawals w
    where w.state = 'confirmed' and w.internal_account_id is null
    group by w.network_id, w.asset_id
    union all
    select t.network_id, c.asset_id, 'costs', - sum(c.amount)
    from exchange.network_costs c
    join chain.attempts t on t.attempt_id = c.attempt_id
    group by t.network_id, c.asset_id
), counted as (
    select c.network_id, c.asset_id, c.term, sum(c.amount) as amount
    from (
        select t.network_id, t.asset_id, t.term, t.amount from proof.fact_totals t
        union all
        select f.network_id, f.asset_id, f.term, f.amount from proof.fact_changes f) c
    group by c.network_id, c.asset_id, c.term
)
select network_id, asset_id, term, coalesce(c.amount, 0) as counted, coalesce(f.amount, 0) as facts, null::bigint as payment_id
from counted c
full join facts f using (network_id, asset_id, term)
where coalesce(c.amount, 0) <> coalesce(f.amount, 0)
union all
select p.network_id, p.asset_id, 'payments', null, null, p.payment_id
from chain.payments p
where p.is_even and exists (select from proof.uneven_attempts(p) u);
comment on view checks.fact_totals_equal_facts is 'Sums of the comparison of chains and books that are not what all their facts add up to, and payments that it leaves out though they have something to add.';
