create function risk.registrations_per_address(parameters jsonb, account_id bigint, facts jsonb, at timestamptz) returns jsonb
language sql stable security definer set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
    select jsonb_build_object('registrations', counted.n, 'network', counted.network)
    from (
        select count(a.activity_id) + 1 as n, given.network
        from (select risk.network_of(registrations_per_address.facts ->> 'address') as network) given
        left join risk.activities a on a.network = given.network and a.point = 'registration'
            and a.occurred_at < at
            and a.occurred_at > at - make_interval(secs => (registrations_per_address.parameters ->> 'within_seconds')::integer)
        where given.network is not null
        group by given.network) counted
    where counted.n > (registrations_per_address.parameters ->> 'most')::bigint
$$;
comment on function risk.registrations_per_address(jsonb, bigint, jsonb, timestamptz) is 'Condition of kinds: what was counted, or null where it is not met.';
