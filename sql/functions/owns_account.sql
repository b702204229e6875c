create function exchange.owns_account(account_id bigint, owned_account_id bigint) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select owns_account.account_id = owns_account.owned_account_id or exists (
        select from exchange.accounts a
        where a.account_id = owns_account.owned_account_id and a.parent_account_id = owns_account.account_id)
$$;
comment on function exchange.owns_account(bigint, bigint) is 'Whether an account is the other, or its parent. For other functions.';
