create function exchange.has_balance(role text) returns boolean
language sql immutable set search_path = pg_catalog, pg_temp as $$
    select role not in ('external', 'debts', 'costs', 'capital')
$$;
comment on function exchange.has_balance(text) is 'Whether accounts of a role have balance rows; the others are sides of the ledger alone. For checks and other functions.';
