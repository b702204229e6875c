create function exchange.passkeys_of(account_id bigint)
returns table (passkey_id bigint, label text, credential jsonb, created_at timestamptz, last_used_at timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select p.passkey_id, p.label, p.credential, p.created_at, p.last_used_at
    from exchange.passkeys p
    where p.account_id = passkeys_of.account_id
    order by p.passkey_id desc
$$;
comment on function exchange.passkeys_of(bigint) is 'The account''s passkeys, the newest first.';
