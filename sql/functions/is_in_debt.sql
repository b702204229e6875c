create function exchange.is_in_debt(account_id bigint) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    root bigint;
begin
    -- One owner: what a sub-account owes, its parent and its siblings owe too.
    select coalesce(a.parent_account_id, a.account_id) into root
    from exchange.accounts a where a.account_id = is_in_debt.account_id;
    return exists (
        select from exchange.accounts f
        where (f.account_id = root or f.parent_account_id = root) and exchange.owes(f.account_id));
end $$;
comment on function exchange.is_in_debt(bigint) is 'Whether an account, its parent or a sub-account of either owes something of any asset. For other functions.';
