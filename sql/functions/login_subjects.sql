create function exchange.login_subjects(email text, device_id bigint, address inet) returns text[]
language sql immutable set search_path = pg_catalog, pg_temp as $$
    -- A known device has pauses of its own: what strangers guess elsewhere keeps no owner out.
    select case
        when device_id is not null then array['device:' || device_id]
        else array_remove(array[
            'account:' || encode(sha256(convert_to(lower(email), 'UTF8')), 'hex'),
            -- Who has one IPv6 address has the whole network of 64 bits.
            'network:' || host(network(set_masklen(address, case family(address) when 6 then 64 else 32 end)))], null)
    end
$$;
comment on function exchange.login_subjects(text, bigint, inet) is 'Whose pauses a login is subject to. For other functions.';
