create function exchange.require_stepped_up(account_id bigint, session_id bigint) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    perform exchange.require_session(require_stepped_up.account_id, require_stepped_up.session_id);
    if exchange.stepped_up_until(require_stepped_up.account_id, require_stepped_up.session_id) <= clock_timestamp() then
        perform exchange.reject('STEP_UP_REQUIRED', 'prove again who you are, by /api/auth/step-up; it is good for 5 minutes');
    end if;
end $$;
comment on function exchange.require_stepped_up(bigint, bigint) is 'As require_session, and the session has proved of late what the account asks for. For other functions. Rejects: ACCESS_REVOKED, STEP_UP_REQUIRED.';
