create function chain.see_transfers(
    network_id integer, txids bytea[], positions text[], scripts bytea[], contracts bytea[], atoms numeric[],
    from_addresses text[])
returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    came bigint[];
begin
    perform from chain.networks n where n.network_id = see_transfers.network_id for no key update;
    with matched as materialized (
        select m.* from chain.match_transfers(
            see_transfers.network_id, array_fill(1, array[cardinality(see_transfers.txids)]), see_transfers.txids,
            see_transfers.positions, see_transfers.scripts, see_transfers.contracts, see_transfers.atoms,
            see_transfers.from_addresses) m
        where m.address_id is not null and not m.is_ours
    ), seen as (
        insert into exchange.deposits as d (
            network_id, txid, position, asset_id, account_id, address_id, amount, from_address, required_confirmations, state)
        select see_transfers.network_id, m.txid, m."position", m.asset_id, m.account_id, m.address_id, m.amount,
            m.from_address, m.required_confirmations, 'seen'
        from matched m
        on conflict (network_id, txid, position) do update set state = 'seen', changed_at = now() where d.state = 'orphaned'
        returning d.deposit_id
    )
    select array_agg(s.deposit_id order by s.deposit_id) into came from seen s;
    perform chain.tell_deposits(came);
    return coalesce(cardinality(came), 0);
end $$;
comment on function chain.see_transfers(integer, bytea[], text[], bytea[], bytea[], numeric[], text[]) is 'Takes what waits in the mempool, as chain.read_blocks takes what was mined: for display, nothing is credited by it. Gives how many deposits are seen for the first time, or again.';
