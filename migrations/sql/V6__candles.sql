-- Candles: what a chart shows, counted from trades. Derived, and therefore rebuilt at any time; the
-- API follows the stream of markets to know which there are.

create table exchange.candles (
    market_id integer not null,
    interval_seconds integer not null,
    opened_at timestamptz not null,
    open numeric not null,
    high numeric not null,
    low numeric not null,
    close numeric not null,
    base_volume numeric not null,
    quote_volume numeric not null,
    trades bigint not null,
    first_trade_id bigint not null,
    last_trade_id bigint not null,
    constraint candles_pkey primary key (market_id, interval_seconds, opened_at),
    constraint candles_market_id_fkey foreign key (market_id) references exchange.markets (market_id),
    constraint candles_interval_seconds_known check (interval_seconds in (60, 300, 900, 3600, 14400, 86400)),
    constraint candles_prices_in_order check (
        low > 0 and low <= least(open, close) and high >= greatest(open, close)),
    constraint candles_amounts_positive check (base_volume > 0 and quote_volume > 0 and trades > 0),
    constraint candles_trade_ids_forward check (first_trade_id <= last_trade_id and (trades = 1) = (first_trade_id = last_trade_id))
-- Only the newest candles change: room for their versions, so that no index entry is ever made twice.
) with (fillfactor = 80);
comment on table exchange.candles is 'Trades by market and time; a time without a trade has no row. Follows candle_positions; exchange.candles_of adds the trades after it.';
comment on column exchange.candles.market_id is 'Market.';
comment on column exchange.candles.interval_seconds is 'Length: 60, 300, 900, 3600, 14400 or 86400.';
comment on column exchange.candles.opened_at is 'Where it begins, a whole multiple of its length since 1970, UTC.';
comment on column exchange.candles.open is 'Price of its trade with the lowest number.';
comment on column exchange.candles.high is 'Highest price.';
comment on column exchange.candles.low is 'Lowest price.';
comment on column exchange.candles.close is 'Price of its trade with the highest number.';
comment on column exchange.candles.base_volume is 'Sum of its trades'' quantities.';
comment on column exchange.candles.quote_volume is 'Sum of its trades'' quote amounts.';
comment on column exchange.candles.trades is 'How many trades.';
comment on column exchange.candles.first_trade_id is 'Lowest number of its trades.';
comment on column exchange.candles.last_trade_id is 'Highest number of its trades; a trade beyond it is not counted here.';

create table exchange.candle_positions (
    market_id integer not null,
    last_trade_id bigint not null,
    constraint candle_positions_pkey primary key (market_id),
    constraint candle_positions_market_id_fkey foreign key (market_id) references exchange.markets (market_id)
) with (fillfactor = 50);
comment on table exchange.candle_positions is 'How far a market''s candles have counted; its row lock lets one counter work at a time.';
comment on column exchange.candle_positions.market_id is 'Market.';
comment on column exchange.candle_positions.last_trade_id is 'The last trade that is in the candles; every one up to it is, none beyond it.';

insert into exchange.streams (stream_id, name) values (10004, 'markets');
comment on column exchange.streams.name is 'Topic of the stream: asset, finance, risk, access or markets.';
