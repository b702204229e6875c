create function exchange.count_factor_failure(account_id bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    -- So many slips are free; from then on each doubles the pause, up to the longest.
    free constant integer := 5;
    first_pause constant interval := '30 seconds';
    longest_pause constant interval := '1 hour';
    so_far integer;
begin
    insert into exchange.factor_failures as f (account_id, failures)
    values (count_factor_failure.account_id, 1)
    on conflict (account_id) do update set failures = least(f.failures + 1, 1000000), last_failed_at = now()
    returning f.failures into so_far;
    if so_far >= free then
        update exchange.factor_failures
        set blocked_until = now() + exchange.doubling_pause(so_far, free, first_pause, longest_pause)
        where account_id = count_factor_failure.account_id;
    end if;
end $$;
comment on function exchange.count_factor_failure(bigint) is 'Notes a wrong code of an account that is locked; the fifth in a row and each after it makes the next wait. For other functions.';
