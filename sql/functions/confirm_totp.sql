create function exchange.confirm_totp(account_id bigint, session_id bigint, secret bytea, step bigint, code_hashes bytea[]) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    was_alone boolean;
begin
    perform exchange.require_owner(confirm_totp.account_id, confirm_totp.session_id);
    if not exchange.may_change_security(confirm_totp.account_id, 'totp_added', confirm_totp.session_id) then
        return null;
    end if;
    was_alone := not exchange.has_second_factor(confirm_totp.account_id);
    update exchange.totp_factors t set confirmed_at = now(), last_step = confirm_totp.step
    where t.account_id = confirm_totp.account_id and t.confirmed_at is null and t.secret = confirm_totp.secret;
    if not found then
        perform exchange.reject('FACTOR_NOT_FOUND', 'no authenticator app waits for its first code; begin anew');
    end if;
    if was_alone then
        -- Their logins proved less than the account asks for from now on.
        perform exchange.end_other_sessions(confirm_totp.account_id, confirm_totp.session_id);
        perform exchange.put_recovery_codes(confirm_totp.account_id, confirm_totp.code_hashes);
    end if;
    perform exchange.tell_factor_changed(
        confirm_totp.account_id, confirm_totp.session_id, 'authenticator app', 'added', is_weaker => false);
    return was_alone;
end $$;
comment on function exchange.confirm_totp(bigint, bigint, bytea, bigint, bytea[]) is 'Turns an authenticator app on, after its first right code, whose half minute is used up. As the first factor of the account it ends the other sessions and brings recovery codes: then true. The owner gets a mail. Null: a risk rule denies it. Rejects: ACCESS_REVOKED, STEP_UP_REQUIRED, ACCOUNT_FROZEN, FACTOR_NOT_FOUND.';
