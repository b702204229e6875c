create function staff.fail_login(staff_id bigint, password_fits boolean, address inet) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    -- From so many wrong codes on each locks, for twice as long as the one before.
    free_codes constant integer := 5;
    first_lock constant interval := '30 seconds';
    longest_lock constant interval := '15 minutes';
    -- Anybody may try passwords, so that only some of them are logged, and none locks: a stranger
    -- shuts nobody out.
    logged_passwords constant integer := 10;
    logged_each constant integer := 100;
    most constant integer := 1000000000;
    failures integer;
begin
    if fail_login.password_fits then
        -- What is tried while the member is locked counts for nothing.
        update staff.members m
        set failed_codes = least(m.failed_codes + 1, most),
            locked_until = case when m.failed_codes + 1 >= free_codes
                then now() + exchange.doubling_pause(m.failed_codes + 1, free_codes, first_lock, longest_lock) end
        where m.staff_id = fail_login.staff_id and (m.locked_until is null or m.locked_until <= now())
        returning m.failed_codes into failures;
    else
        update staff.members m set failed_passwords = least(m.failed_passwords + 1, most)
        where m.staff_id = fail_login.staff_id
        returning m.failed_passwords into failures;
    end if;
    if found and (fail_login.password_fits or failures <= logged_passwords or failures % logged_each = 0) then
        perform audit.record(
            fail_login.staff_id, 'login_failed', 'staff:' || fail_login.staff_id, jsonb_build_object(
                'address', host(fail_login.address), 'password_fits', fail_login.password_fits, 'failures', failures));
    end if;
end $$;
comment on function staff.fail_login(bigint, boolean, inet) is 'Counts a login that failed. From the fifth wrong code with the right password in a row on, each locks the login, for 30 seconds at first and 15 minutes at most. Wrong passwords lock nothing: without the code they are no way in, and their guesser is not told of a right one.';
