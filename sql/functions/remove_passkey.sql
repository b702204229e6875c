create function exchange.remove_passkey(account_id bigint, session_id bigint, passkey_id bigint) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    perform exchange.require_owner(remove_passkey.account_id, remove_passkey.session_id);
    if not exchange.may_change_security(remove_passkey.account_id, 'passkey_removed', remove_passkey.session_id) then
        return false;
    end if;
    delete from exchange.passkeys
    where passkey_id = remove_passkey.passkey_id and account_id = remove_passkey.account_id;
    if not found then
        perform exchange.reject('PASSKEY_NOT_FOUND', format('no passkey %s of this account', remove_passkey.passkey_id));
    end if;
    perform exchange.drop_unneeded_codes(remove_passkey.account_id);
    perform exchange.tell_factor_changed(
        remove_passkey.account_id, remove_passkey.session_id, 'passkey', 'removed', is_weaker => true);
    return true;
end $$;
comment on function exchange.remove_passkey(bigint, bigint, bigint) is 'Takes a passkey away. Nothing is withdrawn for a day, and the owner gets a mail. False: a risk rule denies it. Rejects: ACCESS_REVOKED, STEP_UP_REQUIRED, ACCOUNT_FROZEN, PASSKEY_NOT_FOUND.';
