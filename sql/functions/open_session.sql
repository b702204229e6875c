create function exchange.open_session(
    account_id bigint, token_hash bytea, lifetime interval default '1 day', address inet default null,
    user_agent text default null, password_hash text default null, is_factor_proved boolean default false)
returns table (session_id bigint, expires_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    -- Logins beyond this end the account's oldest ones, so that nobody fills the table.
    max_sessions constant integer := 100;
    max_user_agent constant integer := 200;
    crowded_out bigint[];
begin
    if open_session.lifetime is null or open_session.lifetime <= '0' or open_session.lifetime > '31 days' then
        perform exchange.reject('INVALID_LIFETIME', 'a session lives longer than nothing and at most 31 days');
    end if;
    if open_session.token_hash is null or octet_length(open_session.token_hash) <> 32 then
        perform exchange.reject('INVALID_TOKEN_HASH', 'a token hash is 32 bytes of SHA-256');
    end if;
    perform from exchange.accounts a
    where a.account_id = open_session.account_id and a.role = 'user'
        and (open_session.password_hash is null or a.password_hash = open_session.password_hash)
    for no key update;
    if not found then
        perform exchange.reject('UNKNOWN_ACCOUNT', format('no user''s account %s with that password', open_session.account_id));
    end if;
    if not open_session.is_factor_proved and exchange.has_second_factor(open_session.account_id) then
        perform exchange.reject('SECOND_FACTOR_REQUIRED', 'the account has a second factor: the password is not enough');
    end if;
    select array_agg(o.session_id) into crowded_out
    from (
        select s.session_id from exchange.sessions s
        where s.account_id = open_session.account_id and s.expires_at > now()
        order by s.created_at desc, s.session_id desc offset max_sessions - 1) o;
    if crowded_out is not null then
        perform exchange.end_sessions(open_session.account_id, crowded_out);
    end if;
    delete from exchange.sessions s where s.account_id = open_session.account_id and s.expires_at <= now();
    return query
    insert into exchange.sessions (token_hash, account_id, expires_at, address, user_agent)
    values (
        open_session.token_hash, open_session.account_id, now() + open_session.lifetime,
        open_session.address, left(open_session.user_agent, max_user_agent))
    returning session_id, expires_at;
end $$;
comment on function exchange.open_session(bigint, bytea, interval, inet, text, text, boolean) is 'Records a login and returns when it ends. A password hash given is the one that was checked: the login is refused where the password has changed since. Ended sessions of the account are forgotten; the oldest beyond 100 end. An account with a second factor must have proved it. Rejects: INVALID_LIFETIME, INVALID_TOKEN_HASH, UNKNOWN_ACCOUNT, SECOND_FACTOR_REQUIRED.';
