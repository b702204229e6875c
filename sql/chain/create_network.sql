create function chain.create_network(
    network_id integer, name text, family text, chain text, first_height bigint default 0)
returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    if exists (select from chain.networks n
        where n.network_id = create_network.network_id or n.name = create_network.name) then
        perform exchange.reject('NETWORK_EXISTS', format(
            'network %s or %s exists', create_network.network_id, create_network.name));
    end if;
    insert into chain.networks (network_id, name, family, chain, first_height)
    values (create_network.network_id, create_network.name, create_network.family, create_network.chain,
        create_network.first_height);
    return create_network.network_id;
end $$;
comment on function chain.create_network(integer, text, text, text, bigint) is 'Lists a chain under the operator''s number. Its genesis block is learned from the first node that a worker asks. Rejects: NETWORK_EXISTS; a rule of the table that does not hold is a check violation that names it.';
