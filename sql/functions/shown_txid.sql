create function exchange.shown_txid(family text, txid bytea) returns text
language sql immutable strict parallel safe set search_path = pg_catalog, pg_temp as $$
    select case shown_txid.family when 'evm' then '0x' else '' end || encode(shown_txid.txid, 'hex')
$$;
comment on function exchange.shown_txid(text, bytea) is 'A transaction as the tools of its family of chains print it: the one form in which it is ever shown.';
