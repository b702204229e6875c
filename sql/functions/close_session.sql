create function exchange.close_session(account_id bigint, session_id bigint) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    return exchange.end_sessions(close_session.account_id, array[close_session.session_id]) <> '{}';
end $$;
comment on function exchange.close_session(bigint, bigint) is 'Ends a session of the account, its own or another: a logout. False where there was no such session.';
