-- Orders, their updates, trades. Written by the extension, in batches, straight into the leaf
-- partitions: no triggers and no foreign keys here; check views find what they would have found.
--
-- Numbers: order_id, trade_id and order_update_id are market_id * 10^14 + sequence, where sequence
-- is the fact's place in its market's gapless numbering. They sort by market, then by commit.

create table exchange.orders (
    order_id bigint not null,
    market_id integer not null,
    account_id bigint not null,
    client_order_id text collate "C",
    side text not null,
    kind text not null,
    time_in_force text not null,
    post_only boolean not null,
    self_trade text not null,
    price numeric,
    quantity numeric,
    budget numeric,
    maker_rate numeric(7, 6) not null,
    taker_rate numeric(7, 6) not null,
    reduced_quantity numeric not null,
    filled_quantity numeric not null,
    filled_quote numeric not null,
    state text not null,
    placed_at timestamptz not null,
    closed_at timestamptz,
    constraint orders_names_known check (
        side in ('buy', 'sell') and kind in ('limit', 'market') and time_in_force in ('gtc', 'ioc', 'fok')
        and self_trade in ('expire_taker', 'expire_maker', 'expire_both', 'none')
        and state in ('open', 'filled', 'cancelled', 'expired')),
    constraint orders_terms_fit_kind check (
        (kind = 'limit') = (price is not null) and (quantity is null) = (budget is not null)
        and (budget is null or (kind = 'market' and side = 'buy'))
        and (not post_only or time_in_force = 'gtc') and (kind = 'limit' or time_in_force <> 'gtc')),
    constraint orders_amounts_in_range check (
        price > 0 and quantity > 0 and budget > 0 and reduced_quantity >= 0 and filled_quantity >= 0
        and filled_quote >= 0 and reduced_quantity + filled_quantity <= quantity and filled_quote <= budget),
    constraint orders_filled_is_whole check (state <> 'filled' or quantity is null or reduced_quantity + filled_quantity = quantity),
    constraint orders_open_rests check (
        (state = 'open') = (closed_at is null)
        and (state <> 'open' or (time_in_force = 'gtc' and reduced_quantity + filled_quantity < quantity)))
) partition by list (state);
comment on table exchange.orders is 'Every accepted order, once: in orders_open while it rests, then in the partition of the month in which it ended.';
comment on column exchange.orders.order_id is 'market_id * 10^14 + sequence of the placement.';
comment on column exchange.orders.market_id is 'Market.';
comment on column exchange.orders.account_id is 'Owner.';
comment on column exchange.orders.client_order_id is 'The owner''s own name for it and idempotency key; see order_keys.';
comment on column exchange.orders.side is 'buy or sell.';
comment on column exchange.orders.kind is 'limit or market.';
comment on column exchange.orders.time_in_force is 'gtc, ioc or fok.';
comment on column exchange.orders.post_only is 'Was refused rather than take.';
comment on column exchange.orders.self_trade is 'What happens on meeting an order of the same account.';
comment on column exchange.orders.price is 'Worst acceptable price; null for market orders.';
comment on column exchange.orders.quantity is 'Base quantity as placed; null for budget orders.';
comment on column exchange.orders.budget is 'Quote to spend at most; only market buys by budget.';
comment on column exchange.orders.maker_rate is 'Fee rate of its fills as maker, fixed at placement.';
comment on column exchange.orders.taker_rate is 'Fee rate of its fills as taker, fixed at placement.';
comment on column exchange.orders.reduced_quantity is 'Taken off by reductions.';
comment on column exchange.orders.filled_quantity is 'Base traded; the sum of its trades.';
comment on column exchange.orders.filled_quote is 'Quote traded; the sum of its trades.';
comment on column exchange.orders.state is 'open, filled, cancelled (by its owner) or expired (by a rule).';
comment on column exchange.orders.placed_at is 'When it was accepted.';
comment on column exchange.orders.closed_at is 'When it ended.';

create table exchange.orders_open partition of exchange.orders (
    constraint orders_open_pkey primary key (order_id)
) for values in ('open') with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
create index orders_open_account_id_idx on exchange.orders_open (account_id, order_id);
comment on table exchange.orders_open is 'The resting orders: what the book in shared memory is rebuilt from.';

create table exchange.orders_closed partition of exchange.orders (
    constraint orders_closed_pkey primary key (order_id, closed_at)
) for values in ('filled', 'cancelled', 'expired') partition by range (closed_at);
create index orders_closed_account_id_idx on exchange.orders_closed (account_id, order_id);
comment on table exchange.orders_closed is 'Ended orders by month of their end.';

create table exchange.order_keys (
    account_id bigint not null,
    client_order_id text collate "C" not null,
    order_id bigint not null,
    fingerprint bigint not null,
    placed_at timestamptz not null,
    constraint order_keys_pkey primary key (account_id, client_order_id)
);
comment on table exchange.order_keys is 'Idempotency of placements: one order per account and client order id.';
comment on column exchange.order_keys.account_id is 'Owner.';
comment on column exchange.order_keys.client_order_id is 'The owner''s name for the order.';
comment on column exchange.order_keys.order_id is 'The order placed under it.';
comment on column exchange.order_keys.fingerprint is '64-bit hash of what was asked: tells a repeat from another order.';
comment on column exchange.order_keys.placed_at is 'When; a key may be forgotten once its order has ended long ago.';

create table exchange.order_updates (
    order_update_id bigint not null,
    market_id integer not null,
    order_id bigint not null,
    account_id bigint not null,
    kind text not null,
    reason text not null,
    removed_quantity numeric not null,
    counter_order_id bigint,
    prevented_quantity numeric not null,
    updated_at timestamptz not null,
    constraint order_updates_pkey primary key (order_update_id, updated_at),
    constraint order_updates_names_known check (
        (kind = 'reduced' and reason = 'requested')
        or (kind = 'cancelled' and reason in ('requested', 'cancel_all', 'replaced'))
        or (kind = 'expired' and reason in ('unfilled', 'self_trade'))),
    constraint order_updates_amounts_in_range check (removed_quantity >= 0 and prevented_quantity >= 0),
    constraint order_updates_self_trade_has_counter check ((reason = 'self_trade') = (counter_order_id is not null))
) partition by range (updated_at);
create index order_updates_order_id_idx on exchange.order_updates (order_id);
comment on table exchange.order_updates is 'How orders changed other than by trading: reduced, cancelled, expired; prevented self-trades are here.';
comment on column exchange.order_updates.order_update_id is 'market_id * 10^14 + sequence.';
comment on column exchange.order_updates.market_id is 'Market.';
comment on column exchange.order_updates.order_id is 'The order that changed.';
comment on column exchange.order_updates.account_id is 'Its owner.';
comment on column exchange.order_updates.kind is 'reduced, cancelled or expired.';
comment on column exchange.order_updates.reason is 'Which verb or rule did it.';
comment on column exchange.order_updates.removed_quantity is 'Base taken off the order; 0 for a budget order.';
comment on column exchange.order_updates.counter_order_id is 'Self-trade prevention: the account''s other order.';
comment on column exchange.order_updates.prevented_quantity is 'Self-trade prevention: base that would have traded.';
comment on column exchange.order_updates.updated_at is 'When.';

create table exchange.trades (
    trade_id bigint not null,
    market_id integer not null,
    price numeric not null,
    quantity numeric not null,
    quote_amount numeric not null,
    taker_side text not null,
    maker_order_id bigint not null,
    taker_order_id bigint not null,
    maker_account_id bigint not null,
    taker_account_id bigint not null,
    maker_fee numeric not null,
    taker_fee numeric not null,
    traded_at timestamptz not null,
    constraint trades_pkey primary key (trade_id, traded_at),
    constraint trades_taker_side_known check (taker_side in ('buy', 'sell')),
    constraint trades_amounts_in_range check (price > 0 and quantity > 0 and quote_amount = price * quantity),
    constraint trades_fees_in_range check (
        maker_fee >= 0 and taker_fee >= 0
        and case taker_side when 'buy' then taker_fee <= quantity and maker_fee <= quote_amount
            else maker_fee <= quantity and taker_fee <= quote_amount end)
) partition by range (traded_at);
create index trades_maker_account_id_idx on exchange.trades (maker_account_id, trade_id);
create index trades_taker_account_id_idx on exchange.trades (taker_account_id, trade_id);
comment on table exchange.trades is 'Every trade, with all that its ledger entries need.';
comment on column exchange.trades.trade_id is 'market_id * 10^14 + sequence. A taker''s trades follow its order''s number.';
comment on column exchange.trades.market_id is 'Market.';
comment on column exchange.trades.price is 'The maker''s price.';
comment on column exchange.trades.quantity is 'Base traded.';
comment on column exchange.trades.quote_amount is 'Quote traded: price times quantity, exact.';
comment on column exchange.trades.taker_side is 'Side of the order that arrived.';
comment on column exchange.trades.maker_order_id is 'The order that rested.';
comment on column exchange.trades.taker_order_id is 'The order that arrived.';
comment on column exchange.trades.maker_account_id is 'Owner of the maker order.';
comment on column exchange.trades.taker_account_id is 'Owner of the taker order.';
comment on column exchange.trades.maker_fee is 'In the asset that the maker received, rounded up to the atom.';
comment on column exchange.trades.taker_fee is 'In the asset that the taker received, rounded up to the atom.';
comment on column exchange.trades.traded_at is 'When.';
