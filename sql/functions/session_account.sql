create function exchange.session_account(token_hash bytea)
returns table (session_id bigint, account_id bigint, expires_at timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select s.session_id, s.account_id, s.expires_at
    from exchange.sessions s
    where s.token_hash = session_account.token_hash and s.expires_at > now()
$$;
comment on function exchange.session_account(bytea) is 'Whose session it is: no row where the token is unknown or its session has ended.';
