create function exchange.sub_accounts_of(account_id bigint)
returns table (sub_account_id bigint, label text, status text, created_at timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select a.account_id, a.label, a.status, a.created_at
    from exchange.accounts a
    where a.parent_account_id = sub_accounts_of.account_id
    order by a.account_id
$$;
comment on function exchange.sub_accounts_of(bigint) is 'The account''s sub-accounts, the oldest first.';
