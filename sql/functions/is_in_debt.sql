create function exchange.is_in_debt(account_id bigint) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (
        select from exchange.deposit_entries e
        where e.account_id = is_in_debt.account_id and e.debt_amount <> 0
        group by e.asset_id
        having sum(e.debt_amount) < 0)
$$;
comment on function exchange.is_in_debt(bigint) is 'Whether an account owes something of any asset, because a deposit that was spent vanished from its chain. For other functions.';
