create function exchange.find_coin(asset text, network text default null) returns chain.coins
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    listed chain.coins[];
begin
    perform from exchange.assets a where a.symbol = find_coin.asset;
    if not found then
        perform exchange.reject('UNKNOWN_ASSET', format('no asset %s', coalesce(find_coin.asset, 'null')));
    end if;
    select array_agg(c) into listed
    from chain.coins c
    join exchange.assets a on a.asset_id = c.asset_id
    join chain.networks n on n.network_id = c.network_id
    where a.symbol = find_coin.asset and (find_coin.network is null or n.name = find_coin.network);
    if listed is null then
        perform exchange.reject('UNKNOWN_NETWORK', format('%s is not listed on such a network', find_coin.asset));
    end if;
    if cardinality(listed) > 1 then
        perform exchange.reject('NETWORK_REQUIRED', format('%s is listed on several networks: say which', find_coin.asset));
    end if;
    return listed[1];
end $$;
comment on function exchange.find_coin(text, text) is 'An asset as it is on a network, which may be left out where there is one alone. For other functions. Rejects: UNKNOWN_ASSET, UNKNOWN_NETWORK, NETWORK_REQUIRED.';
