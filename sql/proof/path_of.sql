create function proof.path_of(account_id bigint, proof_id bigint, asset text)
returns table (
    found_proof_id bigint, taken_at timestamptz, scale integer, root bytea, sum_atoms text, salt bytea, atoms text, path jsonb)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    asked record;
    own proof.pages;
    own_salt bytea;
    place integer;
    nodes bytea;
    found_path jsonb;
begin
    -- The API may ask for the account that it acts for, whatever number it passes.
    if path_of.account_id is distinct from nullif(current_setting('exchange.account_id', true), '')::bigint then
        raise exception 'another account''s leaf' using errcode = 'insufficient_privilege';
    end if;
    perform from exchange.assets a where a.symbol = path_of.asset;
    if not found then
        perform exchange.reject('UNKNOWN_ASSET', format('no asset %s', coalesce(path_of.asset, 'null')));
    end if;
    select p.proof_id, p.taken_at, a.asset_id, a.scale, r.root, r.leaves, r.secret, r.sum into asked
    from proof.proofs p
    join proof.roots r on r.proof_id = p.proof_id
    join exchange.assets a on a.asset_id = r.asset_id and a.symbol = path_of.asset
    where path_of.proof_id is null or p.proof_id = path_of.proof_id
    order by p.proof_id desc
    limit 1;
    if not found or (asked.leaves > 0 and not exists (
        select from proof.pages g where g.proof_id = asked.proof_id and g.asset_id = asked.asset_id)) then
        perform exchange.reject('PROOF_NOT_FOUND', 'there is no such proof, or its leaves are not kept any more');
    end if;

    own_salt := proof.salt_of(asked.secret, path_of.account_id);
    select g.* into own
    from proof.pages g
    where g.proof_id = asked.proof_id and g.asset_id = asked.asset_id and g.first_salt <= own_salt
    order by g.first_salt desc
    limit 1;
    place := array_position(own.account_ids, path_of.account_id) - 1;
    if place is null then
        perform exchange.reject('LEAF_NOT_FOUND', 'the account was owed nothing of this asset');
    end if;

    select string_agg(
        sha256('\x00'::bytea || proof.salt_of(asked.secret, l.account_id) || int8send(l.account_id) || proof.atom_bytes(l.atoms))
            || proof.atom_bytes(l.atoms), ''::bytea order by l.number)
    into nodes
    from unnest(own.account_ids, own.atoms) with ordinality as l (account_id, atoms, number);
    found_path := proof.path_through(nodes, own.atoms, place, case when asked.leaves > 1024 then 10 else proof.depth_of(asked.leaves) end);
    select found_path || proof.path_through(
        string_agg(g.hash || proof.atom_bytes(g.sum_atoms), ''::bytea order by g.page), array_agg(g.sum_atoms order by g.page), own.page,
        proof.depth_of(count(*)))
    into found_path
    from proof.pages g
    where g.proof_id = asked.proof_id and g.asset_id = asked.asset_id;
    return query select asked.proof_id, asked.taken_at, asked.scale::integer, asked.root,
        trunc(asked.sum * ('1e' || asked.scale)::numeric)::text, own_salt, own.atoms[place + 1]::text, found_path;
end $$;
comment on function proof.path_of(bigint, bigint, text) is 'An account''s leaf in a proof (null: the newest) and the path from it to the root, sums in atoms. Only for the account that is acted for. Rejects: UNKNOWN_ASSET, PROOF_NOT_FOUND, LEAF_NOT_FOUND.';
