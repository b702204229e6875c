create function exchange.add_device(account_id bigint, token_hash bytea, address inet, user_agent text) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    -- Beyond these the one that was longest away is forgotten.
    max_devices constant integer := 50;
    max_user_agent constant integer := 200;
    made bigint;
begin
    if add_device.token_hash is null then
        return null;
    end if;
    delete from exchange.devices d
    where d.device_id in (
        select o.device_id from exchange.devices o where o.account_id = add_device.account_id
        order by o.last_seen_at desc, o.device_id desc offset max_devices - 1);
    insert into exchange.devices (account_id, token_hash, address, user_agent)
    values (add_device.account_id, add_device.token_hash, add_device.address, left(add_device.user_agent, max_user_agent))
    returning device_id into made;
    return made;
end $$;
comment on function exchange.add_device(bigint, bytea, inet, text) is 'A device from which the account''s owner was there; null where there is no token. For other functions.';
