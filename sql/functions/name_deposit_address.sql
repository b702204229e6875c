create function exchange.name_deposit_address(address_id bigint, account_key text, address text, script bytea) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    named chain.addresses;
begin
    update chain.networks n set account_key = name_deposit_address.account_key
    from chain.addresses d
    where d.address_id = name_deposit_address.address_id and n.network_id = d.network_id and n.account_key is null;
    perform from chain.networks n join chain.addresses d on d.network_id = n.network_id
    where d.address_id = name_deposit_address.address_id and n.account_key = name_deposit_address.account_key;
    if not found then
        perform exchange.reject('OTHER_ACCOUNT_KEY', 'the addresses of this network come from another extended public key');
    end if;
    update chain.addresses d set address = name_deposit_address.address, script = name_deposit_address.script
    where d.address_id = name_deposit_address.address_id and d.address is null;
    select * into strict named from chain.addresses d where d.address_id = name_deposit_address.address_id;
    if (named.address, named.script) is distinct from (name_deposit_address.address, name_deposit_address.script) then
        perform exchange.reject('OTHER_ADDRESS', format('address %s has another name already', named.address_id));
    end if;
end $$;
comment on function exchange.name_deposit_address(bigint, text, text, bytea) is 'Stores what was derived for a deposit address, once: a repeat changes nothing, another name is refused. The first extended public key that a network''s address is derived from stays its only one. Rejects: OTHER_ACCOUNT_KEY, OTHER_ADDRESS.';
