create function risk.disposable_mail_domain(parameters jsonb, account_id bigint, facts jsonb, at timestamptz) returns jsonb
language sql stable security definer set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
    -- The domain itself and every one above it: a.b.c is b.c and c too.
    select jsonb_build_object('domain', d.domain)
    from (select string_to_array(lower(disposable_mail_domain.facts ->> 'mail_domain'), '.') as parts) given
    cross join lateral generate_series(1, least(cardinality(given.parts), 20)) as first
    join risk.mail_domains d on d.domain = array_to_string(given.parts[first:], '.')
    limit 1
$$;
comment on function risk.disposable_mail_domain(jsonb, bigint, jsonb, timestamptz) is 'Condition of kinds: the domain that is listed, or null where none is.';
