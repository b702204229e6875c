create view checks.blocks_are_one_chain as
select b.network_id, b.height, b.hash, b.parent_hash, below.hash as hash_below
from (
    select b.*, min(b.height) over (partition by b.network_id) as lowest from chain.blocks b where b.is_active) b
left join chain.blocks below on below.network_id = b.network_id and below.height = b.height - 1 and below.is_active
where b.height > b.lowest and below.hash is distinct from b.parent_hash;
comment on view checks.blocks_are_one_chain is 'Active blocks whose parent is not the active block below them.';
