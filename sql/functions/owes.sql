create function exchange.owes(account_id bigint) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (
        select from exchange.deposit_entries e
        where e.account_id = owes.account_id and e.debt_amount <> 0
        group by e.asset_id
        having sum(e.debt_amount) < 0)
$$;
comment on function exchange.owes(bigint) is 'Whether this account itself owes something of any asset, because a deposit that was spent vanished from its chain. For other functions.';
