create function risk.registrations_per_device(parameters jsonb, account_id bigint, facts jsonb, at timestamptz) returns jsonb
language sql stable security definer set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
    select jsonb_build_object('registrations', counted.n)
    from (
        select count(*) + 1 as n from risk.activities a
        where a.device = registrations_per_device.facts ->> 'device' and a.point = 'registration' and a.occurred_at < at
            and a.occurred_at > at - make_interval(secs => (registrations_per_device.parameters ->> 'within_seconds')::integer)) counted
    where registrations_per_device.facts ? 'device' and counted.n > (registrations_per_device.parameters ->> 'most')::bigint
$$;
comment on function risk.registrations_per_device(jsonb, bigint, jsonb, timestamptz) is 'Condition of kinds: what was counted, or null where it is not met.';
