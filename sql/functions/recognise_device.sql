create function exchange.recognise_device(
    account_id bigint, device_hash bytea, new_device_hash bytea, address inet, user_agent text)
returns table (device_id bigint, is_new boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    max_user_agent constant integer := 200;
    known bigint;
    had_login boolean;
begin
    update exchange.devices d
    set last_seen_at = now(), address = recognise_device.address, user_agent = left(recognise_device.user_agent, max_user_agent)
    where d.token_hash = recognise_device.device_hash and d.account_id = recognise_device.account_id
    returning d.device_id into known;
    if found then
        return query select known, false;
        return;
    end if;
    select a.first_login_at is not null into had_login
    from exchange.accounts a where a.account_id = recognise_device.account_id;
    if had_login then
        perform exchange.cause_mail(recognise_device.account_id, 'new_device', exchange.mail_facts(
            recognise_device.address, recognise_device.user_agent));
    end if;
    return query select exchange.add_device(
        recognise_device.account_id, recognise_device.new_device_hash, recognise_device.address,
        recognise_device.user_agent), true;
end $$;
comment on function exchange.recognise_device(bigint, bytea, bytea, inet, text) is 'The device of a login; one that is not known is added, and after an account''s first login a mail tells of it. For open_session.';
