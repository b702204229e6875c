create function exchange.mail_facts(address inet, program text default null, blocked_until timestamptz default null) returns jsonb
language sql stable set search_path = pg_catalog, pg_temp as $$
    -- No colon and no slash: a stranger's words make no link.
    select jsonb_strip_nulls(jsonb_build_object(
        'at', to_char(now() at time zone 'utc', 'YYYY-MM-DD HH24:MI "UTC"'),
        'address', host(address),
        'program', nullif(trim(regexp_replace(left(program, 80), '[^A-Za-z0-9 ._()-]', ' ', 'g')), ''),
        'withdrawals_blocked_until', to_char(blocked_until at time zone 'utc', 'YYYY-MM-DD HH24:MI "UTC"')))
$$;
comment on function exchange.mail_facts(inet, text, timestamptz) is 'What a mail about security says of when and from where. For other functions.';
