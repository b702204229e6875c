create view checks.deposits_have_outputs as
select d.deposit_id, d.amount, o.amount as output_amount
from exchange.deposits d
left join chain.outputs o on o.network_id = d.network_id and o.txid = d.txid
    and 'output:' || o.output_index = d.position
where d.position like 'output:%' and d.block_hash is not null
    and (o.address_id, o.amount, o.block_hash) is distinct from (d.address_id, d.amount, d.block_hash);
comment on view checks.deposits_have_outputs is 'Deposits of Bitcoin''s kind in a block whose output is unknown or is another one.';
