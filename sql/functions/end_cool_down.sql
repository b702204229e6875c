create function exchange.end_cool_down() returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    due record;
begin
    -- One at a time: two would release the same.
    if not pg_try_advisory_xact_lock(hashtext('exchange.end_cool_down')) then
        return false;
    end if;
    select w.withdrawal_id, w.activity_id into due
    from exchange.withdrawals w
    join exchange.accounts a on a.account_id = w.account_id
    where w.state = 'requested' and w.is_risk_held and w.cool_down_ends_at <= now()
        -- What may not go on now waits on.
        and exchange.withdrawal_obstacle(a) is null
        and (w.internal_account_id is null or not exists (
            select from chain.coins c
            where c.asset_id = w.asset_id and c.network_id = w.network_id and exchange.is_halted(c)))
    order by w.cool_down_ends_at, w.withdrawal_id
    limit 1;
    if not found then
        return false;
    end if;
    -- None where an officer was faster.
    perform risk.decide_event(c.event_id, 'released', 'the address has been known long enough')
    from exchange.cool_down_of(due.activity_id) c where c.ends_at <= now();
    update exchange.withdrawals w set cool_down_ends_at = (select c.ends_at from exchange.cool_down_of(w.activity_id) c)
    where w.withdrawal_id = due.withdrawal_id;
    return true;
end $$;
comment on function exchange.end_cool_down() is 'Releases the hold of the risk rules that was due first, on a withdrawal to a new address that has been known for the rule''s time by now. False: there is none, or another releases. One a transaction, because an internal one locks balances.';
