create function staff.list_debts(
    staff_session_id bigint, of_account_id bigint default null, after_account_id bigint default null,
    after_asset_id integer default null, limit_debts integer default 100)
returns table (
    account_id bigint, asset_id integer, email text, asset text, owed numeric, available numeric, held numeric, since timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    perform staff.require(list_debts.staff_session_id, 'risk', 'finance', 'support');
    return query
    select d.account_id, d.asset_id, a.email, s.symbol, round(d.owed, s.scale), round(coalesce(b.available, 0), s.scale),
        round(coalesce(b.held, 0), s.scale),
        (select max(e.occurred_at) from exchange.deposit_entries e
        where e.account_id = d.account_id and e.asset_id = d.asset_id and e.debt_amount < 0)
    from exchange.debts d
    join exchange.accounts a on a.account_id = d.account_id
    join exchange.assets s on s.asset_id = d.asset_id
    left join exchange.balances b on b.account_id = d.account_id and b.asset_id = d.asset_id
    where d.owed > 0 and (of_account_id is null or d.account_id = of_account_id)
        and (d.account_id, d.asset_id) > (coalesce(after_account_id, 0), coalesce(after_asset_id, 0))
    order by d.account_id, d.asset_id
    limit least(greatest(coalesce(limit_debts, 100), 0), 1000);
end $$;
comment on function staff.list_debts(bigint, bigint, bigint, integer, integer) is 'What accounts owe because a deposit vanished from its chain after it was spent, and what they have, by account and asset: of one account, after an account and asset in the list, where given; since: the last time that it grew. Rejects: ACCESS_REVOKED, PERMISSION_DENIED.';
