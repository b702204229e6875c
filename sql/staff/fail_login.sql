create function staff.fail_login(staff_id bigint, address inet) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    -- So many failures are nothing; each further one locks for twice as long.
    free_failures constant integer := 4;
    first_lock constant interval := '30 seconds';
    longest_lock constant interval := '15 minutes';
    most_failures constant integer := 1000;
    failures integer;
begin
    -- What fails while the member is locked counts for nothing: an attacker fills no log.
    update staff.members m
    set failed_logins = least(m.failed_logins + 1, most_failures),
        locked_until = case when m.failed_logins >= free_failures
            then now() + least(first_lock * power(2, least(m.failed_logins - free_failures, 10)), longest_lock) end
    where m.staff_id = fail_login.staff_id and (m.locked_until is null or m.locked_until <= now())
    returning m.failed_logins into failures;
    if found then
        perform audit.record(
            fail_login.staff_id, 'login_failed', 'staff:' || fail_login.staff_id,
            jsonb_build_object('address', host(fail_login.address), 'failures', failures));
    end if;
end $$;
comment on function staff.fail_login(bigint, inet) is 'Counts a login whose password or code was wrong. From the fifth in a row on, each locks the login, for 30 seconds at first and 15 minutes at most.';
