create function exchange.deposits_of(
    account_id bigint, of_asset text default null, of_network text default null, of_states text[] default null,
    from_time timestamptz default null, to_time timestamptz default null, before_deposit_id bigint default null,
    limit_deposits integer default 100)
returns table (
    deposit_id bigint, kind text, asset text, network text, address text, amount numeric, txid text, from_address text, state text,
    confirmations bigint, required_confirmations integer, seen_at timestamptz, changed_at timestamptz, credited_at timestamptz)
language plpgsql stable set search_path = pg_catalog, pg_temp
-- The account's index from its end, whatever the planner thinks of row-level security.
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
declare
    at_most constant integer := least(greatest(coalesce(limit_deposits, 100), 0), 1000);
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
    with on_chain as (
        select d.* from exchange.deposits d
        where d.account_id = deposits_of.account_id and d.deposit_id < coalesce(before_deposit_id, 9223372036854775807)
            and (only_asset is null or d.asset_id = only_asset)
            and (only_network is null or d.network_id = only_network)
            and (of_states is null or d.state = any (of_states))
            and (from_time is null or d.seen_at >= from_time) and (to_time is null or d.seen_at < to_time)
        order by d.deposit_id desc
        limit at_most
    ), internal as (
        select w.* from exchange.withdrawals w
        where w.internal_account_id = deposits_of.account_id and w.receipt_id < coalesce(before_deposit_id, 9223372036854775807)
            and (only_asset is null or w.asset_id = only_asset)
            and (only_network is null or w.network_id = only_network)
            and (of_states is null or 'credited' = any (of_states))
            and (from_time is null or w.ended_at >= from_time) and (to_time is null or w.ended_at < to_time)
        order by w.receipt_id desc
        limit at_most
    )
    select d.deposit_id, 'chain', a.symbol, n.name, h.address, round(d.amount, a.scale), exchange.shown_txid(n.family, d.txid),
        d.from_address, d.state, coalesce(greatest(chain.tip_height(d.network_id) - d.block_height + 1, 0), 0),
        d.required_confirmations, d.seen_at, d.changed_at, d.credited_at
    from on_chain d
    join exchange.assets a on a.asset_id = d.asset_id
    join chain.networks n on n.network_id = d.network_id
    join chain.addresses h on h.address_id = d.address_id
    union all
    select w.receipt_id, 'internal', a.symbol, n.name, w.address, round(w.amount, a.scale), null, null, 'credited', 0, 0,
        w.ended_at, w.ended_at, w.ended_at
    from internal w
    join exchange.assets a on a.asset_id = w.asset_id
    join chain.networks n on n.network_id = w.network_id
    order by 1 desc
    limit at_most;
end $$;
comment on function exchange.deposits_of(bigint, text, text, text[], timestamptz, timestamptz, bigint, integer) is 'A user''s deposits, those that another account of the exchange paid (internal) included, the newest first, at most 1,000: of one asset, of one network, in one of these states, seen from a time until before another, before a number in the list, where given. Confirmations are counted to the highest block that was read. Row-level security applies. Rejects: UNKNOWN_ASSET, UNKNOWN_NETWORK.';
