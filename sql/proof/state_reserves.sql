create function proof.state_reserves(
    proof_id bigint, network_id integer, block_height bigint, block_hash bytea, asset_ids integer[], holders text[], amounts numeric[])
returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    stated text;
begin
    select format('Proof of reserves %s', p.proof_id) || E'\n'
        || format('Balances of %s', to_char(p.taken_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) || E'\n'
        || format('Network %s (%s %s), block %s %s', n.name, n.family, n.chain, state_reserves.block_height, encode(state_reserves.block_hash, 'hex')) || E'\n'
        || (select string_agg(format('Owed %s %s, root %s', a.symbol, r.sum, encode(r.root, 'hex')), E'\n' order by a.asset_id)
            from proof.roots r
            join exchange.assets a on a.asset_id = r.asset_id
            where r.proof_id = p.proof_id and exists (
                select from chain.coins c where c.asset_id = r.asset_id and c.network_id = n.network_id)) || E'\n'
        || (select string_agg(
                format('Held %s %s, %s', a.symbol, h.amount, coalesce(h.holder || ' ' || w.address, 'deposit addresses')),
                E'\n' order by a.asset_id, h.holder)
            from unnest(state_reserves.asset_ids, state_reserves.holders, state_reserves.amounts) as h (asset_id, holder, amount)
            join exchange.assets a on a.asset_id = h.asset_id
            left join chain.wallets w on w.network_id = n.network_id and w.role = h.holder)
    into stated
    from proof.proofs p
    join chain.networks n on n.network_id = state_reserves.network_id
    where p.proof_id = state_reserves.proof_id;
    insert into proof.statements (proof_id, network_id, block_height, block_hash, message)
    values (state_reserves.proof_id, state_reserves.network_id, state_reserves.block_height, state_reserves.block_hash, stated);
    insert into proof.reserves (proof_id, network_id, asset_id, holder, address, descriptor, amount)
    select state_reserves.proof_id, state_reserves.network_id, h.asset_id, h.holder, w.address, w.descriptor, h.amount
    from unnest(state_reserves.asset_ids, state_reserves.holders, state_reserves.amounts) as h (asset_id, holder, amount)
    left join chain.wallets w on w.network_id = state_reserves.network_id and w.role = h.holder;
    return stated;
end $$;
comment on function proof.state_reserves(bigint, integer, bigint, bytea, integer[], text[], numeric[]) is 'Adds to a proof what a node said at a block that our wallets and deposit addresses hold, and the text that the wallets'' keys sign; returns that text.';
