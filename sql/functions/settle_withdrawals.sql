create function exchange.settle_withdrawals(withdrawal_ids bigint[]) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    open_ids bigint[];
    ended exchange.withdrawals;
    accounts bigint[];
    assets integer[];
begin
    perform from exchange.withdrawals w
    where w.withdrawal_id = any (settle_withdrawals.withdrawal_ids) order by w.withdrawal_id for no key update;
    select array_agg(w.withdrawal_id order by w.withdrawal_id) into open_ids
    from exchange.withdrawals w
    where w.withdrawal_id = any (settle_withdrawals.withdrawal_ids) and w.state <> 'confirmed';
    if open_ids is null then
        return 0;
    end if;
    select * into ended from exchange.withdrawals w
    where w.withdrawal_id = any (open_ids)
        and w.state <> all (case when w.internal_account_id is null then array['signed', 'broadcast'] else array['approved'] end)
    limit 1;
    if found then
        raise exception 'withdrawal % is %: it cannot be settled', ended.withdrawal_id, ended.state
            using errcode = 'object_not_in_prerequisite_state';
    end if;

    with keys as (
        select w.account_id, w.asset_id from exchange.withdrawals w where w.withdrawal_id = any (open_ids)
        union
        select coalesce(w.internal_account_id, w.fees_account_id), w.asset_id
        from exchange.withdrawals w where w.withdrawal_id = any (open_ids)
    )
    select array_agg(k.account_id), array_agg(k.asset_id) into accounts, assets from keys k;
    perform exchange.lock_balances(accounts, assets);
    with changes as (
        select w.account_id, w.asset_id, 0 as available, w.amount + w.fee as held
        from exchange.withdrawals w where w.withdrawal_id = any (open_ids)
        union all
        select w.fees_account_id, w.asset_id, w.fee, 0
        from exchange.withdrawals w where w.withdrawal_id = any (open_ids) and w.internal_account_id is null
        union all
        select w.internal_account_id, w.asset_id, w.amount, 0
        from exchange.withdrawals w where w.withdrawal_id = any (open_ids) and w.internal_account_id is not null
    ), summed as (
        select c.account_id, c.asset_id, sum(c.available) as available, sum(c.held) as held
        from changes c group by c.account_id, c.asset_id
    )
    update exchange.balances b
    set available = b.available + s.available, held = b.held - s.held
    from summed s
    where b.account_id = s.account_id and b.asset_id = s.asset_id;
    update exchange.withdrawals w
    set state = 'confirmed', ended_at = now(),
        receipt_id = case when w.internal_account_id is not null
            then nextval(pg_get_serial_sequence('exchange.deposits', 'deposit_id')) end
    where w.withdrawal_id = any (open_ids);

    for ended in select * from exchange.withdrawals w where w.withdrawal_id = any (open_ids) order by w.withdrawal_id loop
        perform exchange.mail_withdrawal('withdrawal_ended', ended);
        perform exchange.tell_balance('withdrawn', ended.withdrawal_id, ended.account_id, ended.asset_id, - ended.amount - ended.fee);
        if ended.internal_account_id is not null then
            perform exchange.mail_internal_receipt(ended);
            perform exchange.tell_balance('received', ended.withdrawal_id, ended.internal_account_id, ended.asset_id, ended.amount);
        elsif ended.fee > 0 then
            perform exchange.tell_balance('withdrawal_fee', ended.withdrawal_id, ended.fees_account_id, ended.asset_id, ended.fee);
        end if;
    end loop;
    perform exchange.tell_withdrawals(open_ids);
    return cardinality(open_ids);
end $$;
comment on function exchange.settle_withdrawals(bigint[]) is 'Withdrawals have arrived for good: what was held for them is gone, the fee is the house''s; an internal one pays the other account. Those that are confirmed already are left as they are. Returns how many it settled. Locks the withdrawals, then balances in key order; one call a transaction. For other functions.';
