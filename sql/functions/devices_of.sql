create function exchange.devices_of(account_id bigint)
returns table (device_id bigint, address inet, user_agent text, first_seen_at timestamptz, last_seen_at timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select d.device_id, d.address, d.user_agent, d.first_seen_at, d.last_seen_at
    from exchange.devices d
    where d.account_id = devices_of.account_id
    order by d.last_seen_at desc, d.device_id desc
$$;
comment on function exchange.devices_of(bigint) is 'What the account was logged in from, the last seen first.';
