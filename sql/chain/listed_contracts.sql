create function chain.listed_contracts(network_id integer) returns setof bytea
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select c.contract from chain.coins c where c.network_id = listed_contracts.network_id and c.contract is not null
$$;
comment on function chain.listed_contracts(integer) is 'The contracts of a network whose logs count.';
