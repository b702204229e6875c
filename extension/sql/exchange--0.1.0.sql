\echo Use "create extension exchange" to load this file. \quit

-- Security definer with a pinned search path: what these functions read by SQL is found in
-- pg_catalog and exchange alone. Who may execute what is decided by the grants in sql/roles.

create function exchange.submit(batch json) returns json
    language c strict volatile parallel unsafe security definer set search_path = pg_catalog, pg_temp
    as 'MODULE_PATHNAME', 'submit_wrapper';
comment on function exchange.submit(json) is
    'Runs up to 4096 commands (place, cancel, cancel_all, reduce, replace) in order; answers an array of outcomes. A refused command changes nothing.';

create function exchange.place_order(
    account_id bigint, market text, side text, kind text default 'limit', price numeric default null,
    quantity numeric default null, budget numeric default null, time_in_force text default null,
    post_only boolean default false, self_trade text default 'expire_taker', client_order_id text default null
) returns json
    language c volatile parallel unsafe security definer set search_path = pg_catalog, pg_temp
    as 'MODULE_PATHNAME', 'place_order_wrapper';
comment on function exchange.place_order(bigint, text, text, text, numeric, numeric, numeric, text, boolean, text, text) is
    'Places one order: limit with price and quantity, market with quantity, or market buy with budget.';

create function exchange.cancel_order(
    account_id bigint, order_id bigint default null, client_order_id text default null
) returns json
    language c volatile parallel unsafe security definer set search_path = pg_catalog, pg_temp
    as 'MODULE_PATHNAME', 'cancel_order_wrapper';
comment on function exchange.cancel_order(bigint, bigint, text) is
    'Cancels an open order of the account and gives its hold back.';

create function exchange.cancel_all_orders(
    account_id bigint, market text default null, side text default null
) returns json
    language c volatile parallel unsafe security definer set search_path = pg_catalog, pg_temp
    as 'MODULE_PATHNAME', 'cancel_all_orders_wrapper';
comment on function exchange.cancel_all_orders(bigint, text, text) is
    'Cancels the account''s open orders, in one market or side where given.';

create function exchange.reduce_order(account_id bigint, order_id bigint, quantity numeric) returns json
    language c volatile parallel unsafe security definer set search_path = pg_catalog, pg_temp
    as 'MODULE_PATHNAME', 'reduce_order_wrapper';
comment on function exchange.reduce_order(bigint, bigint, numeric) is
    'Lowers what an open order still has to quantity; it keeps its priority.';

create function exchange.replace_order(
    account_id bigint, order_id bigint, side text, price numeric, quantity numeric,
    client_order_id text default null, post_only boolean default false,
    self_trade text default 'expire_taker', time_in_force text default 'gtc'
) returns json
    language c volatile parallel unsafe security definer set search_path = pg_catalog, pg_temp
    as 'MODULE_PATHNAME', 'replace_order_wrapper';
comment on function exchange.replace_order(bigint, bigint, text, numeric, numeric, text, boolean, text, text) is
    'Cancels an open order and places a limit order in the same market: both or neither.';

create function exchange.order_book(
    market text, depth integer default 50,
    out side text, out price numeric, out quantity numeric, out orders integer
) returns setof record
    language c strict volatile parallel unsafe security definer set search_path = pg_catalog, pg_temp
    as 'MODULE_PATHNAME', 'order_book_wrapper';
comment on function exchange.order_book(text, integer) is
    'Price levels of a market, bids then asks, best first; from shared memory, on a standby from the tables.';

create function exchange.book_orders(
    market text,
    out order_id bigint, out account_id bigint, out side text, out price numeric, out remaining numeric
) returns setof record
    language c strict volatile parallel unsafe security definer set search_path = pg_catalog, pg_temp
    as 'MODULE_PATHNAME', 'book_orders_wrapper';
comment on function exchange.book_orders(text) is
    'The book in shared memory, order by order, in priority order.';

create function exchange.verify_book(
    market_symbol text default null, out market text, out order_id bigint, out problem text
) returns setof record
    language c volatile parallel unsafe security definer set search_path = pg_catalog, pg_temp
    as 'MODULE_PATHNAME', 'verify_book_wrapper';
comment on function exchange.verify_book(text) is
    'Where the book in shared memory and the tables disagree; empty when all is well.';

create function exchange.reset_book(market text) returns void
    language c strict volatile parallel unsafe security definer set search_path = pg_catalog, pg_temp
    as 'MODULE_PATHNAME', 'reset_book_wrapper';
comment on function exchange.reset_book(text) is
    'Forgets a book in shared memory; its next use builds it from the tables.';

create function exchange.book_memory(
    out market text, out open_orders bigint, out capacity bigint, out bytes bigint
) returns setof record
    language c volatile parallel unsafe security definer set search_path = pg_catalog, pg_temp
    as 'MODULE_PATHNAME', 'book_memory_wrapper';
comment on function exchange.book_memory() is
    'How full the books in shared memory are.';

create function exchange.wait_durable() returns void
    language c volatile parallel unsafe
    as 'MODULE_PATHNAME', 'wait_durable_wrapper';
comment on function exchange.wait_durable() is
    'Returns once all that is visible now is on disk, and replicated where that is asked for.';
