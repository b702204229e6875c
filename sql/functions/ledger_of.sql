create function exchange.ledger_of(
    account_id bigint, of_asset text default null, from_time timestamptz default null, to_time timestamptz default null,
    before_time timestamptz default null, before_fact_id bigint default null, before_part integer default null,
    limit_entries integer default 100)
returns table (
    occurred_at timestamptz, fact_kind text, fact_id bigint, part integer, leg text, market text, asset text, amount numeric)
language plpgsql stable set search_path = pg_catalog, pg_temp
-- The account's indexes from their ends, whatever the planner thinks of row-level security.
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off
set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
declare
    only_asset integer;
    firsts bigint[];
    lasts bigint[];
    wanted integer := least(greatest(coalesce(limit_entries, 100), 0), 1000);
    since timestamptz := coalesce(from_time, '-infinity');
    until timestamptz := coalesce(to_time, 'infinity');
    place_time timestamptz := coalesce(before_time, 'infinity');
    place_id bigint := coalesce(before_fact_id, 0);
    place_part integer := coalesce(before_part, 0);
begin
    if of_asset is not null then
        select a.asset_id into only_asset from exchange.assets a where a.symbol = of_asset;
        if not found then
            perform exchange.reject('UNKNOWN_ASSET', format('no asset %s', of_asset));
        end if;
    end if;
    select array_agg(r.first_number), array_agg(r.last_number) into firsts, lasts
    from exchange.market_ranges(null, from_time, to_time, before_time, before_fact_id) r
    join exchange.markets m on m.market_id = r.market_id
    where r.first_number <= r.last_number
        and (only_asset is null or only_asset in (m.base_asset_id, m.quote_asset_id));
    -- One fact more than entries are wanted: that of the place itself may have none left to give.
    return query
    with facts as (
        select t.* from unnest(firsts, lasts) as r (first, last)
        cross join lateral (
            (select i.trade_id, i.market_id, 1 as is_maker, i.taker_side = 'sell' as is_buy, i.quantity, i.quote_amount,
                i.maker_fee as fee, i.traded_at
            from exchange.trades i
            where i.maker_account_id = ledger_of.account_id and i.trade_id between r.first and r.last
                and i.traded_at >= since and (i.traded_at, i.trade_id) <= (place_time, place_id)
            order by i.trade_id desc limit wanted + 1)
            union all
            (select i.trade_id, i.market_id, 0, i.taker_side = 'buy', i.quantity, i.quote_amount, i.taker_fee, i.traded_at
            from exchange.trades i
            where i.taker_account_id = ledger_of.account_id and i.trade_id between r.first and r.last
                and i.traded_at >= since and (i.traded_at, i.trade_id) <= (place_time, place_id)
            order by i.trade_id desc limit wanted + 1)
        ) t
    ), entries as (
        select f.traded_at as occurred_at, 'trade' as fact_kind, f.trade_id as fact_id, f.is_maker * 3 + e.part as part,
            e.leg, m.symbol as market, e.asset_id, e.amount
        from facts f
        join exchange.markets m on m.market_id = f.market_id
        cross join lateral (values
            (2, 'base', m.base_asset_id, case when f.is_buy then f.quantity else - f.quantity end),
            (1, 'quote', m.quote_asset_id, case when f.is_buy then - f.quote_amount else f.quote_amount end),
            (0, 'fee', case when f.is_buy then m.base_asset_id else m.quote_asset_id end, - f.fee)
        ) as e (part, leg, asset_id, amount)
        union all
        select d.adjusted_at, 'adjustment', d.adjustment_id, 0, 'adjustment', null, d.asset_id, d.amount
        from exchange.assets a
        cross join lateral (
            select i.* from exchange.adjustments i
            where i.account_id = ledger_of.account_id and i.asset_id = a.asset_id
                and i.adjusted_at >= since and i.adjusted_at < until and i.adjusted_at <= place_time
                and (i.adjusted_at, i.adjustment_id) < (place_time, place_id)
            order by i.adjusted_at desc, i.adjustment_id desc limit wanted) d
        where only_asset is null or a.asset_id = only_asset
        union all
        select d.transferred_at, 'transfer', d.transfer_id, d.part, 'transfer', null, d.asset_id, d.amount
        from exchange.assets a
        cross join lateral (
            (select i.transfer_id, i.asset_id, - i.amount as amount, i.transferred_at, 1 as part
            from exchange.transfers i
            where i.from_account_id = ledger_of.account_id and i.asset_id = a.asset_id
                and i.transferred_at >= since and i.transferred_at < until and i.transferred_at <= place_time
            order by i.transferred_at desc, i.transfer_id desc limit wanted + 1)
            union all
            (select i.transfer_id, i.asset_id, i.amount, i.transferred_at, 1
            from exchange.transfers i
            where i.to_account_id = ledger_of.account_id and i.asset_id = a.asset_id
                and i.transferred_at >= since and i.transferred_at < until and i.transferred_at <= place_time
            order by i.transferred_at desc, i.transfer_id desc limit wanted + 1)
        ) d
        where only_asset is null or a.asset_id = only_asset
        union all
        select d.occurred_at, 'deposit', d.deposit_entry_id, 2, 'deposit', null, d.asset_id, d.amount - d.debt_amount
        from exchange.assets a
        cross join lateral (
            select i.* from exchange.deposit_entries i
            where i.account_id = ledger_of.account_id and i.asset_id = a.asset_id and i.amount <> i.debt_amount
                and i.occurred_at >= since and i.occurred_at < until and i.occurred_at <= place_time
            order by i.occurred_at desc, i.deposit_entry_id desc limit wanted + 1) d
        where only_asset is null or a.asset_id = only_asset
        union all
        select d.ended_at, 'withdrawal', d.withdrawal_id, e.part, e.leg, null, d.asset_id, e.amount
        from exchange.assets a
        cross join lateral (
            select i.* from exchange.withdrawals i
            where i.account_id = ledger_of.account_id and i.asset_id = a.asset_id and i.state = 'confirmed'
                and i.ended_at >= since and i.ended_at < until and i.ended_at <= place_time
            order by i.ended_at desc, i.withdrawal_id desc limit wanted + 1) d
        cross join lateral (values (4, 'withdrawal', - d.amount), (3, 'fee', - d.fee)) as e (part, leg, amount)
        where only_asset is null or a.asset_id = only_asset
        union all
        select d.ended_at, 'withdrawal', d.withdrawal_id, 3, 'fee', null, d.asset_id, - d.fee
        from exchange.assets a
        cross join lateral (
            select i.* from exchange.withdrawals i
            where i.account_id = ledger_of.account_id and i.asset_id = a.asset_id and i.is_fee_kept
                and i.ended_at >= since and i.ended_at < until and i.ended_at <= place_time
            order by i.ended_at desc, i.withdrawal_id desc limit wanted + 1) d
        where only_asset is null or a.asset_id = only_asset
        union all
        select d.ended_at, 'withdrawal', d.withdrawal_id, 5, 'withdrawal', null, d.asset_id, d.amount
        from exchange.assets a
        cross join lateral (
            select i.* from exchange.withdrawals i
            where i.internal_account_id = ledger_of.account_id and i.asset_id = a.asset_id and i.state = 'confirmed'
                and i.ended_at >= since and i.ended_at < until and i.ended_at <= place_time
            order by i.ended_at desc, i.withdrawal_id desc limit wanted + 1) d
        where only_asset is null or a.asset_id = only_asset
    )
    select e.occurred_at, e.fact_kind, e.fact_id, e.part, e.leg, e.market, a.symbol, round(e.amount, a.scale)
    from entries e
    join exchange.assets a on a.asset_id = e.asset_id
    where e.amount <> 0 and (only_asset is null or e.asset_id = only_asset)
        and (e.occurred_at, e.fact_id, e.part) < (place_time, place_id, place_part)
    order by e.occurred_at desc, e.fact_id desc, e.part desc
    limit wanted;
end $$;
comment on function exchange.ledger_of(bigint, text, timestamptz, timestamptz, timestamptz, bigint, integer, integer) is 'A user''s ledger entries, the newest first, at most 1,000: of one asset, from a time until before another, following a place in the list (occurred_at, fact_id and part of the last row), where given. Reads no more of the history than it gives. Row-level security applies. Rejects: UNKNOWN_ASSET.';
