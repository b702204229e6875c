create function staff.list_deposits(
    staff_session_id bigint, of_state text default null, of_account_id bigint default null, before_deposit_id bigint default null,
    limit_deposits integer default 100)
returns table (
    deposit_id bigint, account_id bigint, asset text, network text, address text, amount numeric, txid text, from_address text,
    state text, confirmations bigint, required_confirmations integer, activity_id bigint, seen_at timestamptz,
    changed_at timestamptz, credited_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan set jit = off as $$
#variable_conflict use_column
begin
    perform staff.require(list_deposits.staff_session_id, 'risk', 'finance', 'support');
    return query
    with page as (
        select d.* from exchange.deposits d
        where d.deposit_id < coalesce(before_deposit_id, 9223372036854775807)
            and (of_state is null or d.state = of_state)
            and (of_account_id is null or d.account_id = of_account_id)
        order by d.deposit_id desc
        limit least(greatest(coalesce(limit_deposits, 100), 0), 1000)
    )
    select d.deposit_id, d.account_id, a.symbol, n.name, h.address, round(d.amount, a.scale),
        exchange.shown_txid(n.family, d.txid), d.from_address, d.state,
        coalesce(greatest(chain.tip_height(d.network_id) - d.block_height + 1, 0), 0), d.required_confirmations, d.activity_id,
        d.seen_at, d.changed_at, d.credited_at
    from page d
    join exchange.assets a on a.asset_id = d.asset_id
    join chain.networks n on n.network_id = d.network_id
    join chain.addresses h on h.address_id = d.address_id
    order by d.deposit_id desc;
end $$;
comment on function staff.list_deposits(bigint, text, bigint, bigint, integer) is 'Deposits of users, the newest first, at most 1,000: in one state, of one account, before a number in the list, where given. Rejects: ACCESS_REVOKED, PERMISSION_DENIED.';
