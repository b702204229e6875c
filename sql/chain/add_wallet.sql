create function chain.add_wallet(network text, role text, address text, script bytea, descriptor text) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    of_network integer;
    known chain.wallets;
begin
    select n.network_id into of_network from chain.networks n where n.name = add_wallet.network;
    if not found then
        perform exchange.reject('UNKNOWN_NETWORK', format('no network %s', add_wallet.network));
    end if;
    insert into chain.wallets (network_id, role, address, script, descriptor)
    values (of_network, add_wallet.role, add_wallet.address, add_wallet.script, add_wallet.descriptor)
    on conflict (network_id, role) do nothing;
    select * into strict known from chain.wallets w where w.network_id = of_network and w.role = add_wallet.role;
    if (known.address, known.script, known.descriptor) is distinct from (add_wallet.address, add_wallet.script, add_wallet.descriptor) then
        perform exchange.reject('WALLET_EXISTS', format('the %s wallet of %s is %s', known.role, add_wallet.network, known.address));
    end if;
    return known.wallet_id;
end $$;
comment on function chain.add_wallet(text, text, text, bytea, text) is 'Registers a wallet of the house, once a network and role; the same again is a repeat. For the operator. Rejects: UNKNOWN_NETWORK, WALLET_EXISTS.';
