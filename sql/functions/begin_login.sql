create function exchange.begin_login(email text, address inet, device_hash bytea default null)
returns table (wait_ms bigint, account_id bigint, password_hash text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    owner exchange.accounts;
    known_device bigint;
    wait bigint;
begin
    select * into owner from exchange.accounts a
    where a.email = lower(begin_login.email) and a.role = 'user' and a.password_hash is not null;
    select d.device_id into known_device from exchange.devices d
    where d.token_hash = begin_login.device_hash and d.account_id = owner.account_id;
    wait := exchange.take_login_attempt(
        exchange.login_subjects(begin_login.email, known_device, begin_login.address));
    if wait > 0 then
        return query select wait, null::bigint, null::text;
    else
        return query select 0::bigint, owner.account_id, owner.password_hash;
    end if;
end $$;
comment on function exchange.begin_login(text, inet, bytea) is 'Takes an attempt to log in: how long to wait before one is taken, or what is needed to check the password, null where there is no such login. An attempt counts as wrong until a session is opened.';
