create function exchange.forget_device(account_id bigint, session_id bigint, device_id bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    perform from exchange.accounts a where a.account_id = forget_device.account_id for no key update;
    perform exchange.require_session(forget_device.account_id, forget_device.session_id);
    perform exchange.end_sessions(forget_device.account_id, array(
        select s.session_id from exchange.sessions s
        where s.account_id = forget_device.account_id and s.device_id = forget_device.device_id));
    delete from exchange.devices d
    where d.device_id = forget_device.device_id and d.account_id = forget_device.account_id;
    if not found then
        perform exchange.reject('DEVICE_NOT_FOUND', format('no device %s of this account', forget_device.device_id));
    end if;
end $$;
comment on function exchange.forget_device(bigint, bigint, bigint) is 'Ends a device''s sessions and forgets it, in the name of a session: its next login is one from a new device. Rejects: ACCESS_REVOKED, DEVICE_NOT_FOUND.';
