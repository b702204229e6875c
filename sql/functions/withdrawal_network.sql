create function exchange.withdrawal_network(asset text, network text default null)
returns table (name text, family text, chain text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    coin constant chain.coins := exchange.find_coin(withdrawal_network.asset, withdrawal_network.network);
begin
    return query select n.name, n.family, n.chain from chain.networks n where n.network_id = coin.network_id;
end $$;
comment on function exchange.withdrawal_network(text, text) is 'By which network''s rules an address of a withdrawal is read. Rejects: UNKNOWN_ASSET, UNKNOWN_NETWORK, NETWORK_REQUIRED.';
