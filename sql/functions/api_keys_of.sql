create function exchange.api_keys_of(account_id bigint)
returns table (
    api_key_id bigint, public_id text, label text, scheme text, public_key bytea, permissions text[], addresses text[],
    created_at timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select k.api_key_id, k.public_id, k.label, k.scheme, k.public_key, k.permissions, k.addresses::text[], k.created_at
    from exchange.api_keys k
    where k.account_id = api_keys_of.account_id and k.revoked_at is null
    order by k.api_key_id desc
$$;
comment on function exchange.api_keys_of(bigint) is 'The account''s live API keys without their secrets, the newest first.';
