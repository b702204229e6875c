create view checks.coins_are_compared as
select n.name as network, a.symbol as asset, r.compared_at
from chain.coins c
join chain.networks n on n.network_id = c.network_id
join exchange.assets a on a.asset_id = c.asset_id
left join lateral (
    select r.compared_at from proof.reconciliations r
    where r.network_id = c.network_id and r.asset_id = c.asset_id
    order by r.reconciliation_id desc
    limit 1
) r on true
where coalesce(r.compared_at, '-infinity') < now() - interval '15 minutes'
    and exists (select from chain.wallets w where w.network_id = c.network_id and w.created_at < now() - interval '15 minutes');
comment on view checks.coins_are_compared is 'Coins of networks with wallets that were not compared with their chain for a quarter of an hour.';
