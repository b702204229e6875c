create function exchange.reverse_deposits(deposit_ids bigint[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    -- Once, not once a row.
    external constant bigint := exchange.house_account('external');
    debts constant bigint := exchange.house_account('debts');
    messages jsonb[];
begin
    if coalesce(cardinality(reverse_deposits.deposit_ids), 0) = 0 then
        return;
    end if;
    -- In key order, as every transaction locks balances.
    perform from exchange.balances b
    where (b.account_id, b.asset_id) in (
        select d.account_id, d.asset_id from exchange.deposits d where d.deposit_id = any (reverse_deposits.deposit_ids))
    order by b.account_id, b.asset_id
    for update;
    with reversed as materialized (
        select d.*, b.available, b.held,
            -- What the reversals before this one have taken already.
            coalesce(sum(d.amount) over (
                partition by d.account_id, d.asset_id order by d.deposit_id
                rows between unbounded preceding and 1 preceding), 0) as before
        from exchange.deposits d
        join exchange.balances b on b.account_id = d.account_id and b.asset_id = d.asset_id
        where d.deposit_id = any (reverse_deposits.deposit_ids)
    ), split as materialized (
        select r.*, least(r.amount, greatest(r.available - r.before, 0)) as taken from reversed r
    ), facts as (
        insert into exchange.deposit_entries (
            deposit_id, account_id, asset_id, amount, debt_amount, external_account_id, debts_account_id)
        select s.deposit_id, s.account_id, s.asset_id, - s.amount, s.taken - s.amount,
            external, debts
        from split s
        order by s.deposit_id
    ), moved as (
        update exchange.balances b set available = b.available - t.taken
        from (select s.account_id, s.asset_id, sum(s.taken) as taken from split s group by s.account_id, s.asset_id) t
        where b.account_id = t.account_id and b.asset_id = t.asset_id
    )
    select array_agg(jsonb_build_object(
        'change', 'deposit_reversed', 'deposit_id', s.deposit_id::text, 'account_id', s.account_id::text, 'asset', a.symbol,
        'amount', (- s.taken)::text, 'owed', (s.amount - s.taken)::text,
        'available', (s.available - least(s.available, s.before + s.taken))::text, 'held', s.held::text) order by s.deposit_id)
    into messages
    from split s
    join exchange.assets a on a.asset_id = s.asset_id;
    perform exchange.mail_deposits('deposit_reversed', reverse_deposits.deposit_ids);
    perform exchange.append_events('asset', messages);
end $$;
comment on function exchange.reverse_deposits(bigint[]) is 'Takes back credited deposits that have vanished from their chain: from what is available; what is missing the account owes. The caller has locked the deposits and changes their state. For chain.reorganise.';
