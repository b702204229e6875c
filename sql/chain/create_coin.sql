create function chain.create_coin(
    asset text, network text, contract bytea, confirmations integer, large_amount numeric, large_confirmations integer,
    min_deposit numeric, min_withdrawal numeric, review_above numeric, second_review_above numeric,
    fee_units integer, fee_floor numeric, fee_ceiling numeric, sweep_above numeric, hot_floor numeric, hot_ceiling numeric)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    listed exchange.assets;
    listed_on chain.networks;
begin
    select * into listed from exchange.assets a where a.symbol = create_coin.asset;
    if not found then
        perform exchange.reject('UNKNOWN_ASSET', format('no asset %s', create_coin.asset));
    end if;
    select * into listed_on from chain.networks n where n.name = create_coin.network;
    if not found then
        perform exchange.reject('UNKNOWN_NETWORK', format('no network %s', create_coin.network));
    end if;
    if create_coin.contract is not null and listed_on.family <> 'evm' then
        perform exchange.reject('INVALID_COIN', 'only networks of the evm family have contracts');
    end if;
    if exists (select from chain.coins c
        where c.network_id = listed_on.network_id
            and (c.asset_id = listed.asset_id or c.contract is not distinct from create_coin.contract)) then
        perform exchange.reject('COIN_EXISTS', format(
            '%s or this contract is listed on %s', listed.symbol, listed_on.name));
    end if;
    insert into chain.coins (
        asset_id, network_id, contract, confirmations, large_amount, large_confirmations, min_deposit, min_withdrawal,
        review_above, second_review_above, fee_units, fee_floor, fee_ceiling, sweep_above, hot_floor, hot_ceiling)
    values (
        listed.asset_id, listed_on.network_id, create_coin.contract, create_coin.confirmations, create_coin.large_amount,
        create_coin.large_confirmations, create_coin.min_deposit, create_coin.min_withdrawal, create_coin.review_above,
        create_coin.second_review_above, create_coin.fee_units, create_coin.fee_floor, create_coin.fee_ceiling,
        create_coin.sweep_above, create_coin.hot_floor, create_coin.hot_ceiling);
end $$;
comment on function chain.create_coin(text, text, bytea, integer, numeric, integer, numeric, numeric, numeric, numeric, integer, numeric, numeric, numeric, numeric, numeric) is 'Lists an asset on a network: by its contract, or as the network''s own coin where that is null. The operator sees to it that the chain gives it as many decimals as the asset has. Rejects: UNKNOWN_ASSET, UNKNOWN_NETWORK, INVALID_COIN, COIN_EXISTS; a rule of the table that does not hold is a check violation that names it.';
