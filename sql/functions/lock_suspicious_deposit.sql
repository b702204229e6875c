create function exchange.lock_suspicious_deposit(deposit_id bigint) returns exchange.deposits
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    found_deposit exchange.deposits;
begin
    -- The network first, as its watcher does: no reorganisation comes between.
    perform from chain.networks n
    where n.network_id = (select d.network_id from exchange.deposits d where d.deposit_id = lock_suspicious_deposit.deposit_id)
    for no key update;
    select * into found_deposit from exchange.deposits d where d.deposit_id = lock_suspicious_deposit.deposit_id for update;
    if not found then
        perform exchange.reject('DEPOSIT_NOT_FOUND', format('no deposit %s', lock_suspicious_deposit.deposit_id));
    end if;
    if found_deposit.state <> 'suspicious' then
        perform exchange.reject('DEPOSIT_DECIDED', 'the deposit does not wait for staff');
    end if;
    return found_deposit;
end $$;
comment on function exchange.lock_suspicious_deposit(bigint) is 'A deposit that waits for staff, locked with its network. For other functions. Rejects: DEPOSIT_NOT_FOUND, DEPOSIT_DECIDED.';
