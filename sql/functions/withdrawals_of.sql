create function exchange.withdrawals_of(
    account_id bigint, of_asset text default null, of_network text default null, of_states text[] default null,
    from_time timestamptz default null, to_time timestamptz default null, before_withdrawal_id bigint default null,
    limit_withdrawals integer default 100, only_withdrawal_id bigint default null)
returns table (
    withdrawal_id bigint, asset text, network text, address text, amount numeric, fee numeric, state text, is_internal boolean,
    may_cancel boolean, txid text, end_reason text, requested_at timestamptz, approved_at timestamptz, ended_at timestamptz)
language plpgsql stable set search_path = pg_catalog, pg_temp
-- The account's index from its end, whatever the planner thinks of row-level security.
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
declare
    only_asset integer;
    only_network integer;
begin
    if of_asset is not null then
        select a.asset_id into only_asset from exchange.assets a where a.symbol = of_asset;
        if not found then
            perform exchange.reject('UNKNOWN_ASSET', format('no asset %s', of_asset));
        end if;
    end if;
    if of_network is not null then
        select n.network_id into only_network from chain.networks n where n.name = of_network;
        if not found then
            perform exchange.reject('UNKNOWN_NETWORK', format('no network %s', of_network));
        end if;
    end if;
    return query
    with page as (
        select w.* from exchange.withdrawals w
        where w.account_id = withdrawals_of.account_id
            and w.withdrawal_id < coalesce(before_withdrawal_id, 9223372036854775807)
            and (only_withdrawal_id is null or w.withdrawal_id = only_withdrawal_id)
            and (only_asset is null or w.asset_id = only_asset)
            and (only_network is null or w.network_id = only_network)
            and (coalesce(cardinality(of_states), 0) = 0 or w.state = any (of_states))
            and (from_time is null or w.requested_at >= from_time) and (to_time is null or w.requested_at < to_time)
        order by w.withdrawal_id desc
        limit least(greatest(coalesce(limit_withdrawals, 100), 0), 1000)
    )
    select w.withdrawal_id, a.symbol, n.name, w.address, round(w.amount, a.scale), round(w.fee, a.scale), w.state,
        w.internal_account_id is not null, w.state in ('requested', 'approved') and w.payment_id is null,
        exchange.txid_of_payment(w.payment_id), w.end_reason, w.requested_at, w.approved_at, w.ended_at
    from page w
    join exchange.assets a on a.asset_id = w.asset_id
    join chain.networks n on n.network_id = w.network_id
    order by w.withdrawal_id desc;
end $$;
comment on function exchange.withdrawals_of(bigint, text, text, text[], timestamptz, timestamptz, bigint, integer, bigint) is 'An account''s withdrawals, the newest first, at most 1,000: of one asset, of one network, in one of these states, asked for from a time until before another, before a number in the list, or one alone, where given; with the transaction that carries each. Row-level security applies. Rejects: UNKNOWN_ASSET, UNKNOWN_NETWORK.';
