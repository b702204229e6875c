create function exchange.deposits_of(
    account_id bigint, of_asset text default null, of_network text default null, of_states text[] default null,
    from_time timestamptz default null, to_time timestamptz default null, before_deposit_id bigint default null,
    limit_deposits integer default 100)
returns table (
    deposit_id bigint, asset text, network text, address text, amount numeric, txid text, from_address text, state text,
    confirmations bigint, required_confirmations integer, seen_at timestamptz, changed_at timestamptz, credited_at timestamptz)
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
        select d.* from exchange.deposits d
        where d.account_id = deposits_of.account_id and d.deposit_id < coalesce(before_deposit_id, 9223372036854775807)
            and (only_asset is null or d.asset_id = only_asset)
            and (only_network is null or d.network_id = only_network)
            and (of_states is null or d.state = any (of_states))
            and (from_time is null or d.seen_at >= from_time) and (to_time is null or d.seen_at < to_time)
        order by d.deposit_id desc
        limit least(greatest(coalesce(limit_deposits, 100), 0), 1000)
    )
    select d.deposit_id, a.symbol, n.name, h.address, round(d.amount, a.scale),
        case n.family when 'evm' then '0x' else '' end || encode(d.txid, 'hex'), d.from_address, d.state,
        coalesce(greatest(chain.tip_height(d.network_id) - d.block_height + 1, 0), 0), d.required_confirmations,
        d.seen_at, d.changed_at, d.credited_at
    from page d
    join exchange.assets a on a.asset_id = d.asset_id
    join chain.networks n on n.network_id = d.network_id
    join chain.addresses h on h.address_id = d.address_id
    order by d.deposit_id desc;
end $$;
comment on function exchange.deposits_of(bigint, text, text, text[], timestamptz, timestamptz, bigint, integer) is 'A user''s deposits, the newest first, at most 1,000: of one asset, of one network, in one of these states, seen from a time until before another, before a number in the list, where given. Confirmations are counted to the highest block that was read. Row-level security applies. Rejects: UNKNOWN_ASSET, UNKNOWN_NETWORK.';
