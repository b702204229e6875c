create function exchange.refund_deposit(deposit_id bigint, network text, address text, script bytea) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    found_deposit exchange.deposits := exchange.lock_suspicious_deposit(refund_deposit.deposit_id);
    needed integer;
begin
    -- What goes out is final; so must be what came in.
    select c.large_confirmations into strict needed from chain.coins c
    where c.asset_id = found_deposit.asset_id and c.network_id = found_deposit.network_id;
    perform exchange.require_confirmations(found_deposit, needed);
    -- The address was read by the rules of the network that was named.
    if not exists (
        select from chain.networks n
        where n.network_id = found_deposit.network_id and n.name = refund_deposit.network) then
        perform exchange.reject('WRONG_NETWORK', 'the deposit came on another network');
    end if;
    perform exchange.require_target(found_deposit.network_id, refund_deposit.script);
    if coalesce(length(refund_deposit.address) not between 1 and 100, true)
        or coalesce(octet_length(refund_deposit.script) not between 20 and 42, true)
        or exists (select from chain.addresses a
            where a.network_id = found_deposit.network_id and a.script = refund_deposit.script) then
        perform exchange.reject('INVALID_ADDRESS', 'a deposit goes back to an address outside of the exchange');
    end if;
    insert into exchange.deposit_refunds (deposit_id, address, script)
    values (found_deposit.deposit_id, refund_deposit.address, refund_deposit.script);
    update exchange.deposits d set state = 'refunding', changed_at = now() where d.deposit_id = found_deposit.deposit_id;
    perform chain.tell_deposits(array[found_deposit.deposit_id]);
    -- No stream has this number: payments have work.
    perform pg_notify('exchange_events', '10921');
end $$;
comment on function exchange.refund_deposit(bigint, text, text, bytea) is 'Lets a suspicious deposit go back, once it is as old as a large one must be. For staff.run_action: two people decide it. Rejects: DEPOSIT_NOT_FOUND, DEPOSIT_DECIDED, NOT_CONFIRMED, WRONG_NETWORK, UNSUPPORTED_ADDRESS, INVALID_ADDRESS.';
