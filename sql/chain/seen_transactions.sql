create function chain.seen_transactions(network_id integer) returns setof bytea
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select distinct d.txid from exchange.deposits d
    where d.network_id = seen_transactions.network_id and d.state = 'seen'
$$;
comment on function chain.seen_transactions(integer) is 'Transactions of deposits that were last seen in the mempool.';
