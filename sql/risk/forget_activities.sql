create function risk.forget_activities(limit_rows integer default 1000) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
#variable_conflict use_column
declare
    -- No rule looks further back than 366 days (within_seconds in risk.kinds).
    activities_kept constant interval := '400 days';
    -- Long enough for whoever asks afterwards why an account was looked at.
    events_kept constant interval := '1830 days';
    at_most constant integer := least(greatest(limit_rows, 0), 100000);
    over bigint[] := '{}';
    oldest record;
    forgotten integer;
    total integer := 0;
begin
    -- Times follow numbers, so that the first young event ends the walk. What waits for somebody is not
    -- forgotten, and what moved money never is.
    for oldest in
        select e.event_id, e.occurred_at,
            e.point not in ('deposit', 'withdrawal') and (e.action = 'deny' or r.event_id is not null) as is_over
        from risk.events e left join risk.reviews r on r.event_id = e.event_id
        order by e.event_id
    loop
        exit when oldest.occurred_at >= now() - events_kept or cardinality(over) >= at_most;
        if oldest.is_over then
            over := over || oldest.event_id;
        end if;
    end loop;
    delete from risk.reviews r where r.event_id = any (over);
    delete from risk.events e where e.event_id = any (over);
    get diagnostics forgotten = row_count;
    total := total + forgotten;
    delete from risk.activities a
    where a.activity_id in (
        select o.activity_id from risk.activities o
        -- An address that was saved says since when it is known.
        where o.point in ('registration', 'login', 'security_change') and o.wallet is null
            and o.occurred_at < now() - activities_kept
            and not exists (select from risk.events e where e.activity_id = o.activity_id)
        limit at_most for update of o skip locked);
    get diagnostics forgotten = row_count;
    return total + forgotten;
end $$;
comment on function risk.forget_activities(integer) is 'Deletes registrations, logins and security changes that no rule can count any more (after 400 days), and events with their reviews after 1830 days, so many of each at most; returns how many. Stays: what moved money, a saved address, and an event that waits for somebody.';
