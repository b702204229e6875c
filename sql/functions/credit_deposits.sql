create function exchange.credit_deposits(deposit_ids bigint[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
#variable_conflict use_column
declare
    -- Once, not once a row.
    external constant bigint := exchange.house_account('external');
    debts constant bigint := exchange.house_account('debts');
    messages jsonb[];
begin
    if coalesce(cardinality(credit_deposits.deposit_ids), 0) = 0 then
        return;
    end if;
    insert into exchange.balances (account_id, asset_id, available, held)
    select distinct d.account_id, d.asset_id, round(0::numeric, a.scale), round(0::numeric, a.scale)
    from exchange.deposits d
    join exchange.assets a on a.asset_id = d.asset_id
    where d.deposit_id = any (credit_deposits.deposit_ids)
    order by d.account_id, d.asset_id
    on conflict (account_id, asset_id) do nothing;
    -- In key order, as every transaction locks balances. Debts change under these locks only.
    perform from exchange.balances b
    where (b.account_id, b.asset_id) in (
        select d.account_id, d.asset_id from exchange.deposits d where d.deposit_id = any (credit_deposits.deposit_ids))
    order by b.account_id, b.asset_id
    for update;
    with credited as materialized (
        select d.*, b.available, b.held, coalesce(o.owed, 0) as owed,
            -- What the credits before this one have brought already.
            coalesce(sum(d.amount) over (
                partition by d.account_id, d.asset_id order by d.deposit_id
                rows between unbounded preceding and 1 preceding), 0) as before
        from exchange.deposits d
        join exchange.balances b on b.account_id = d.account_id and b.asset_id = d.asset_id
        left join exchange.debts o on o.account_id = d.account_id and o.asset_id = d.asset_id
        where d.deposit_id = any (credit_deposits.deposit_ids)
    ), split as materialized (
        select c.*, least(c.amount, greatest(c.owed - c.before, 0)) as settled from credited c
    ), facts as (
        insert into exchange.deposit_entries (
            deposit_id, account_id, asset_id, amount, debt_amount, external_account_id, debts_account_id)
        select s.deposit_id, s.account_id, s.asset_id, s.amount, s.settled,
            external, debts
        from split s
        order by s.deposit_id
    ), moved as (
        update exchange.balances b set available = b.available + t.given
        from (
            select s.account_id, s.asset_id, sum(s.amount - s.settled) as given from split s group by s.account_id, s.asset_id) t
        where b.account_id = t.account_id and b.asset_id = t.asset_id
    ), settled as (
        update exchange.deposits d set state = 'credited', credited_at = now(), changed_at = now()
        where d.deposit_id = any (credit_deposits.deposit_ids)
    )
    select array_agg(jsonb_build_object(
        'change', 'deposited', 'deposit_id', s.deposit_id::text, 'account_id', s.account_id::text, 'asset', a.symbol,
        'amount', (s.amount - s.settled)::text, 'settled', s.settled::text,
        'available', (s.available + greatest(s.before + s.amount - s.owed, 0))::text, 'held', s.held::text)
        order by s.deposit_id)
    into messages
    from split s
    join exchange.assets a on a.asset_id = s.asset_id;
    perform exchange.mail_deposits('deposit_credited', credit_deposits.deposit_ids);
    perform exchange.append_events('asset', messages);
    perform chain.tell_deposits(credit_deposits.deposit_ids);
end $$;
comment on function exchange.credit_deposits(bigint[]) is 'Credits deposits, which settles first what the account owes of the asset. The caller has locked them and has seen that they may be credited. For chain.confirm_deposits and exchange.release_deposit.';
