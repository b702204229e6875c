create function chain.atoms(amount numeric, scale integer) returns text
language sql immutable set search_path = pg_catalog, pg_temp as $$
    select trunc(atoms.amount * power(10::numeric, atoms.scale))::text
$$;
comment on function chain.atoms(numeric, integer) is 'An amount as a whole number of the smallest unit, in digits.';
