create function exchange.take_rate(subjects text[], amounts bigint[], limits bigint[], seconds integer[])
returns table (subject text, granted bigint, remaining bigint, ends_in_ms bigint)
-- Asked by every server all the time: its plan is kept.
language plpgsql security definer set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan set jit = off as $$
#variable_conflict use_column
begin
    return query
    insert into exchange.rate_usage as u (subject, window_start, allowed, granted, used)
    select a.subject, date_bin(make_interval(secs => a.seconds), now(), 'epoch'), a.allowed,
        least(a.amount, a.allowed), least(a.amount, a.allowed)
    from unnest(subjects, amounts, limits, seconds) as a (subject, amount, allowed, seconds)
    -- Everybody locks rows in this order, so that nobody waits in a circle.
    order by a.subject collate "C"
    on conflict (subject) do update
    set window_start = greatest(u.window_start, excluded.window_start),
        allowed = excluded.allowed,
        granted = case
            when u.window_start < excluded.window_start then excluded.granted
            else least(excluded.granted, greatest(excluded.allowed - u.used, 0))
        end,
        used = case
            when u.window_start < excluded.window_start then excluded.granted
            else u.used + least(excluded.granted, greatest(excluded.allowed - u.used, 0))
        end
    returning u.subject, u.granted, greatest(u.allowed - u.used, 0),
        (extract(epoch from u.window_start - clock_timestamp()) * 1000)::bigint
            + 1000 * seconds[array_position(subjects, u.subject)];
end $$;
comment on function exchange.take_rate(text[], bigint[], bigint[], integer[]) is 'Reserves parts of limits for a server, for many subjects at once, each given once: what was granted of the amount, what nobody has reserved yet, and when the window ends. What all servers are granted in a window is never more than the limit.';
