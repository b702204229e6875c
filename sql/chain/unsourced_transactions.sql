create function chain.unsourced_transactions(network_id integer, most integer) returns table (txid bytea, block_hash bytea)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select distinct d.txid, d.block_hash
    from (
        select d.txid, d.block_hash from exchange.deposits d
        join chain.networks n on n.network_id = d.network_id and n.family = 'bitcoin'
        where d.network_id = unsourced_transactions.network_id and d.state = 'pending' and not d.are_sources_known
        order by d.deposit_id
        limit unsourced_transactions.most) d
$$;
comment on function chain.unsourced_transactions(integer, integer) is 'Bitcoin: transactions of pending deposits of which it is not known yet where they come from, the oldest first, and their blocks. For the watcher.';
