create function exchange.is_halted(coin chain.coins) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select coin.is_halted or n.is_halted from chain.networks n where n.network_id = coin.network_id
$$;
comment on function exchange.is_halted(chain.coins) is 'Whether withdrawals of a coin are halted, by itself or with its network. For other functions.';
