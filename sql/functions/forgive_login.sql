create function exchange.forgive_login(email text, device_id bigint, address inet) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    subjects constant text[] := exchange.login_subjects(forgive_login.email, forgive_login.device_id, forgive_login.address);
begin
    perform from exchange.login_pauses p where p.subject = any (subjects) order by p.subject for no key update;
    delete from exchange.login_pauses p where p.subject = any (subjects) and not starts_with(p.subject, 'network:');
    -- Only this attempt: an own account does not buy guesses at others.
    update exchange.login_pauses p
    set failures = greatest(p.failures - 1, 0),
        paused_until = p.last_attempt_at + exchange.login_pause(p.subject, greatest(p.failures - 1, 0))
    where p.subject = any (subjects) and starts_with(p.subject, 'network:');
end $$;
comment on function exchange.forgive_login(text, bigint, inet) is 'An attempt proved right: earlier ones of its account or device are forgotten, of its network only this one. For other functions.';
