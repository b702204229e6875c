create function risk.place_of(address text, out country text, out latitude numeric, out longitude numeric)
returns setof record
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select n.country, n.latitude, n.longitude
    from risk.networks n
    where n.network >>= place_of.address::inet
    order by masklen(n.network) desc
    limit 1
$$;
comment on function risk.place_of(text) is 'Where an address is, by the smallest network that holds it; no row where none does.';
