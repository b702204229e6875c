create function risk.standing_of(activity_id bigint) returns text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select case
        when a.verdict <> 'hold' then case a.verdict when 'deny' then 'denied' else 'free' end
        when bool_or(r.decision = 'upheld') then 'denied'
        when bool_and(r.decision is not distinct from 'released') then 'free'
        else 'held' end
    from risk.activities a
    left join risk.events e on e.activity_id = a.activity_id and e.action = 'hold'
    left join risk.reviews r on r.event_id = e.event_id
    where a.activity_id = standing_of.activity_id
    group by a.activity_id, a.verdict
$$;
comment on function risk.standing_of(bigint) is 'Where an activity stands now: free, held (somebody must decide about every event that holds it), denied. Whoever pays out asks it in the transaction that does.';
