create function chain.read_blocks(
    network_id integer, heights bigint[], hashes bytea[], parent_hashes bytea[], mined_at_s bigint[],
    block_numbers integer[], txids bytea[], positions text[], scripts bytea[], contracts bytea[], atoms numeric[],
    from_addresses text[],
    spend_numbers integer[], spending_txids bytea[], spent_txids bytea[], spent_indexes integer[])
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    watched chain.networks;
    tip chain.blocks;
    came bigint[];
begin
    -- One watcher after the other: the second finds that its blocks no longer follow the tip.
    select * into strict watched from chain.networks n where n.network_id = read_blocks.network_id for no key update;
    select * into tip from chain.blocks b where b.network_id = watched.network_id and b.is_active order by b.height desc limit 1;
    if tip.height is null then
        if read_blocks.heights[1] <> watched.first_height then
            return false;
        end if;
    elsif (read_blocks.heights[1], read_blocks.parent_hashes[1]) is distinct from (tip.height + 1, tip.hash) then
        return false;
    end if;
    -- A block of a fork may become active again.
    insert into chain.blocks as b (network_id, height, hash, parent_hash, mined_at)
    select watched.network_id, n.height, n.hash, n.parent_hash, to_timestamp(n.mined_at_s)
    from unnest(read_blocks.heights, read_blocks.hashes, read_blocks.parent_hashes, read_blocks.mined_at_s)
        as n (height, hash, parent_hash, mined_at_s)
    on conflict (network_id, hash) do update set is_active = true;

    came := chain.book_transfers(
        watched.network_id, read_blocks.heights, read_blocks.hashes, read_blocks.block_numbers, read_blocks.txids,
        read_blocks.positions, read_blocks.scripts, read_blocks.contracts, read_blocks.atoms, read_blocks.from_addresses);
    update chain.outputs o
    set spent_txid = s.spending_txid, spent_height = read_blocks.heights[s.block_number]
    from unnest(read_blocks.spend_numbers, read_blocks.spending_txids, read_blocks.spent_txids, read_blocks.spent_indexes)
        as s (block_number, spending_txid, txid, output_index)
    where o.network_id = watched.network_id and o.txid = s.txid and o.output_index = s.output_index;

    perform chain.tell_deposits(array(
        select d.deposit_id from exchange.deposits d
        where d.network_id = watched.network_id and d.state = 'pending'
        union
        select unnest(came)));
    -- No stream has this number: payments look whether theirs were mined.
    perform pg_notify('exchange_events', '10921');
    return true;
end $$;
comment on function chain.read_blocks(integer, bigint[], bytea[], bytea[], bigint[], integer[], bytea[], text[], bytea[], bytea[], numeric[], text[], integer[], bytea[], bytea[], integer[]) is 'Takes blocks that follow the highest active one, or each other, with all that moved in them: numbers count the blocks from 1, contracts are null for the network''s own coin, spends are what Bitcoin''s inputs use up. False, and nothing is changed, where the first does not follow: another watcher was here, or there is a fork.';
