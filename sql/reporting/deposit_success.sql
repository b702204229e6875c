create view reporting.deposit_success as
select (d.seen_at at time zone 'UTC')::date as day, n.name as network, a.symbol as asset, count(*) as seen,
    count(*) filter (where d.state = 'credited') as credited,
    count(*) filter (where d.state in ('seen', 'pending')) as under_way,
    count(*) filter (where d.state in ('suspicious', 'refunding', 'refunded')) as stopped,
    count(*) filter (where d.state = 'orphaned') as orphaned,
    count(*) filter (where d.state = 'below_minimum') as below_minimum,
    coalesce(sum(d.amount) filter (where d.state = 'credited'), 0) as credited_amount,
    round(count(*) filter (where d.state = 'credited')::numeric
        / nullif(count(*) filter (where d.state in ('credited', 'suspicious', 'refunding', 'refunded')), 0), 6) as success_rate,
    percentile_cont(0.5) within group (order by d.credited_at - d.seen_at) filter (where d.state = 'credited') as median_duration,
    max(d.credited_at - d.seen_at) filter (where d.state = 'credited') as longest_duration
from exchange.deposits d
join exchange.assets a on a.asset_id = d.asset_id
join chain.networks n on n.network_id = d.network_id
group by 1, 2, 3;
comment on view reporting.deposit_success is 'Deposits by the UTC day on which they were first seen, network and asset: how they stand, which part of those that had their confirmations was credited (success_rate), and how long that took.';
