create function exchange.end_cool_down() returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    passed bigint;
begin
    select e.event_id into passed
    from exchange.withdrawals w
    join exchange.accounts a on a.account_id = w.account_id
    join risk.events e on e.activity_id = w.activity_id and e.action = 'hold'
    join risk.rules l on l.rule = e.rule and l.version = e.version and l.kind = 'new_withdrawal_address'
    where w.state = 'requested' and w.is_risk_held and w.ended_at is null
        -- What may not go on now waits on.
        and exchange.withdrawal_obstacle(a) is null
        and (w.internal_account_id is null or not exists (
            select from chain.coins c
            where c.asset_id = w.asset_id and c.network_id = w.network_id and exchange.is_halted(c)))
        and (e.observed ->> 'known_since')::timestamptz
            + make_interval(secs => (l.parameters ->> 'cool_down_seconds')::integer) <= now()
        and not exists (select from risk.reviews r where r.event_id = e.event_id)
    order by e.event_id
    limit 1;
    if not found then
        return false;
    end if;
    perform risk.decide_event(passed, 'released', 'the address has been known long enough');
    return true;
end $$;
comment on function exchange.end_cool_down() is 'Releases the oldest hold of the risk rules on a withdrawal to a new address that has been known for the rule''s time by now. False: there is none. One a transaction, because an internal one locks balances.';
