create function chain.book_transfers(
    network_id integer, heights bigint[], hashes bytea[], block_numbers integer[], txids bytea[], positions text[],
    scripts bytea[], contracts bytea[], atoms numeric[], from_addresses text[])
returns bigint[]
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    -- Once, not once a row.
    external constant bigint := exchange.house_account('external');
    capital constant bigint := exchange.house_account('capital');
    came bigint[];
begin
    if coalesce(cardinality(book_transfers.txids), 0) = 0 then
        return '{}';
    end if;
    with matched as materialized (
        select m.*, book_transfers.hashes[m.block_number] as block_hash, book_transfers.heights[m.block_number] as block_height
        from chain.match_transfers(
            book_transfers.network_id, book_transfers.block_numbers, book_transfers.txids, book_transfers.positions,
            book_transfers.scripts, book_transfers.contracts, book_transfers.atoms, book_transfers.from_addresses) m
    ), outputs as (
        insert into chain.outputs as o (network_id, txid, output_index, amount, address_id, wallet_id, block_hash, block_height)
        select book_transfers.network_id, m.txid, substr(m."position", 8)::integer, m.amount, m.address_id,
            case when m.address_id is null then m.wallet_id end, m.block_hash, m.block_height
        from matched m
        where m."position" like 'output:%'
        on conflict (network_id, txid, output_index) do update
            set block_hash = excluded.block_hash, block_height = excluded.block_height, lost_height = null
    ), reserves as (
        insert into exchange.reserve_entries (
            network_id, txid, position, asset_id, wallet_id, amount, block_height, capital_account_id, external_account_id)
        select book_transfers.network_id, m.txid, m."position", m.asset_id, m.wallet_id, m.amount, m.block_height,
            capital, external
        from matched m
        where m.wallet_id is not null and m.address_id is null and not m.is_ours
    ), booked as (
        -- What moved may differ from what was first seen: logs and calls of the same transaction do, in another block.
        insert into exchange.deposits as d (
            network_id, txid, position, asset_id, account_id, address_id, amount, from_address, block_hash, block_height,
            required_confirmations, state)
        select book_transfers.network_id, m.txid, m."position", m.asset_id, m.account_id, m.address_id, m.amount,
            m.from_address, m.block_hash, m.block_height, m.required_confirmations, m.state
        from matched m
        where m.address_id is not null and not m.is_ours
        on conflict (network_id, txid, position) do update
            set asset_id = excluded.asset_id, account_id = excluded.account_id, address_id = excluded.address_id,
                amount = excluded.amount, from_address = coalesce(excluded.from_address, d.from_address),
                block_hash = excluded.block_hash, block_height = excluded.block_height,
                required_confirmations = greatest(d.required_confirmations, excluded.required_confirmations),
                state = case when d.state in ('seen', 'orphaned') then excluded.state else d.state end,
                changed_at = now()
            where d.block_hash is null
        returning d.deposit_id
    )
    select array_agg(b.deposit_id order by b.deposit_id) into came from booked b;
    return came;
end $$;
comment on function chain.book_transfers(integer, bigint[], bytea[], integer[], bytea[], text[], bytea[], bytea[], numeric[], text[]) is 'Books what blocks brought: outputs, deposits, what came into the house''s wallets from outside. Gives the deposits. For chain.read_blocks.';
