create function exchange.create_market(
    market_id integer, base_asset text, quote_asset text, tick numeric, lot numeric,
    min_quantity numeric, max_quantity numeric, min_notional numeric, price_band numeric, reference_price numeric,
    max_open_orders integer default 200, allow_self_trade boolean default false, status text default 'trading')
returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    base exchange.assets;
    quote exchange.assets;
    -- The engine counts atoms of a lot, lots of a quantity and ticks of a price in 64 bits.
    largest constant numeric := 9223372036854775807;
    fee_account bigint;
begin
    select * into base from exchange.assets a where a.symbol = create_market.base_asset;
    if not found then
        perform exchange.reject('UNKNOWN_ASSET', format('no asset %s', create_market.base_asset));
    end if;
    select * into quote from exchange.assets a where a.symbol = create_market.quote_asset;
    if not found then
        perform exchange.reject('UNKNOWN_ASSET', format('no asset %s', create_market.quote_asset));
    end if;
    if coalesce(create_market.tick <= 0 or create_market.lot <= 0, true) then
        perform exchange.reject('INVALID_MARKET', 'tick and lot are positive');
    end if;
    if coalesce(create_market.lot * power(10::numeric, base.scale) > largest
        or create_market.tick * create_market.lot * power(10::numeric, quote.scale) > largest
        or create_market.max_quantity / create_market.lot > largest
        or create_market.reference_price / create_market.tick > largest
        or scale(trim_scale(create_market.min_notional)) > quote.scale
        or create_market.min_notional * power(10::numeric, quote.scale) > power(10::numeric, 36), true) then
        perform exchange.reject('INVALID_MARKET', 'a limit of the market is missing, too fine or too large');
    end if;
    if exists (select from exchange.markets m where m.market_id = create_market.market_id
        or m.symbol = base.symbol || '/' || quote.symbol) then
        perform exchange.reject('MARKET_EXISTS', format('market %s or %s/%s exists', create_market.market_id, base.symbol, quote.symbol));
    end if;

    insert into exchange.accounts (role) values ('fees') returning account_id into fee_account;
    -- The fee account's balances are made now: trading then finds them and never inserts.
    insert into exchange.balances (account_id, asset_id, available, held)
    select fee_account, f.asset_id, round(0::numeric, f.scale), round(0::numeric, f.scale)
    from (values (base.asset_id, base.scale), (quote.asset_id, quote.scale)) as f (asset_id, scale);
    -- Last, because its trigger appends to stream markets, and everybody who lists or halts a market
    -- waits for that stream's counter.
    insert into exchange.markets (
        market_id, symbol, base_asset_id, quote_asset_id, fee_account_id, tick, lot, min_quantity, max_quantity,
        min_notional, price_band, reference_price, max_open_orders, allow_self_trade, status)
    values (
        create_market.market_id, base.symbol || '/' || quote.symbol, base.asset_id, quote.asset_id, fee_account,
        create_market.tick, create_market.lot, create_market.min_quantity, create_market.max_quantity,
        create_market.min_notional, create_market.price_band, create_market.reference_price,
        create_market.max_open_orders, create_market.allow_self_trade, create_market.status);
    return create_market.market_id;
end $$;
comment on function exchange.create_market(integer, text, text, numeric, numeric, numeric, numeric, numeric, numeric, numeric, integer, boolean, text) is 'Lists base/quote under the operator''s number, with a fee account of its own, which stream markets tells. What the engine could not count exactly is refused. Rejects: UNKNOWN_ASSET, INVALID_MARKET, MARKET_EXISTS; a rule of the table that does not hold is a check violation that names it.';
