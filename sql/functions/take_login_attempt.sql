create function exchange.take_login_attempt(subjects text[]) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    quiet constant interval := '1 day';
    max_failures constant integer := 1000;
    taken_at timestamptz;
    paused_until timestamptz;
begin
    -- Everybody locks rows in this order, so that nobody waits in a circle.
    insert into exchange.login_pauses (subject, failures, last_attempt_at, paused_until)
    select s.subject, 0, now(), now() from unnest(subjects) as s (subject) order by s.subject collate "C"
    on conflict (subject) do nothing;
    perform from exchange.login_pauses p where p.subject = any (subjects) order by p.subject for no key update;
    taken_at := clock_timestamp();
    select max(p.paused_until) into paused_until from exchange.login_pauses p where p.subject = any (subjects);
    if paused_until > taken_at then
        return greatest(1, ceil(extract(epoch from paused_until - taken_at) * 1000));
    end if;
    update exchange.login_pauses p
    set failures = n.failures, last_attempt_at = taken_at,
        paused_until = taken_at + exchange.login_pause(p.subject, n.failures)
    from (
        select o.subject,
            case when o.last_attempt_at < taken_at - quiet then 1 else least(o.failures + 1, max_failures) end as failures
        from exchange.login_pauses o where o.subject = any (subjects)) n
    where p.subject = n.subject;
    return 0;
end $$;
comment on function exchange.take_login_attempt(text[]) is 'Takes an attempt of all these subjects, or of none: 0, or the milliseconds until one is taken. An attempt during a pause does not lengthen it. For other functions.';
