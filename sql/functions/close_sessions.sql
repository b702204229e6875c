create function exchange.close_sessions(account_id bigint, session_id bigint, include_current boolean) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    perform from exchange.accounts a where a.account_id = close_sessions.account_id for no key update;
    perform exchange.require_session(close_sessions.account_id, close_sessions.session_id);
    return cardinality(exchange.end_sessions(close_sessions.account_id, array(
        select s.session_id from exchange.sessions s
        where s.account_id = close_sessions.account_id
            and (close_sessions.include_current or s.session_id <> close_sessions.session_id))));
end $$;
comment on function exchange.close_sessions(bigint, bigint, boolean) is 'Ends all other sessions of an account, or all, in the name of a session; returns how many. Rejects: ACCESS_REVOKED.';
