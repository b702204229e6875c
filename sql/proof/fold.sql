create function proof.fold(nodes bytea, atoms numeric[], levels integer, out hash bytea, out sum_atoms numeric)
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
    above record;
begin
    for level in 1 .. levels loop
        select * into above from proof.level_above(nodes, atoms);
        nodes := above.nodes_above;
        atoms := above.atoms_above;
    end loop;
    hash := substr(nodes, 1, 32);
    sum_atoms := atoms[1];
end $$;
comment on function proof.fold(bytea, numeric[], integer) is 'The first node so many levels above these: the root where the levels are all there are.';
