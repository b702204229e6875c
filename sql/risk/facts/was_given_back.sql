create function risk.was_given_back(activity_id bigint, at timestamptz) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
    select exists (
        select from exchange.withdrawals w
        where w.activity_id = was_given_back.activity_id and w.state in ('rejected', 'cancelled', 'failed')
            and w.ended_at <= was_given_back.at)
$$;
comment on function risk.was_given_back(bigint, timestamptz) is 'Whether the withdrawal that an activity asked for had come to nothing by a moment: then it counts in no limit.';
