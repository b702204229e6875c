create function exchange.close_session(token_hash bytea) returns boolean
language sql security definer set search_path = pg_catalog, pg_temp as $$
    with closed as (
        delete from exchange.sessions s where s.token_hash = close_session.token_hash returning 1
    )
    select exists (select from closed)
$$;
comment on function exchange.close_session(bytea) is 'Logs out; false where there was no such session.';
