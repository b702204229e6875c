create function exchange.withdrawal_addresses_of(account_id bigint)
returns table (
    withdrawal_address_id bigint, network text, address text, label text, created_at timestamptz, usable_from timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select w.withdrawal_address_id, n.name, w.address, w.label, w.created_at, w.usable_from
    from exchange.withdrawal_addresses w
    join chain.networks n on n.network_id = w.network_id
    where w.account_id = withdrawal_addresses_of.account_id and w.removed_at is null
    order by w.withdrawal_address_id
$$;
comment on function exchange.withdrawal_addresses_of(bigint) is 'An account''s address book, the oldest entry first; 100 at most.';
