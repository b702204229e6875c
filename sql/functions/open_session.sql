create function exchange.open_session(
    account_id bigint, token_hash bytea, lifetime interval default '1 day', address inet default null,
    user_agent text default null, password_hash text default null, device_hash bytea default null,
    new_device_hash bytea default null, is_factor_proved boolean default false)
returns table (session_id bigint, expires_at timestamptz, device_id bigint, is_new_device boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    -- Logins beyond this end the account's oldest ones, so that nobody fills the table.
    max_sessions constant integer := 100;
    max_user_agent constant integer := 200;
    crowded_out bigint[];
    owner exchange.accounts;
    device record;
begin
    if open_session.lifetime is null or open_session.lifetime <= '0' or open_session.lifetime > '31 days' then
        perform exchange.reject('INVALID_LIFETIME', 'a session lives longer than nothing and at most 31 days');
    end if;
    if open_session.token_hash is null or octet_length(open_session.token_hash) <> 32 then
        perform exchange.reject('INVALID_TOKEN_HASH', 'a token hash is 32 bytes of SHA-256');
    end if;
    select * into owner from exchange.accounts a
    where a.account_id = open_session.account_id and a.role = 'user'
        and (open_session.password_hash is null or a.password_hash = open_session.password_hash)
    for no key update;
    if not found then
        perform exchange.reject('UNKNOWN_ACCOUNT', format('no user''s account %s with that password', open_session.account_id));
    end if;
    if not open_session.is_factor_proved and exchange.has_second_factor(open_session.account_id) then
        perform exchange.reject('SECOND_FACTOR_REQUIRED', 'the account has a second factor: the password is not enough');
    end if;
    if risk.assess('login', open_session.account_id, jsonb_strip_nulls(jsonb_build_object(
        'address', host(open_session.address),
        'device', encode(coalesce(open_session.device_hash, open_session.new_device_hash), 'hex')))) = 'deny' then
        return;
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
    select * into device from exchange.recognise_device(
        open_session.account_id, open_session.device_hash, open_session.new_device_hash, open_session.address,
        open_session.user_agent);
    perform exchange.forgive_login(
        owner.email, case when not device.is_new then device.device_id end, open_session.address);
    if owner.first_login_at is null then
        update exchange.accounts a set first_login_at = now() where a.account_id = open_session.account_id;
    end if;
    return query
    insert into exchange.sessions (token_hash, account_id, expires_at, address, user_agent, device_id)
    values (
        open_session.token_hash, open_session.account_id, now() + open_session.lifetime,
        open_session.address, left(open_session.user_agent, max_user_agent), device.device_id)
    returning session_id, expires_at, device.device_id, device.is_new;
end $$;
comment on function exchange.open_session(bigint, bytea, interval, inet, text, text, bytea, bytea, boolean) is 'Records a login and returns when it ends. A password hash given is the one that was checked: the login is refused where the password has changed since. A device that is not known becomes a new one, and its owner gets a mail. Ended sessions of the account are forgotten; the oldest beyond 100 end. An account with a second factor must have proved it. No row: a risk rule denies it. Rejects: INVALID_LIFETIME, INVALID_TOKEN_HASH, UNKNOWN_ACCOUNT, SECOND_FACTOR_REQUIRED.';
