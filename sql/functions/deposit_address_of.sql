create function exchange.deposit_address_of(account_id bigint, of_asset text, of_network text default null)
returns table (
    address_id bigint, address text, network text, family text, chain text, contract bytea, account_key text,
    confirmations integer, large_amount numeric, large_confirmations integer, min_deposit numeric)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    coin constant chain.coins := exchange.find_coin(of_asset, of_network);
    held chain.addresses;
begin
    select * into held from chain.addresses d
    where d.account_id = deposit_address_of.account_id and d.asset_id = coin.asset_id and d.network_id = coin.network_id;
    if not found then
        perform from exchange.accounts a where a.account_id = deposit_address_of.account_id and a.role = 'user';
        if not found then
            perform exchange.reject('UNKNOWN_ACCOUNT', format('no user''s account %s', deposit_address_of.account_id));
        end if;
        insert into chain.addresses as d (network_id, account_id, asset_id)
        values (coin.network_id, deposit_address_of.account_id, coin.asset_id)
        on conflict on constraint addresses_account_id_key do nothing
        returning * into held;
        if not found then
            -- Somebody was faster, and has committed.
            select * into strict held from chain.addresses d
            where d.account_id = deposit_address_of.account_id and d.asset_id = coin.asset_id
                and d.network_id = coin.network_id;
        end if;
    end if;
    return query
    select held.address_id, held.address, n.name, n.family, n.chain, coin.contract, n.account_key, coin.confirmations,
        round(coin.large_amount, a.scale), coin.large_confirmations, round(coin.min_deposit, a.scale)
    from chain.networks n, exchange.assets a
    where n.network_id = coin.network_id and a.asset_id = coin.asset_id;
end $$;
comment on function exchange.deposit_address_of(bigint, text, text) is 'The account''s deposit address of an asset, which takes a number when it is first asked for. Its address is null until exchange.name_deposit_address. The network may be left out where the asset has one alone. Rejects: UNKNOWN_ASSET, UNKNOWN_NETWORK, NETWORK_REQUIRED, UNKNOWN_ACCOUNT.';
