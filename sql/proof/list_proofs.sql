create function proof.list_proofs(before bigint default null, limit_proofs integer default 20)
returns table (proof_id bigint, taken_at timestamptz, roots jsonb, statements jsonb)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select p.proof_id, p.taken_at, r.roots, coalesce(s.statements, '[]')
    from proof.proofs p
    cross join lateral (
        select jsonb_agg(jsonb_build_object(
            'asset', a.symbol, 'scale', a.scale, 'root', encode(r.root, 'hex'), 'sum', r.sum::text, 'leaves', r.leaves,
            'house_amount', r.house_amount::text) order by r.asset_id) as roots
        from proof.roots r
        join exchange.assets a on a.asset_id = r.asset_id
        where r.proof_id = p.proof_id
    ) r
    cross join lateral (
        select jsonb_agg(jsonb_build_object(
            'network', n.name, 'family', n.family, 'chain', n.chain, 'block_height', s.block_height,
            'block_hash', encode(s.block_hash, 'hex'), 'message', s.message,
            'reserves', (
                select coalesce(jsonb_agg(jsonb_build_object(
                    'holder', v.holder, 'address', v.address, 'descriptor', v.descriptor, 'asset', a.symbol, 'amount', v.amount::text)
                    order by v.asset_id, v.holder), '[]')
                from proof.reserves v
                join exchange.assets a on a.asset_id = v.asset_id
                where v.proof_id = s.proof_id and v.network_id = s.network_id),
            'signatures', (
                select coalesce(jsonb_agg(jsonb_build_object(
                    'holder', g.holder, 'public_key', encode(g.public_key, 'hex'), 'signature', encode(g.signature, 'hex'))
                    order by g.holder, g.signer, g.public_key), '[]')
                from proof.signatures g
                where g.proof_id = s.proof_id and g.network_id = s.network_id)) order by s.network_id) as statements
        from proof.statements s
        join chain.networks n on n.network_id = s.network_id
        where s.proof_id = p.proof_id
    ) s
    where list_proofs.before is null or p.proof_id < list_proofs.before
    order by p.proof_id desc
    limit least(greatest(coalesce(limit_proofs, 20), 1), 101)
$$;
comment on function proof.list_proofs(bigint, integer) is 'Proofs, the newest first, at most 101: what is owed of each asset with its root, and what was held on each network with signatures of the wallets'' keys. Public.';
