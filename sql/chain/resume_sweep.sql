create function chain.resume_sweep(address_id bigint, asset text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    delete from chain.sweep_pauses u using exchange.assets a
    where u.address_id = resume_sweep.address_id and a.asset_id = u.asset_id and a.symbol = resume_sweep.asset;
    return found;
end $$;
comment on function chain.resume_sweep(bigint, text) is 'What could not be gathered from a deposit address is tried again at the next look; false where nothing paused. The operator''s alone.';
