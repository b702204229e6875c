create function risk.impossible_travel(parameters jsonb, account_id bigint, facts jsonb, at timestamptz) returns jsonb
language sql stable security definer set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
    select jsonb_build_object('km', travel.km, 'seconds', travel.seconds, 'from', travel.country_before, 'to', travel.country_now)
    from (
        select risk.distance_km(before.latitude, before.longitude, now.latitude, now.longitude) as km,
            ceil(extract(epoch from at - last.occurred_at))::bigint as seconds,
            before.country as country_before, now.country as country_now
        from (
            select a.occurred_at, a.facts ->> 'address' as address from risk.activities a
            where a.account_id = impossible_travel.account_id and a.point = 'login' and a.verdict <> 'deny'
                and a.occurred_at < at and a.facts ? 'address'
            order by a.occurred_at desc limit 1) last
        cross join lateral risk.place_of(last.address) before
        cross join lateral risk.place_of(impossible_travel.facts ->> 'address') now) travel
    where travel.km >= (impossible_travel.parameters ->> 'least_km')::integer
        and travel.km::bigint * 3600 > (impossible_travel.parameters ->> 'most_km_per_hour')::bigint * travel.seconds
$$;
comment on function risk.impossible_travel(jsonb, bigint, jsonb, timestamptz) is 'Condition of kinds: the distance and the time it was done in, or null where it is not met.';
