create function exchange.deposit_address_of(account_id bigint, of_asset text, of_network text default null)
returns table (
    address_id bigint, address text, network text, family text, chain text, contract bytea, account_key text,
    confirmations integer, large_amount numeric, large_confirmations integer, min_deposit numeric)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    picked record;
    held chain.addresses;
begin
    perform from exchange.assets a where a.symbol = of_asset;
    if not found then
        perform exchange.reject('UNKNOWN_ASSET', format('no asset %s', of_asset));
    end if;
    select c.asset_id, c.network_id, a.scale, n.name, n.family, n.chain, n.account_key, c.contract, c.confirmations, c.large_amount,
        c.large_confirmations, c.min_deposit, count(*) over () as listed
    into picked
    from chain.coins c
    join exchange.assets a on a.asset_id = c.asset_id
    join chain.networks n on n.network_id = c.network_id
    where a.symbol = of_asset and (of_network is null or n.name = of_network);
    if not found then
        perform exchange.reject('UNKNOWN_NETWORK', format('%s is not listed on such a network', of_asset));
    end if;
    if picked.listed > 1 then
        perform exchange.reject('NETWORK_REQUIRED', format('%s is listed on several networks: say which', of_asset));
    end if;
    select * into held from chain.addresses d
    where d.account_id = deposit_address_of.account_id and d.asset_id = picked.asset_id and d.network_id = picked.network_id;
    if not found then
        perform from exchange.accounts a where a.account_id = deposit_address_of.account_id and a.role = 'user';
        if not found then
            perform exchange.reject('UNKNOWN_ACCOUNT', format('no user''s account %s', deposit_address_of.account_id));
        end if;
        insert into chain.addresses as d (network_id, account_id, asset_id)
        values (picked.network_id, deposit_address_of.account_id, picked.asset_id)
        on conflict on constraint addresses_account_id_key do nothing
        returning * into held;
        if not found then
            -- Somebody was faster, and has committed.
            select * into strict held from chain.addresses d
            where d.account_id = deposit_address_of.account_id and d.asset_id = picked.asset_id
                and d.network_id = picked.network_id;
        end if;
    end if;
    return query
    select held.address_id, held.address, picked.name, picked.family, picked.chain, picked.contract, picked.account_key,
        picked.confirmations, round(picked.large_amount, picked.scale), picked.large_confirmations,
        round(picked.min_deposit, picked.scale);
end $$;
comment on function exchange.deposit_address_of(bigint, text, text) is 'The account''s deposit address of an asset, which takes a number when it is first asked for. Its address is null until exchange.name_deposit_address. The network may be left out where the asset has one alone. Rejects: UNKNOWN_ASSET, UNKNOWN_NETWORK, NETWORK_REQUIRED, UNKNOWN_ACCOUNT.';
