-- The alternative that a user would write: a matcher in plain PL/pgSQL. Its book is an index, its
-- queue is `for update`, its balances are rows. It takes the mix of the bench: limit orders, good
-- till cancelled or immediate or cancel, cancels by client order id, fees, idempotency.
--
-- It is written as well as its author could: one lock a market keeps deadlocks out, the best
-- opposite order is found by an index that fits, rows are updated by primary key.

create schema plain;

create table plain.markets (
    market_id integer primary key,
    symbol text not null unique,
    base_asset_id integer not null,
    quote_asset_id integer not null,
    fee_account_id bigint not null
);

create table plain.balances (
    account_id bigint not null,
    asset_id integer not null,
    available numeric not null check (available >= 0),
    held numeric not null check (held >= 0),
    primary key (account_id, asset_id)
) with (fillfactor = 50);

create table plain.orders (
    order_id bigint generated always as identity primary key,
    market_id integer not null,
    account_id bigint not null,
    client_order_id text not null,
    side text not null,
    time_in_force text not null,
    price numeric not null,
    quantity numeric not null,
    remaining numeric not null,
    state text not null,
    placed_at timestamptz not null default now(),
    unique (account_id, client_order_id)
) with (fillfactor = 70);
create index on plain.orders (market_id, price desc, order_id) where state = 'open' and side = 'buy';
create index on plain.orders (market_id, price, order_id) where state = 'open' and side = 'sell';

create table plain.trades (
    trade_id bigint generated always as identity primary key,
    market_id integer not null,
    maker_order_id bigint not null,
    taker_order_id bigint not null,
    price numeric not null,
    quantity numeric not null,
    maker_fee numeric not null,
    taker_fee numeric not null,
    traded_at timestamptz not null default now()
);
create index on plain.trades (maker_order_id);
create index on plain.trades (taker_order_id);

create procedure plain.move(account bigint, asset integer, free numeric, frozen numeric)
language plpgsql as $$
begin
    update plain.balances b set available = b.available + free, held = b.held + frozen
    where b.account_id = account and b.asset_id = asset;
end $$;

create function plain.place_order(
    account bigint, symbol text, order_side text, order_price numeric, order_quantity numeric, tif text, client_id text)
returns text language plpgsql as $$
declare
    market plain.markets;
    taker plain.orders;
    maker plain.orders;
    traded numeric;
    buyer bigint;
    seller bigint;
    buyer_fee numeric;
    seller_fee numeric;
    buy_price numeric;
begin
    select * into strict market from plain.markets m where m.symbol = place_order.symbol for update;
    if exists (select from plain.orders o where o.account_id = account and o.client_order_id = client_id) then
        return 'repeated';
    end if;
    if order_side = 'buy' then
        update plain.balances b
        set available = b.available - order_price * order_quantity, held = b.held + order_price * order_quantity
        where b.account_id = account and b.asset_id = market.quote_asset_id
            and b.available >= order_price * order_quantity;
    else
        update plain.balances b
        set available = b.available - order_quantity, held = b.held + order_quantity
        where b.account_id = account and b.asset_id = market.base_asset_id and b.available >= order_quantity;
    end if;
    if not found then
        return 'insufficient balance';
    end if;
    insert into plain.orders (
        market_id, account_id, client_order_id, side, time_in_force, price, quantity, remaining, state)
    values (market.market_id, account, client_id, order_side, tif, order_price, order_quantity, order_quantity, 'open')
    returning * into taker;

    while taker.remaining > 0 loop
        if order_side = 'buy' then
            select * into maker from plain.orders o
            where o.market_id = market.market_id and o.state = 'open' and o.side = 'sell' and o.price <= order_price
            order by o.price, o.order_id limit 1 for update;
        else
            select * into maker from plain.orders o
            where o.market_id = market.market_id and o.state = 'open' and o.side = 'buy' and o.price >= order_price
            order by o.price desc, o.order_id limit 1 for update;
        end if;
        exit when not found or maker.account_id = account;
        traded := least(taker.remaining, maker.remaining);
        if order_side = 'buy' then
            buyer := account; seller := maker.account_id; buy_price := order_price;
            buyer_fee := traded * 0.002; seller_fee := traded * maker.price * 0.001;
        else
            buyer := maker.account_id; seller := account; buy_price := maker.price;
            buyer_fee := traded * 0.001; seller_fee := traded * maker.price * 0.002;
        end if;
        call plain.move(buyer, market.quote_asset_id, traded * (buy_price - maker.price), -traded * buy_price);
        call plain.move(buyer, market.base_asset_id, traded - buyer_fee, 0);
        call plain.move(seller, market.base_asset_id, 0, -traded);
        call plain.move(seller, market.quote_asset_id, traded * maker.price - seller_fee, 0);
        call plain.move(market.fee_account_id, market.base_asset_id, buyer_fee, 0);
        call plain.move(market.fee_account_id, market.quote_asset_id, seller_fee, 0);
        insert into plain.trades (market_id, maker_order_id, taker_order_id, price, quantity, maker_fee, taker_fee)
        values (market.market_id, maker.order_id, taker.order_id, maker.price, traded,
            case order_side when 'buy' then seller_fee else buyer_fee end,
            case order_side when 'buy' then buyer_fee else seller_fee end);
        update plain.orders o
        set remaining = o.remaining - traded, state = case when o.remaining = traded then 'filled' else 'open' end
        where o.order_id = maker.order_id;
        taker.remaining := taker.remaining - traded;
    end loop;

    taker.state := case when taker.remaining = 0 then 'filled' when tif = 'ioc' then 'expired' else 'open' end;
    update plain.orders o set remaining = taker.remaining, state = taker.state where o.order_id = taker.order_id;
    if taker.state = 'expired' then
        call plain.release(taker, market);
    end if;
    return taker.state;
end $$;

create procedure plain.release(ended plain.orders, market plain.markets)
language plpgsql as $$
begin
    if ended.side = 'buy' then
        call plain.move(ended.account_id, market.quote_asset_id,
            ended.remaining * ended.price, -ended.remaining * ended.price);
    else
        call plain.move(ended.account_id, market.base_asset_id, ended.remaining, -ended.remaining);
    end if;
end $$;

create function plain.cancel_order(account bigint, symbol text, client_id text)
returns text language plpgsql as $$
declare
    market plain.markets;
    ended plain.orders;
begin
    select * into strict market from plain.markets m where m.symbol = cancel_order.symbol for update;
    update plain.orders o set state = 'cancelled'
    where o.account_id = account and o.client_order_id = client_id and o.state = 'open'
    returning * into ended;
    if not found then
        return 'not found';
    end if;
    call plain.release(ended, market);
    return 'cancelled';
end $$;
