create function exchange.replace_recovery_codes(account_id bigint, session_id bigint, code_hashes bytea[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    perform exchange.require_owner(replace_recovery_codes.account_id, replace_recovery_codes.session_id);
    if not exchange.has_second_factor(replace_recovery_codes.account_id) then
        perform exchange.reject('FACTOR_NOT_FOUND', 'the account has no second factor that codes could stand in for');
    end if;
    perform exchange.put_recovery_codes(replace_recovery_codes.account_id, replace_recovery_codes.code_hashes);
    perform exchange.tell_factor_changed(
        replace_recovery_codes.account_id, replace_recovery_codes.session_id, 'recovery codes', 'replaced', is_weaker => false);
end $$;
comment on function exchange.replace_recovery_codes(bigint, bigint, bytea[]) is 'Gives the account a new set of recovery codes; the earlier ones are gone. Rejects: ACCESS_REVOKED, STEP_UP_REQUIRED, ACCOUNT_FROZEN, FACTOR_NOT_FOUND.';
