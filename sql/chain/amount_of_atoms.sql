create function chain.amount_of_atoms(atoms text, scale integer) returns numeric
language sql immutable set search_path = pg_catalog, pg_temp as $$
    select round(amount_of_atoms.atoms::numeric / power(10::numeric, amount_of_atoms.scale), amount_of_atoms.scale)
$$;
comment on function chain.amount_of_atoms(text, integer) is 'The amount of a whole number of the smallest unit.';
