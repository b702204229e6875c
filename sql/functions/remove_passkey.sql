create function exchange.remove_passkey(account_id bigint, session_id bigint, passkey_id bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    perform from exchange.accounts a where a.account_id = remove_passkey.account_id for no key update;
    perform exchange.require_stepped_up(remove_passkey.account_id, remove_passkey.session_id);
    delete from exchange.passkeys
    where passkey_id = remove_passkey.passkey_id and account_id = remove_passkey.account_id;
    if not found then
        perform exchange.reject('PASSKEY_NOT_FOUND', format('no passkey %s of this account', remove_passkey.passkey_id));
    end if;
    perform exchange.drop_unneeded_codes(remove_passkey.account_id);
end $$;
comment on function exchange.remove_passkey(bigint, bigint, bigint) is 'Takes a passkey away. Rejects: ACCESS_REVOKED, STEP_UP_REQUIRED, PASSKEY_NOT_FOUND.';
