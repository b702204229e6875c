create function risk.network_of(address text) returns inet
language sql immutable strict set search_path = pg_catalog, pg_temp as $$
    select case when family(a) = 6 then network(set_masklen(a, 64))::inet else a end
    from (select host(network_of.address::inet)::inet as a) given
$$;
comment on function risk.network_of(text) is 'Whom an address counts for: itself, or the /64 of an IPv6 address, because one subscriber has that many.';
