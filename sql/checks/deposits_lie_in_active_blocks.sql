create view checks.deposits_lie_in_active_blocks as
select 'deposits' as table_name, d.deposit_id::text as row_id, d.network_id, d.block_height
from exchange.deposits d
left join chain.blocks b on b.network_id = d.network_id and b.hash = d.block_hash
where d.block_hash is not null and (b.is_active, b.height) is distinct from (true, d.block_height)
union all
select 'outputs', encode(o.txid, 'hex') || ':' || o.output_index, o.network_id, o.block_height
from chain.outputs o
left join chain.blocks b on b.network_id = o.network_id and b.hash = o.block_hash
where o.block_hash is not null and (b.is_active, b.height) is distinct from (true, o.block_height);
comment on view checks.deposits_lie_in_active_blocks is 'Deposits and outputs that name a block which is not in the active chain at that height. Every credited deposit names one.';
