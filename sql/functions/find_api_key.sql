create function exchange.find_api_key(public_id text)
returns table (
    api_key_id bigint, account_id bigint, scheme text, secret bytea, public_key bytea, permissions text[],
    addresses text[], is_revoked boolean)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select k.api_key_id, k.account_id, k.scheme, k.secret, k.public_key, k.permissions, k.addresses::text[],
        k.revoked_at is not null
    from exchange.api_keys k
    where k.public_id = find_api_key.public_id
$$;
comment on function exchange.find_api_key(text) is 'What is needed to check a signature, of a revoked key too: its owner may know that it was revoked. The only way to a secret, which is encrypted.';
