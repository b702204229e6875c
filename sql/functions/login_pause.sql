create function exchange.login_pause(subject text, failures integer) returns interval
language plpgsql immutable set search_path = pg_catalog, pg_temp as $$
declare
    -- Attempts without a pause. Behind one address there may be many people.
    free_attempts constant integer := case when starts_with(subject, 'network:') then 100 else 5 end;
    -- The pause after the last free attempt; each further one doubles it.
    first_pause constant interval := '1 second';
    longest_pause constant interval := '15 minutes';
begin
    return exchange.doubling_pause(failures, free_attempts, first_pause, longest_pause);
end $$;
comment on function exchange.login_pause(text, integer) is 'How long no attempt is taken after so many wrong ones in a row. For other functions.';
