create function exchange.find_ceremony(token_hash bytea)
returns table (kind text, account_id bigint, session_id bigint, state jsonb)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select c.kind, c.account_id, c.session_id, c.state
    from exchange.ceremonies c
    where c.token_hash = find_ceremony.token_hash and c.expires_at > now()
$$;
comment on function exchange.find_ceremony(bytea) is 'What was asked under this token; no row where nothing was, or the time is over. Using it up is left to what the answer does.';
