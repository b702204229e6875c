create function staff.withdrawal_queue(staff_session_id bigint, after_withdrawal_id bigint, at_most integer)
returns table (
    withdrawal_id bigint, account_id bigint, asset text, network text, address text, is_internal boolean, amount numeric,
    fee numeric, value_usdt numeric, kyc_level integer, required_reviews integer, approvals integer, approved_by bigint[],
    is_risk_held boolean, rules text[], requested_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    most constant integer := 1000;
begin
    perform staff.require(withdrawal_queue.staff_session_id, 'finance', 'reviewer', 'risk');
    return query
    select w.withdrawal_id, w.account_id, a.symbol, n.name, w.address, w.internal_account_id is not null,
        round(w.amount, a.scale), round(w.fee, a.scale), round(risk.value_of(a.symbol, w.amount, now()), 2), o.kyc_level,
        w.required_reviews::integer, coalesce(cardinality(done.by), 0), coalesce(done.by, '{}'), w.is_risk_held,
        array(select distinct e.rule from risk.events e where e.activity_id = w.activity_id order by e.rule), w.requested_at
    from exchange.withdrawals w
    join exchange.accounts o on o.account_id = w.account_id
    join exchange.assets a on a.asset_id = w.asset_id
    join chain.networks n on n.network_id = w.network_id
    cross join lateral (
        select array_agg(r.staff_id order by r.decided_at) as by from exchange.withdrawal_reviews r
        where r.withdrawal_id = w.withdrawal_id and r.is_approved) done
    where w.state = 'requested' and w.ended_at is null
        and w.withdrawal_id > coalesce(withdrawal_queue.after_withdrawal_id, 0)
    order by w.withdrawal_id
    limit least(greatest(withdrawal_queue.at_most, 0), most);
end $$;
comment on function staff.withdrawal_queue(bigint, bigint, integer) is 'Withdrawals that wait for people, the oldest first, after a number where given, 1,000 at most: what is asked, how many reviews it needs and has, and which risk rules were met. Rejects: ACCESS_REVOKED, PERMISSION_DENIED.';
