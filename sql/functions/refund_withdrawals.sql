create function exchange.refund_withdrawals(withdrawal_ids bigint[], state text, reason text, keeps_fee boolean default false) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    open_ids bigint[];
    ended exchange.withdrawals;
    accounts bigint[];
    assets integer[];
begin
    if refund_withdrawals.state is null or refund_withdrawals.state not in ('rejected', 'cancelled', 'failed') then
        raise exception 'a withdrawal is not given back as %', refund_withdrawals.state using errcode = 'invalid_parameter_value';
    end if;
    perform from exchange.withdrawals w
    where w.withdrawal_id = any (refund_withdrawals.withdrawal_ids) order by w.withdrawal_id for no key update;
    select array_agg(w.withdrawal_id order by w.withdrawal_id), array_agg(w.account_id), array_agg(w.asset_id)
    into open_ids, accounts, assets
    from exchange.withdrawals w
    where w.withdrawal_id = any (refund_withdrawals.withdrawal_ids) and w.state <> refund_withdrawals.state;
    if open_ids is null then
        return 0;
    end if;
    select * into ended from exchange.withdrawals w where w.withdrawal_id = any (open_ids) and w.ended_at is not null limit 1;
    if found then
        raise exception 'withdrawal % is %: it cannot be given back', ended.withdrawal_id, ended.state
            using errcode = 'object_not_in_prerequisite_state';
    end if;

    if refund_withdrawals.keeps_fee then
        select accounts || array_agg(w.fees_account_id), assets || array_agg(w.asset_id) into accounts, assets
        from exchange.withdrawals w where w.withdrawal_id = any (open_ids);
    end if;
    perform exchange.lock_balances(accounts, assets);
    with changes as (
        select w.account_id, w.asset_id, w.amount + case when refund_withdrawals.keeps_fee then 0 else w.fee end as available,
            w.amount + w.fee as held
        from exchange.withdrawals w where w.withdrawal_id = any (open_ids)
        union all
        select w.fees_account_id, w.asset_id, w.fee, 0
        from exchange.withdrawals w where w.withdrawal_id = any (open_ids) and refund_withdrawals.keeps_fee
    ), summed as (
        select c.account_id, c.asset_id, sum(c.available) as available, sum(c.held) as held
        from changes c group by c.account_id, c.asset_id
    )
    update exchange.balances b
    set available = b.available + s.available, held = b.held - s.held
    from summed s
    where b.account_id = s.account_id and b.asset_id = s.asset_id;
    update exchange.withdrawals w
    set state = refund_withdrawals.state, end_reason = left(refund_withdrawals.reason, 500), ended_at = now(),
        is_fee_kept = refund_withdrawals.keeps_fee and w.fee > 0
    where w.withdrawal_id = any (open_ids);

    for ended in select * from exchange.withdrawals w where w.withdrawal_id = any (open_ids) order by w.withdrawal_id loop
        perform exchange.mail_withdrawal('withdrawal_ended', ended);
        perform exchange.tell_balance(
            'withdrawal_returned', ended.withdrawal_id, ended.account_id, ended.asset_id,
            ended.amount + case when ended.is_fee_kept then 0 else ended.fee end);
        if ended.is_fee_kept then
            perform exchange.tell_balance('withdrawal_fee', ended.withdrawal_id, ended.fees_account_id, ended.asset_id, ended.fee);
        end if;
    end loop;
    perform exchange.tell_withdrawals(open_ids);
    return cardinality(open_ids);
end $$;
comment on function exchange.refund_withdrawals(bigint[], text, text, boolean) is 'Withdrawals end as rejected, cancelled or failed: what was held for them is available again; but for the fee where keeps_fee says so, which is the house''s. Those that ended so already are left as they are. Returns how many it gave back. Who calls it has made sure that nothing was or will be sent. Locks the withdrawals, then balances in key order; one call a transaction. For other functions.';
