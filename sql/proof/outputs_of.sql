create function proof.outputs_of(network_id integer)
returns table (holder text, txid bytea, output_index integer, script bytea, amount numeric)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select coalesce(w.role, 'deposits'), o.txid, o.output_index, coalesce(w.script, a.script), o.amount
    from chain.outputs o
    left join chain.wallets w on w.wallet_id = o.wallet_id
    left join chain.addresses a on a.address_id = o.address_id
    where o.network_id = outputs_of.network_id and o.block_hash is not null and o.spent_height is null
$$;
comment on function proof.outputs_of(integer) is 'Bitcoin: our outputs that no block spends. A node is asked for each.';
