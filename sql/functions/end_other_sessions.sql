create function exchange.end_other_sessions(account_id bigint, session_id bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    perform exchange.end_sessions(end_other_sessions.account_id, array(
        select s.session_id from exchange.sessions s
        where s.account_id = end_other_sessions.account_id and s.session_id <> end_other_sessions.session_id));
end $$;
comment on function exchange.end_other_sessions(bigint, bigint) is 'Ends all sessions of an account but this one. For other functions.';
