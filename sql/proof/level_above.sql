create function proof.level_above(nodes bytea, atoms numeric[], out nodes_above bytea, out atoms_above numeric[])
language sql immutable set search_path = pg_catalog, pg_temp as $$
    -- A node is 48 bytes: its hash, then its sum. A missing neighbour is 48 zero bytes.
    select string_agg(sha256('\x01'::bytea || p.pair) || proof.atom_bytes(p.sum), ''::bytea order by p.number),
        array_agg(p.sum order by p.number)
    from (
        select n as number, substr(nodes || decode(repeat('00', 48), 'hex'), n * 96 + 1, 96) as pair,
            atoms[2 * n + 1] + coalesce(atoms[2 * n + 2], 0) as sum
        from generate_series(0, (cardinality(atoms) - 1) / 2) n
    ) p
$$;
comment on function proof.level_above(bytea, numeric[]) is 'The nodes above those of one level of a tree: node = sha256(0x01, left hash, left sum, right hash, right sum).';
