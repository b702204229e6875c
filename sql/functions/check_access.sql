create function exchange.check_access(session_ids bigint[], api_key_ids bigint[])
returns table (session_id bigint, api_key_id bigint)
-- Asked for every request, so that its plan is kept: a function of plain SQL makes a new one each time.
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan set enable_seqscan = off set jit = off as $$
#variable_conflict use_column
begin
    return query
    select s.session_id, null::bigint
    from exchange.sessions s
    where s.session_id = any (check_access.session_ids) and s.expires_at > now()
    union all
    select null, k.api_key_id
    from exchange.api_keys k
    where k.api_key_id = any (check_access.api_key_ids) and k.revoked_at is null;
end $$;
comment on function exchange.check_access(bigint[], bigint[]) is 'Which of these sessions and API keys are still good: a row each.';
