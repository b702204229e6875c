create function exchange.api_keys_of(account_id bigint)
returns table (
    api_key_id bigint, public_id text, label text, scheme text, public_key bytea, permissions text[], addresses text[],
    created_at timestamptz, sub_account_id bigint)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select k.api_key_id, k.public_id, k.label, k.scheme, k.public_key, k.permissions, k.addresses::text[], k.created_at,
        nullif(k.account_id, api_keys_of.account_id)
    from exchange.api_keys k
    where k.revoked_at is null and (k.account_id = api_keys_of.account_id or k.account_id in (
        select a.account_id from exchange.accounts a where a.parent_account_id = api_keys_of.account_id))
    order by k.api_key_id desc
$$;
comment on function exchange.api_keys_of(bigint) is 'The account''s live API keys and those of its sub-accounts, without their secrets, the newest first.';
