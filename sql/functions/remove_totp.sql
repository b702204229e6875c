create function exchange.remove_totp(account_id bigint, session_id bigint) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    was_on boolean;
begin
    perform exchange.require_owner(remove_totp.account_id, remove_totp.session_id);
    if not exchange.may_change_security(remove_totp.account_id, 'totp_removed', remove_totp.session_id) then
        return false;
    end if;
    delete from exchange.totp_factors where account_id = remove_totp.account_id
    returning confirmed_at is not null into was_on;
    if not found then
        perform exchange.reject('FACTOR_NOT_FOUND', 'the account has no authenticator app');
    end if;
    perform exchange.drop_unneeded_codes(remove_totp.account_id);
    if was_on then
        perform exchange.tell_factor_changed(
            remove_totp.account_id, remove_totp.session_id, 'authenticator app', 'removed', is_weaker => true);
    end if;
    return true;
end $$;
comment on function exchange.remove_totp(bigint, bigint) is 'Takes the authenticator app away, also one whose first code has not come. Nothing is withdrawn for a day, and the owner gets a mail. False: a risk rule denies it. Rejects: ACCESS_REVOKED, STEP_UP_REQUIRED, ACCOUNT_FROZEN, FACTOR_NOT_FOUND.';
