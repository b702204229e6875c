create function chain.pause_sweep(address_id bigint, asset_id integer, reason text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    first_pause constant interval := '10 minutes';
    most_failures constant integer := 5;
    paused chain.sweep_pauses;
begin
    insert into chain.sweep_pauses as u (address_id, asset_id, failures, retry_at, words)
    values (pause_sweep.address_id, pause_sweep.asset_id, 1, clock_timestamp() + first_pause, left(pause_sweep.reason, 500))
    on conflict (address_id, asset_id) do update
        set failures = u.failures + 1, words = excluded.words, changed_at = clock_timestamp(),
            retry_at = case when u.failures + 1 < most_failures then clock_timestamp() + first_pause * power(2, u.failures) end
        -- Two sweepers at once have failed once.
        where u.retry_at <= clock_timestamp()
    returning * into paused;
    if not found or paused.retry_at is not null then
        return false;
    end if;
    perform exchange.append_event('finance', jsonb_build_object(
        'change', 'sweep_stopped', 'address_id', pause_sweep.address_id::text, 'asset', a.symbol, 'words', paused.words))
    from exchange.assets a where a.asset_id = pause_sweep.asset_id;
    return true;
end $$;
comment on function chain.pause_sweep(bigint, integer, text) is 'A coin of a deposit address cannot be gathered now: it waits ten minutes, twice as long each time, and after the fifth time for a person, who is told. True where it stopped. For the sweeper.';
