create function chain.amount_of_atoms(atoms text, scale integer) returns numeric
language sql immutable set search_path = pg_catalog, pg_temp as $$
    -- Written with its exponent, because a division rounds.
    select (amount_of_atoms.atoms || 'e-' || amount_of_atoms.scale)::numeric
$$;
comment on function chain.amount_of_atoms(text, integer) is 'The amount of a whole number of the smallest unit, exactly.';
