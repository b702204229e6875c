create function exchange.finish_login(
    ceremony_hash bytea, of_account_id bigint, totp_step bigint, recovery_code_hash bytea,
    passkey_id bigint, passkey_before jsonb, passkey_after jsonb,
    token_hash bytea, lifetime interval, address inet, user_agent text, device_hash bytea, new_device_hash bytea)
returns table (outcome text, session_id bigint, expires_at timestamptz, device_id bigint, is_new_device boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    found_ceremony exchange.ceremonies;
    fitted text;
begin
    select * into found_ceremony from exchange.ceremonies c
    where c.token_hash = finish_login.ceremony_hash and c.kind in ('second_factor', 'passkey_login')
        and c.expires_at > clock_timestamp();
    if not found or coalesce(found_ceremony.account_id, finish_login.of_account_id) <> finish_login.of_account_id
        or (found_ceremony.kind = 'passkey_login' and finish_login.passkey_id is null) then
        perform exchange.reject('INVALID_TOKEN', 'this token is unknown, was used, or is too old; begin anew');
    end if;
    perform from exchange.accounts a where a.account_id = finish_login.of_account_id for no key update;
    finish_login.outcome := exchange.prove_factor(
        finish_login.of_account_id, finish_login.totp_step, finish_login.recovery_code_hash,
        finish_login.passkey_id, finish_login.passkey_before, finish_login.passkey_after);
    -- A wrong one leaves the ceremony for another try: what bounds the tries is counted by account.
    if finish_login.outcome = 'proved' then
        fitted := exchange.use_ceremony(finish_login.ceremony_hash, found_ceremony.kind, found_ceremony.account_id, null);
        select o.session_id, o.expires_at, o.device_id, o.is_new_device
        into finish_login.session_id, finish_login.expires_at, finish_login.device_id, finish_login.is_new_device
        from exchange.open_session(
            finish_login.of_account_id, finish_login.token_hash, finish_login.lifetime, finish_login.address,
            finish_login.user_agent, fitted, finish_login.device_hash, finish_login.new_device_hash, true) o;
        if finish_login.session_id is null then
            finish_login.outcome := 'denied';
        elsif finish_login.recovery_code_hash is not null then
            perform exchange.tell_factor_changed(
                finish_login.of_account_id, finish_login.session_id, 'recovery code', 'used', is_weaker => false);
        end if;
    end if;
    return next;
end $$;
comment on function exchange.finish_login(bytea, bigint, bigint, bytea, bigint, jsonb, jsonb, bytea, interval, inet, text, bytea, bytea) is 'Ends a login by its second factor, or one by a passkey alone: opens the session, or says wrong or blocked, as prove_factor does. Denied: by a risk rule; the factor is used up. Rejects: INVALID_TOKEN, UNKNOWN_ACCOUNT, INVALID_LIFETIME, INVALID_TOKEN_HASH.';
