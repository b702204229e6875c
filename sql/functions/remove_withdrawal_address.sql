create function exchange.remove_withdrawal_address(account_id bigint, session_id bigint, withdrawal_address_id bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    perform exchange.require_owner(remove_withdrawal_address.account_id, remove_withdrawal_address.session_id);
    update exchange.withdrawal_addresses w set removed_at = coalesce(w.removed_at, now())
    where w.withdrawal_address_id = remove_withdrawal_address.withdrawal_address_id
        and w.account_id = remove_withdrawal_address.account_id;
    if not found then
        perform exchange.reject('ADDRESS_NOT_FOUND', format(
            'no address %s in the address book', remove_withdrawal_address.withdrawal_address_id));
    end if;
end $$;
comment on function exchange.remove_withdrawal_address(bigint, bigint, bigint) is 'Takes an address out of the address book, in the name of a session that has stepped up; a repeat changes nothing. Rejects: ACCESS_REVOKED, STEP_UP_REQUIRED, ACCOUNT_FROZEN, ADDRESS_NOT_FOUND.';
