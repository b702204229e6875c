create function exchange.add_passkey(
    account_id bigint, session_id bigint, ceremony_hash bytea, credential_id bytea, label text, credential jsonb,
    code_hashes bytea[])
returns table (passkey_id bigint, created_at timestamptz, is_first boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    max_passkeys constant integer := 10;
begin
    perform exchange.require_owner(add_passkey.account_id, add_passkey.session_id);
    if not exchange.may_change_security(add_passkey.account_id, 'passkey_added', add_passkey.session_id) then
        return;
    end if;
    perform exchange.use_ceremony(add_passkey.ceremony_hash, 'add_passkey', add_passkey.account_id, add_passkey.session_id);
    if (select count(*) from exchange.passkeys p where p.account_id = add_passkey.account_id) >= max_passkeys then
        perform exchange.reject('TOO_MANY_PASSKEYS', format('an account has at most %s passkeys; remove one first', max_passkeys));
    end if;
    add_passkey.is_first := not exchange.has_second_factor(add_passkey.account_id);
    insert into exchange.passkeys as p (account_id, credential_id, label, credential)
    values (add_passkey.account_id, add_passkey.credential_id, add_passkey.label, add_passkey.credential)
    on conflict (credential_id) do nothing
    returning p.passkey_id, p.created_at into add_passkey.passkey_id, add_passkey.created_at;
    if add_passkey.passkey_id is null then
        perform exchange.reject('DUPLICATE_PASSKEY', 'this passkey is known already');
    end if;
    if add_passkey.is_first then
        -- Their logins proved less than the account asks for from now on.
        perform exchange.end_other_sessions(add_passkey.account_id, add_passkey.session_id);
        perform exchange.put_recovery_codes(add_passkey.account_id, add_passkey.code_hashes);
    end if;
    perform exchange.tell_factor_changed(
        add_passkey.account_id, add_passkey.session_id, 'passkey', 'added', is_weaker => false);
    return next;
end $$;
comment on function exchange.add_passkey(bigint, bigint, bytea, bytea, text, jsonb, bytea[]) is 'Adds a passkey, whose answer the API has checked. As the first factor of the account it ends the other sessions and brings recovery codes. The owner gets a mail. No row: a risk rule denies it. Rejects: ACCESS_REVOKED, STEP_UP_REQUIRED, ACCOUNT_FROZEN, INVALID_TOKEN, TOO_MANY_PASSKEYS, DUPLICATE_PASSKEY.';
