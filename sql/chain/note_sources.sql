create function chain.note_sources(network_id integer, txids bytea[], source_txids bytea[], addresses text[]) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    noted integer;
begin
    -- As everything of a watcher: deposits are locked after their network.
    perform from chain.networks n where n.network_id = note_sources.network_id for no key update;
    insert into exchange.deposit_sources (network_id, txid, address)
    select distinct note_sources.network_id, s.txid, s.address
    from unnest(note_sources.source_txids, note_sources.addresses) as s (txid, address)
    on conflict do nothing;
    update exchange.deposits d
    set are_sources_known = true,
        -- Shown where the transaction itself does not say it.
        from_address = coalesce(d.from_address, (
            select min(s.address) from exchange.deposit_sources s where s.network_id = d.network_id and s.txid = d.txid))
    where d.network_id = note_sources.network_id and d.txid = any (note_sources.txids) and not d.are_sources_known;
    get diagnostics noted = row_count;
    return noted;
end $$;
comment on function chain.note_sources(integer, bytea[], bytea[], text[]) is 'Says of these transactions where all of what they spend comes from, a pair of transaction and address each: their deposits can be judged. Gives how many deposits. For the watcher.';
