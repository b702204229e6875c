create function exchange.step_up(
    account_id bigint, session_id bigint, password_hash text, totp_step bigint, recovery_code_hash bytea,
    ceremony_hash bytea, passkey_id bigint, passkey_before jsonb, passkey_after jsonb, token_hash bytea)
returns table (outcome text, new_session_id bigint, expires_at timestamptz, device_id bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    by_password boolean;
begin
    perform from exchange.accounts a where a.account_id = step_up.account_id for no key update;
    perform exchange.require_session(step_up.account_id, step_up.session_id);
    by_password := not exchange.has_second_factor(step_up.account_id);
    if step_up.password_hash is not null and not by_password then
        perform exchange.reject('SECOND_FACTOR_REQUIRED', 'the account has a second factor: the password is not enough');
    end if;
    if step_up.passkey_id is not null then
        perform exchange.use_ceremony(step_up.ceremony_hash, 'step_up', step_up.account_id, step_up.session_id);
    end if;
    if by_password and exists (
        select from exchange.accounts a
        where a.account_id = step_up.account_id and a.password_hash = step_up.password_hash)
        and not exists (
            select from exchange.factor_failures f
            where f.account_id = step_up.account_id and f.blocked_until > clock_timestamp()) then
        delete from exchange.factor_failures f where f.account_id = step_up.account_id;
        step_up.outcome := 'proved';
    else
        step_up.outcome := exchange.prove_factor(
            step_up.account_id, step_up.totp_step, step_up.recovery_code_hash,
            step_up.passkey_id, step_up.passkey_before, step_up.passkey_after);
    end if;
    if step_up.outcome = 'proved' then
        -- A token that somebody saw before gains nothing: what it could do now is a new token's.
        insert into exchange.sessions (token_hash, account_id, expires_at, address, user_agent, device_id)
        select step_up.token_hash, s.account_id, s.expires_at, s.address, s.user_agent, s.device_id
        from exchange.sessions s where s.session_id = step_up.session_id
        returning session_id, expires_at, device_id
        into step_up.new_session_id, step_up.expires_at, step_up.device_id;
        perform exchange.end_sessions(step_up.account_id, array[step_up.session_id]);
        if step_up.recovery_code_hash is not null then
            perform exchange.tell_factor_changed(
                step_up.account_id, step_up.new_session_id, 'recovery code', 'used', is_weaker => false);
        end if;
    end if;
    return next;
end $$;
comment on function exchange.step_up(bigint, bigint, text, bigint, bytea, bytea, bigint, jsonb, jsonb, bytea) is 'Proves again who a session is, by a second factor, or by the password where the account has none (the hash that it fitted): then another session with a new token takes its place until the same end. Otherwise says wrong or blocked, as prove_factor does. Rejects: ACCESS_REVOKED, SECOND_FACTOR_REQUIRED, INVALID_TOKEN.';
