create function exchange.sessions_of(account_id bigint)
returns table (session_id bigint, created_at timestamptz, expires_at timestamptz, address inet, user_agent text, device_id bigint)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select s.session_id, s.created_at, s.expires_at, s.address, s.user_agent, s.device_id
    from exchange.sessions s
    where s.account_id = sessions_of.account_id and s.expires_at > now()
    order by s.created_at desc, s.session_id desc
$$;
comment on function exchange.sessions_of(bigint) is 'The account''s logins that have not ended, the newest first.';
