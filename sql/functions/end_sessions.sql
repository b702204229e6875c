create function exchange.end_sessions(account_id bigint, session_ids bigint[]) returns bigint[]
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    ended bigint[];
begin
    with gone as (
        delete from exchange.sessions s
        where s.account_id = end_sessions.account_id and s.session_id = any (end_sessions.session_ids)
        returning s.session_id
    )
    select coalesce(array_agg(g.session_id order by g.session_id), '{}') into ended from gone g;
    if ended <> '{}' then
        perform exchange.append_event('access', jsonb_build_object(
            'change', 'revoked', 'account_id', end_sessions.account_id::text,
            'session_ids', to_jsonb(ended), 'api_key_ids', '[]'::jsonb));
    end if;
    return ended;
end $$;
comment on function exchange.end_sessions(bigint, bigint[]) is 'Ends sessions of an account and says so in the stream access; returns those that were there. For other functions: nobody may call it.';
