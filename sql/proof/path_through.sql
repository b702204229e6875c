create function proof.path_through(nodes bytea, atoms numeric[], place integer, levels integer) returns jsonb
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
    path jsonb := '[]';
    neighbour integer;
    above record;
begin
    for level in 1 .. levels loop
        neighbour := place # 1;
        path := path || jsonb_build_object(
            'side', case when neighbour < place then 'left' else 'right' end,
            'hash', encode(case
                when neighbour < cardinality(atoms) then substr(nodes, neighbour * 48 + 1, 32)
                else decode(repeat('00', 32), 'hex')
            end, 'hex'),
            'sum', coalesce(atoms[neighbour + 1], 0)::text);
        select * into above from proof.level_above(nodes, atoms);
        nodes := above.nodes_above;
        atoms := above.atoms_above;
        place := place / 2;
    end loop;
    return path;
end $$;
comment on function proof.path_through(bytea, numeric[], integer, integer) is 'The neighbours on the way from a node, counted from 0, so many levels up, with their sums in atoms.';
