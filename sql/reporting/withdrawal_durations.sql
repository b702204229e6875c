create view reporting.withdrawal_durations as
with timed as (
    select w.withdrawal_id, w.requested_at, w.approved_at, n.name as network, a.symbol as asset, w.state,
        w.internal_account_id is not null as is_internal, w.required_reviews > 0 or w.is_risk_held as is_reviewed,
        sent.broadcast_at, case when w.state = 'confirmed' then w.ended_at end as confirmed_at
    from exchange.withdrawals w
    join exchange.assets a on a.asset_id = w.asset_id
    join chain.networks n on n.network_id = w.network_id
    left join lateral (
        select min(t.broadcast_at) as broadcast_at from chain.attempts t where t.payment_id = w.payment_id) sent on true
)
select (t.requested_at at time zone 'UTC')::date as day, t.network, t.asset, t.is_internal, t.is_reviewed, count(*) as requested,
    count(t.confirmed_at) as confirmed,
    count(*) filter (where t.state in ('rejected', 'cancelled', 'failed')) as refunded,
    percentile_cont(0.5) within group (order by t.approved_at - t.requested_at) as median_to_approval,
    percentile_cont(0.5) within group (order by t.broadcast_at - t.approved_at) as median_to_broadcast,
    percentile_cont(0.99) within group (order by t.broadcast_at - t.approved_at) as p99_to_broadcast,
    percentile_cont(0.5) within group (order by t.confirmed_at - t.requested_at) as median_to_confirmation,
    percentile_cont(0.99) within group (order by t.confirmed_at - t.requested_at) as p99_to_confirmation,
    count(*) filter (where t.confirmed_at - t.requested_at >= interval '30 minutes') as slow
from timed t
group by 1, 2, 3, 4, 5;
comment on view reporting.withdrawal_durations is 'Withdrawals by the UTC day of their request, network, asset, whether they stayed inside, and whether somebody had to look: from request to approval, from approval to broadcast, from request to confirmation; slow: confirmed after half an hour or more.';
