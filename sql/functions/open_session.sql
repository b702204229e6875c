create function exchange.open_session(account_id bigint, token_hash bytea, lifetime interval default '1 day') returns timestamptz
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    -- Logins beyond this end the account's oldest ones, so that nobody fills the table.
    max_sessions constant integer := 100;
    ends timestamptz;
begin
    if open_session.lifetime is null or open_session.lifetime <= '0' or open_session.lifetime > '31 days' then
        perform exchange.reject('INVALID_LIFETIME', 'a session lives longer than nothing and at most 31 days');
    end if;
    if open_session.token_hash is null or octet_length(open_session.token_hash) <> 32 then
        perform exchange.reject('INVALID_TOKEN_HASH', 'a token hash is 32 bytes of SHA-256');
    end if;
    perform from exchange.accounts a
    where a.account_id = open_session.account_id and a.role = 'user'
    for no key update;
    if not found then
        perform exchange.reject('UNKNOWN_ACCOUNT', format('no user''s account %s', open_session.account_id));
    end if;
    delete from exchange.sessions s
    where s.account_id = open_session.account_id
        and (s.expires_at <= now() or s.token_hash in (
            select o.token_hash from exchange.sessions o
            where o.account_id = open_session.account_id
            order by o.created_at desc offset max_sessions - 1));
    insert into exchange.sessions (token_hash, account_id, expires_at)
    values (open_session.token_hash, open_session.account_id, now() + open_session.lifetime)
    returning expires_at into ends;
    return ends;
end $$;
comment on function exchange.open_session(bigint, bytea, interval) is 'Records a login and returns when it ends. Ended sessions of the account are forgotten; the oldest beyond 100 end. Rejects: INVALID_LIFETIME, INVALID_TOKEN_HASH, UNKNOWN_ACCOUNT.';
