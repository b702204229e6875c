create function risk.new_withdrawal_address(parameters jsonb, account_id bigint, facts jsonb, at timestamptz) returns jsonb
language sql stable security definer set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
    select jsonb_build_object('known_since', coalesce(known.since, at))
    from (
        select min(a.occurred_at) as since from risk.activities a
        where a.account_id = new_withdrawal_address.account_id and a.wallet = new_withdrawal_address.facts ->> 'wallet' and a.occurred_at < at
            and a.point in ('withdrawal', 'security_change')) known
    where coalesce(known.since, at) > at - make_interval(secs => (new_withdrawal_address.parameters ->> 'cool_down_seconds')::integer)
$$;
comment on function risk.new_withdrawal_address(jsonb, bigint, jsonb, timestamptz) is 'Condition of kinds: since when the address is known, or null where it is not met.';
