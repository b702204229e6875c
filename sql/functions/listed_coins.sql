create function exchange.listed_coins()
returns table (
    asset text, network text, family text, chain text, contract bytea, scale smallint, confirmations integer,
    large_amount numeric, large_confirmations integer, min_deposit numeric, min_withdrawal numeric, may_withdraw boolean)
language sql stable set search_path = pg_catalog, pg_temp as $$
    select a.symbol, n.name, n.family, n.chain, c.contract, a.scale, c.confirmations,
        round(c.large_amount, a.scale), c.large_confirmations, round(c.min_deposit, a.scale), round(c.min_withdrawal, a.scale),
        not (n.is_halted or c.is_halted)
    from chain.coins c
    join chain.networks n on n.network_id = c.network_id
    join exchange.assets a on a.asset_id = c.asset_id
    order by a.symbol, n.name
$$;
comment on function exchange.listed_coins() is 'Every asset on every network that takes it: what deposits need, what withdrawals need, and whether any are sent at the moment.';
